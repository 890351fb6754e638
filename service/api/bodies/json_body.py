"""JSON request bodies: bounded, strict, and checked against a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from service.api.bodies import strict_json
from service.api.bodies.multipart import pointer
from service.api.complaints import complaint
from service.api.problems import MAX_ERRORS, FieldError, ProblemError, http_problem, invalid_request
from service.core.text import kind_of

MAX_JSON_BYTES = 256 * 1024
JSON_TYPES = ("application/json",)

Model = TypeVar("Model", bound=BaseModel)


async def read_json_object(
    request: Request, media_types: Sequence[str] = JSON_TYPES
) -> dict[str, object]:
    """The body as a JSON object. Raises ProblemError: 415, 413 or 422."""
    media_type = media_type_of(request)
    if media_type not in media_types:
        accept = "Accept-Patch" if request.method == "PATCH" else "Accept"
        raise ProblemError(
            http_problem(415, f"Send {media_types[0]}; this is {media_type[:100] or 'untyped'}."),
            {accept: ", ".join(media_types)},
        )
    value = strict_json.parse(await _read_text(request), at="")
    if not isinstance(value, dict):
        raise invalid_request(FieldError("", f"This is {kind_of(value)}; give a JSON object."))
    return value


def validated(model: type[Model], value: object, *, at: str = "") -> Model:
    """The value as the model. Raises a 422 ProblemError with the places that are wrong."""
    try:
        return model.model_validate(value, strict=True)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        complaints = [
            FieldError(
                at + "".join(pointer(str(token)) for token in one["loc"]),
                # Of the fields of what lies deeper the model here does not know.
                complaint(one, list(model.model_fields) if len(one["loc"]) == 1 else ()),
            )
            for one in found[:MAX_ERRORS]
        ]
    raise invalid_request(*complaints, unlisted=len(found) - len(complaints))


def media_type_of(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _read_text(request: Request) -> str:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_JSON_BYTES:
            raise ProblemError(
                http_problem(413, f"This body is at most {MAX_JSON_BYTES:,} bytes; send less.")
            )
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise invalid_request(FieldError("", "The body is not UTF-8.")) from None
