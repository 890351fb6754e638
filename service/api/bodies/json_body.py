"""Reads JSON request bodies: limits their size, parses them strictly, and validates them."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request

from service.api.bodies import strict_json
from service.api.bodies.encoding import refuse_encoding
from service.api.bodies.validation import Model, validated
from service.api.problems import FieldError, ProblemError, http_problem, invalid_request
from service.core.errors import InvalidInput
from service.core.text import kind_of

MAX_JSON_BYTES = 256 * 1024
JSON_TYPES = ("application/json",)


async def read_json(
    request: Request,
    model: type[Model],
    media_types: Sequence[str] = JSON_TYPES,
    *,
    hint: str = "",
) -> Model:
    """Reads the body into the model. Raises ProblemError: 415, 413 or 422.

    `hint` is added to the message for another content type, and names the right call for that.
    """
    refuse_encoding(request)
    media_type = media_type_of(request)
    if media_type not in media_types:
        accept = "Accept-Patch" if request.method == "PATCH" else "Accept"
        raise ProblemError(
            http_problem(
                415,
                f"Send {media_types[0]}; this has {_shown(media_type)}.{hint}",
            ),
            {accept: ", ".join(media_types)},
        )
    text = await _read_text(request)
    try:
        value = strict_json.parse(text)
    except InvalidInput as error:
        raise invalid_request(FieldError("", error.detail)) from error
    if not isinstance(value, dict):
        raise invalid_request(FieldError("", f"This is {kind_of(value)}; give a JSON object."))
    return validated(model, value)


def _shown(media_type: str) -> str:
    return f"the content type {media_type[:100]}" if media_type else "no content type"


def media_type_of(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _read_text(request: Request) -> str:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_JSON_BYTES:
            raise ProblemError(
                http_problem(413, f"The body is larger than {MAX_JSON_BYTES:,} bytes; send less.")
            )
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise invalid_request(
            FieldError("", "The body is not UTF-8; encode it as UTF-8.")
        ) from None
