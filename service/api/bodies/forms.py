"""Reads forms and query strings into their models.

Each text is converted to the JSON value that it stands for, then validated like a JSON body.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel
from starlette.requests import Request

from service.api.bodies import strict_json
from service.api.bodies.multipart import Limits, Part, read_form, text_of
from service.api.bodies.validation import Model, validated
from service.api.problems import FieldError, ProblemError, pointer
from service.api.validation_messages import unknown_name_message
from service.core.errors import InvalidInput

SPARE_TEXTS = 16
"""How many unknown fields are read beyond the known ones, so that a message can name them."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form."""

    kind: Literal["file", "text", "boolean", "number", "array", "object"]
    many: bool
    """True if the field may be repeated."""
    texts: bool
    """True if the field, or each of its items, is a string."""
    required: bool


async def read_multipart(
    request: Request,
    model: type[Model],
    *,
    files: int,
    file_bytes: int,
    text_bytes: int = 2**17,
    hint: str = "",
) -> Model:
    """Reads a multipart form into the model. Raises ProblemError.

    `files`, `file_bytes` and `text_bytes` limit the number of files and the size of each part.
    `hint` is added to the message for another content type, and names the right call for that.
    """
    texts = len(model.model_fields) + SPARE_TEXTS
    limits = Limits(files=files, texts=texts, file_bytes=file_bytes, text_bytes=text_bytes)
    parts = await read_form(request, limits, hint=hint)
    return _validated(model, [part for part in parts if not _is_empty_file_input(part)])


def read_query(request: Request, model: type[Model]) -> Model:
    """Reads the query string into the model. Raises a 422 ProblemError."""
    items = request.query_params.multi_items()
    return _validated(model, [Part(name, data=bytearray(text, "utf-8")) for name, text in items])


@cache
def fields_of(model: type[BaseModel]) -> dict[str, Field]:
    """Returns the fields of a form by name, as the model declares them."""
    schema = model.model_json_schema()
    required = schema.get("required", ())
    return {
        name: _field(field, schema.get("$defs", {}), required=name in required)
        for name, field in schema["properties"].items()
    }


def _field(schema: dict[str, Any], definitions: dict[str, Any], *, required: bool) -> Field:
    schema = _resolved(schema, definitions)
    kind, many = schema.get("type", "object"), False
    if kind == "array":
        many, item = True, _resolved(schema["items"], definitions)
        if item.get("format") == "binary":
            return Field("file", many, texts=False, required=required)
        return Field("array", many, texts=item.get("type") == "string", required=required)
    if kind == "string":
        kind = "file" if schema.get("format") == "binary" else "text"
    return Field("number" if kind == "integer" else kind, many, kind == "text", required)


def _resolved(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Resolves a reference to a schema, and drops null from a choice."""
    while "$ref" in schema or "anyOf" in schema:
        schema = (
            definitions[schema["$ref"].rpartition("/")[2]]
            if "$ref" in schema
            else next(one for one in schema["anyOf"] if one != {"type": "null"})
        )
    return schema


def _validated(model: type[Model], parts: Sequence[Part]) -> Model:
    fields = fields_of(model)
    by_name: dict[str, list[Part]] = {}
    for part in parts:
        by_name.setdefault(part.name, []).append(part)
    values: dict[str, object] = {}
    mistakes = []
    for name, given in by_name.items():
        try:
            _read_into(values, name, fields, given)
        except InvalidInput as error:
            mistakes.append(_field_error(name, error.detail))
        except ProblemError as error:
            mistakes.extend(error.problem.errors)
    for name, field in fields.items():
        if field.required and field.kind == "file" and name not in by_name:
            mistakes.append(
                _field_error(name, f"The field {name!r} is missing; {_how_to_send(field)}.")
            )
    return validated(model, values, earlier=mistakes)


def _read_into(
    values: dict[str, object], name: str, fields: dict[str, Field], given: Sequence[Part]
) -> None:
    field = fields.get(name)
    if field is None:
        raise InvalidInput(unknown_name_message("field", name, list(fields)))
    if len(given) > 1 and not field.many:
        raise InvalidInput(f"The field {name!r} occurs {len(given)} times; send it once.")
    if any(part.is_file != (field.kind == "file") for part in given):
        raise InvalidInput(f"The field {name!r} is of the wrong kind; {_how_to_send(field)}.")
    if field.kind == "file":
        values[name] = list(given) if field.many else given[0]
        return
    texts = [text_of(part) for part in given]
    if field.required or any(texts):
        values[name] = _items(field, texts) if field.many else _value(field, texts[0])


def _value(field: Field, text: str) -> object:
    if field.kind == "text":
        return text
    if field.kind == "boolean":
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    return _json_or_text(text)


def _json_or_text(text: str) -> object:
    """Returns the JSON value that a text stands for, or the text itself if it is not JSON.

    Raises InvalidInput for broken JSON that begins like an object or a list.
    """
    try:
        return strict_json.parse(text)
    except InvalidInput:
        if text.lstrip().startswith(("[", "{")):
            raise
        return text


def _items(field: Field, texts: Sequence[str]) -> object:
    """Returns a list that was sent as one JSON array, as one part per item, or as both."""
    found: list[object] = []
    for text in texts:
        value = _item(field, text)
        if isinstance(value, list):
            found.extend(value)
        elif len(texts) == 1 and not isinstance(value, str if field.texts else dict):
            return value  # Validation reports that this is not a list.
        else:
            found.append(value)
    return found


def _item(field: Field, text: str) -> object:
    value = _json_or_text(text)
    # A string needs no quotes in a form, even if it looks like a number.
    return text if field.texts and isinstance(value, int | float) else value


def _field_error(name: str, detail: str) -> FieldError:
    return FieldError(pointer((name,)), detail)


def _how_to_send(field: Field) -> str:
    if field.kind == "file":
        return "send it as a file, with a file name"
    return "send text, without a file name"


def _is_empty_file_input(part: Part) -> bool:
    # Browsers send this for a file input that was left empty.
    return part.filename == "" and not part.data
