"""Refuses compressed request bodies."""

from __future__ import annotations

from starlette.requests import Request

from service.api.problems import ProblemError, http_problem


def refuse_encoding(request: Request) -> None:
    """Raises a 415 ProblemError if the body has a Content-Encoding, because none is decoded."""
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.strip().lower() != "identity":
        raise ProblemError(
            http_problem(415, "Send the body without a Content-Encoding."),
            {"Accept-Encoding": "identity"},
        )
