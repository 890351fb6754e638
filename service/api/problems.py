"""Errors on the wire: the one table from exception to status, and RFC 9457 bodies."""

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

from service.api.complaints import complaint
from service.core import errors
from service.core.errors import InvalidInput, Place

MAX_ERRORS = 20
"""Places that one answer lists: a body of 200 kB may have thousands, which nobody reads."""

MEDIA_TYPE = "application/problem+json"

MAX_TOKEN_CHARS = 256
"""Of a name in a pointer: no field's is longer, and an answer is no copy of the request."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with the request. `pointer` is a JSON pointer from the body's root."""

    pointer: str
    detail: str


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as the client sees it; `kind` is the last part of its `type`."""

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
    """Raised in the API layer for what only HTTP knows."""

    def __init__(self, problem: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(problem.detail)
        self.problem = problem
        self.headers = dict(headers or {})


TABLE: tuple[tuple[type[errors.ServiceError], int, str, str], ...] = (
    (errors.ImageTooLarge, 413, "image-too-large", "The picture is too large"),
    (errors.InvalidImage, 422, "invalid-image", "The picture cannot be read"),
    (errors.InvalidText, 422, "invalid-text", "The text cannot be used"),
    (errors.ForeignToken, 409, "other-encoders", "The token is of other encoders"),
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
    (errors.PreconditionFailed, 412, "precondition-failed", "The product has changed"),
    (errors.Overloaded, 503, "overloaded", "Too much work at once"),
    (errors.StoreFull, 507, "store-full", "There is no room left"),
    (errors.StoreUnavailable, 503, "store-unavailable", "A store does not answer"),
    (errors.Starting, 503, "starting", "The service is starting"),
    (errors.Unavailable, 503, "unavailable", "Not available now"),
)
"""The first row whose class matches decides, so that a child stands before its parent."""

HTTP_TITLES = {
    400: ("bad-request", "The request cannot be read"),
    401: ("unauthorized", "A key is needed"),
    403: ("forbidden", "The key may not do this"),
    404: ("not-found", "Not found"),
    405: ("method-not-allowed", "Method not allowed"),
    408: ("request-timeout", "The request came too slowly"),
    412: ("precondition-failed", "The product has changed"),
    413: ("too-large", "The request is too large"),
    415: ("unsupported-media-type", "The content type cannot be used"),
    422: ("invalid-request", "The request cannot be used"),
    500: ("internal-error", "Something went wrong here"),
    503: ("unavailable", "Not available now"),
    507: ("store-full", "There is no room left"),
}

INTERNAL = (
    "The service failed on this request; nothing is known to be wrong with it."
    " Try again, and give the request_id where you report it."
)


def pointer(place: Place) -> str:
    """The JSON pointer (RFC 6901) to a place in the request."""
    return "".join(f"/{_escaped(str(token))}" for token in place)


def _escaped(token: str) -> str:
    # Half a surrogate pair may come in JSON, and cannot go out.
    whole = token[:MAX_TOKEN_CHARS].encode(errors="replace").decode()
    return whole.replace("~", "~0").replace("/", "~1")


@contextmanager
def renamed(names: Mapping[Place, Place]) -> Iterator[None]:
    """Makes places that the core names into those of the request: where the first match begins a
    place, what stands beside it takes its part."""
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
    """422 with the places that are wrong, `MAX_ERRORS` at most; `unlisted` are there besides."""
    detail, more = field_errors[0].detail, len(field_errors) - 1 + unlisted
    if more:
        detail = f"{detail} And {more} more: see errors."
    return ProblemError(http_problem(422, detail, *field_errors[:MAX_ERRORS]))


def problem_of(error: Exception) -> Problem:
    """What a client is told about the error; for a stranger nothing but that it happened."""
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


async def handle(request: Request, error: Exception) -> Response:
    """The one exception handler of the app."""
    headers = getattr(error, "headers", None)
    return problem_response(problem_of(error), request.scope.get("request_id"), headers)


def _service_problem(error: errors.ServiceError, status: int, slug: str, title: str) -> Problem:
    at = (FieldError(pointer(error.place), error.detail),) if error.place else ()
    retry_after_s = error.retry_after_s if isinstance(error, errors.Unavailable) else None
    return Problem(status, slug, title, error.detail, at, retry_after_s)


def _http_detail(error: HTTPException) -> str:
    if error.status_code == 404:
        return "There is nothing at this address; see /docs for what there is."
    if error.status_code == 405:
        return "This address does not take this method; the Allow header says which it takes."
    return str(error.detail)


def _validation_errors(found: Sequence[Any]) -> list[FieldError]:
    """Places and reasons, and never the input itself: it may be a secret or a megabyte."""
    # The first item of a place is FastAPI's own: query, path or header.
    return [FieldError(pointer(error["loc"][1:]), complaint(error)) for error in found]
