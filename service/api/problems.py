"""Turns exceptions into problem documents (RFC 9457), by one table of statuses and titles."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.api.validation_messages import validation_message
from service.core import errors
from service.core.errors import InvalidInput, Place

MAX_ERRORS = 20
"""Errors that one answer lists: a body of 200 kB can have thousands, which nobody reads."""

MEDIA_TYPE = "application/problem+json"

MAX_TOKEN_CHARS = 256
"""Longer names are cut in pointers: no field has such a name, and answers should stay short."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One mistake in the request. `pointer` is a JSON pointer (RFC 6901) from the body's root."""

    pointer: str
    detail: str


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as the client sees it. `kind` is the last segment of the `type` in its body."""

    status: int
    kind: str
    title: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    retry_after_s: int | None = None

    def body(self, request_id: str | None) -> dict[str, object]:
        return {
            "type": f"/problems/{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "request_id": request_id,
            "errors": [{"pointer": error.pointer, "detail": error.detail} for error in self.errors],
        }


class ProblemError(Exception):
    """Raised in the API layer for errors that exist only in HTTP, such as a wrong content type."""

    def __init__(self, problem: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(problem.detail)
        self.problem = problem
        self.headers = dict(headers or {})


TABLE: tuple[tuple[type[errors.ServiceError], int, str, str], ...] = (
    (errors.ImageTooLarge, 413, "image-too-large", "The picture is too large"),
    (errors.InvalidImage, 422, "invalid-image", "The picture cannot be read"),
    (errors.InvalidText, 422, "invalid-text", "The text cannot be used"),
    (errors.ForeignToken, 409, "other-encoders", "The token was made by other encoders"),
    (errors.InvalidToken, 422, "invalid-token", "The token cannot be used"),
    (errors.InvalidQuery, 422, "invalid-query", "The query cannot be used"),
    (errors.InvalidWeights, 422, "invalid-weights", "The weights cannot be used"),
    (errors.InvalidCrop, 422, "invalid-crop", "The crop lies outside the picture"),
    (errors.InvalidFilter, 422, "invalid-filter", "The filter cannot be used"),
    (errors.InvalidProduct, 422, "invalid-product", "The product breaks a rule"),
    (errors.InvalidCursor, 422, "invalid-cursor", "The cursor is not from this service"),
    (errors.InvalidInput, 422, "invalid-request", "The request cannot be used"),
    (errors.NotFound, 404, "not-found", "Not found"),
    (errors.Conflict, 409, "conflict", "Conflict"),
    (
        errors.PreconditionFailed,
        412,
        "precondition-failed",
        "The product is not in the expected state",
    ),
    (errors.Overloaded, 503, "overloaded", "Too much work at once"),
    (errors.StoreFull, 507, "store-full", "There is no space left"),
    (errors.StoreUnavailable, 503, "store-unavailable", "A store does not answer"),
    (errors.Starting, 503, "starting", "The service is starting"),
    (errors.Unavailable, 503, "unavailable", "Not available now"),
)
"""The first row whose class matches is used: subclasses stand before their parents."""

HTTP_TITLES = {
    400: ("bad-request", "The request cannot be read"),
    401: ("unauthorized", "A key is needed"),
    403: ("forbidden", "The key may not do this"),
    404: ("not-found", "Not found"),
    405: ("method-not-allowed", "Method not allowed"),
    408: ("request-timeout", "The request came too slowly"),
    412: ("precondition-failed", "The product is not in the expected state"),
    413: ("too-large", "The request is too large"),
    415: ("unsupported-media-type", "The content type cannot be used"),
    422: ("invalid-request", "The request cannot be used"),
    500: ("internal-error", "The service failed"),
    503: ("unavailable", "Not available now"),
    507: ("store-full", "There is no space left"),
}

INTERNAL = (
    "The service failed to handle this request, which may be correct. Try again, and quote the"
    " request_id if you report the failure."
)


def pointer(place: Place) -> str:
    """Returns the JSON pointer (RFC 6901) to a place in the request."""
    return "".join(f"/{_escaped(str(token))}" for token in place)


def _escaped(token: str) -> str:
    # JSON can contain half a surrogate pair, which cannot be encoded as UTF-8.
    encodable = token[:MAX_TOKEN_CHARS].encode(errors="replace").decode()
    return encodable.replace("~", "~0").replace("/", "~1")


@contextmanager
def translated_places(names: Mapping[Place, Place]) -> Iterator[None]:
    """Translates the place of an InvalidInput raised inside from the core's names to the request's.

    `names` maps beginnings of places to those that replace them; the first match is used.
    """
    try:
        yield
    except InvalidInput as error:
        for inside, outside in names.items():
            if error.place[: len(inside)] == inside:
                error.place = (*outside, *error.place[len(inside) :])
                break
        raise


def http_problem(status: int, detail: str, *field_errors: FieldError) -> Problem:
    kind, title = HTTP_TITLES.get(status, (f"http-{status}", HTTPStatus(status).phrase))
    return Problem(status, kind, title, detail, field_errors)


def invalid_request(*field_errors: FieldError, unlisted: int = 0) -> ProblemError:
    """Returns a 422 error that lists up to MAX_ERRORS mistakes; `unlisted` counts further ones."""
    detail, more = field_errors[0].detail, len(field_errors) - 1 + unlisted
    if more:
        detail = f"{detail} And {more} more: see errors."
    return ProblemError(http_problem(422, detail, *field_errors[:MAX_ERRORS]))


def problem_of(error: Exception) -> Problem:
    """Returns the problem for an exception. An unexpected one becomes a 500 without its details."""
    if isinstance(error, ProblemError):
        return error.problem
    if isinstance(error, RequestValidationError):
        return invalid_request(*_validation_errors(error.errors())).problem
    if isinstance(error, HTTPException):
        return http_problem(error.status_code, _http_detail(error))
    for kind, status, slug, title in TABLE:
        if isinstance(error, kind):
            return _service_problem(error, status, slug, title)
    return http_problem(500, INTERNAL)


def problem_response(
    problem: Problem, request_id: str | None, headers: Mapping[str, str] | None = None
) -> Response:
    sent = dict(headers or {})
    if problem.retry_after_s is not None:
        sent["Retry-After"] = str(problem.retry_after_s)
    return Response(
        json.dumps(problem.body(request_id), ensure_ascii=True).encode(),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=sent,
    )


async def send_problem(
    problem: Problem,
    scope: Scope,
    receive: Receive,
    send: Send,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Answers a request with a problem from within middleware."""
    await problem_response(problem, scope.get("request_id"), headers)(scope, receive, send)


async def handle(request: Request, error: Exception) -> Response:
    """Answers an exception with its problem; the app's only exception handler."""
    headers = getattr(error, "headers", None)
    return problem_response(problem_of(error), request.scope.get("request_id"), headers)


def _service_problem(error: errors.ServiceError, status: int, slug: str, title: str) -> Problem:
    at = (FieldError(pointer(error.place), error.detail),) if error.place else ()
    retry_after_s = error.retry_after_s if isinstance(error, errors.Unavailable) else None
    return Problem(status, slug, title, error.detail, at, retry_after_s)


def _http_detail(error: HTTPException) -> str:
    if error.status_code == 404:
        return "There is nothing at this address; /docs lists all addresses."
    if error.status_code == 405:
        return (
            "This address does not support this method; the Allow header lists those that it does."
        )
    return str(error.detail)


def _validation_errors(found: Sequence[Any]) -> list[FieldError]:
    """Returns the mistakes without the invalid values, which may be secret or very long."""
    # FastAPI puts the kind of parameter first: query, path or header.
    return [FieldError(pointer(error["loc"][1:]), validation_message(error)) for error in found]
