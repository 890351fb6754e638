"""Forms and query strings: texts and files by field, read as the declaration says.

Each text becomes the JSON value that it stands for, and is then checked as a JSON body is.
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
from service.api.complaints import unknown_name
from service.api.problems import FieldError, ProblemError, pointer
from service.core.errors import InvalidInput

SPARE_TEXTS = 16
"""Room for fields that do not exist: their names are better told than their number."""


@dataclass(frozen=True, slots=True)
class Field:
    """What a form takes under one name."""

    kind: Literal["file", "text", "boolean", "number", "array", "object"]
    many: bool
    """Whether the name may come several times."""
    texts: bool
    """Whether it holds strings."""
    required: bool


async def read_multipart(
    request: Request,
    model: type[Model],
    *,
    files: int,
    file_bytes: int,
    text_bytes: int = 2**17,
    otherwise: str = "",
) -> Model:
    """A multipart form as the model. Raises ProblemError."""
    texts = len(model.model_fields) + SPARE_TEXTS
    limits = Limits(files=files, texts=texts, file_bytes=file_bytes, text_bytes=text_bytes)
    parts = await read_form(request, limits, otherwise=otherwise)
    return _validated(model, [part for part in parts if not _is_empty_file_input(part)])


def read_query(request: Request, model: type[Model]) -> Model:
    """The query string as the model. Raises a 422 ProblemError."""
    items = request.query_params.multi_items()
    return _validated(model, [Part(name, data=bytearray(text, "utf-8")) for name, text in items])


@cache
def fields_of(model: type[BaseModel]) -> dict[str, Field]:
    """The fields of a form by name, as the model declares them."""
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
    """The schema itself in place of a reference to it, or of a choice between it and null."""
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
    told = []
    for name, given in by_name.items():
        try:
            _read_into(values, name, fields, given)
        except InvalidInput as error:
            told.append(_complaint(name, error.detail))
        except ProblemError as error:
            told.extend(error.problem.errors)
    for name, field in fields.items():
        if field.required and field.kind == "file" and name not in by_name:
            told.append(_complaint(name, f"The field {name!r} is missing; {_how(field)}."))
    return validated(model, values, told=told)


def _read_into(
    values: dict[str, object], name: str, fields: dict[str, Field], given: Sequence[Part]
) -> None:
    field = fields.get(name)
    if field is None:
        raise InvalidInput(unknown_name("field", name, list(fields)))
    if len(given) > 1 and not field.many:
        raise InvalidInput(f"The field {name!r} is there {len(given)} times; send it once.")
    if any(part.is_file != (field.kind == "file") for part in given):
        raise InvalidInput(f"The field {name!r} is of the wrong kind; {_how(field)}.")
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
    """The JSON value that a text stands for. What does not even begin as an object or a list is
    taken for a string, so that it is told as a JSON string in its place would be."""
    try:
        return strict_json.parse(text)
    except InvalidInput:
        if text.lstrip().startswith(("[", "{")):
            raise
        return text


def _items(field: Field, texts: Sequence[str]) -> object:
    """A list, sent as one JSON array, item by item, or as both mixed."""
    found: list[object] = []
    for text in texts:
        value = _item(field, text)
        if isinstance(value, list):
            found.extend(value)
        elif len(texts) == 1 and not isinstance(value, str if field.texts else dict):
            return value  # It is no list and no item of one.
        else:
            found.append(value)
    return found


def _item(field: Field, text: str) -> object:
    value = _json_or_text(text)
    # A string needs no quotes here, though it look like a number.
    return text if field.texts and isinstance(value, int | float) else value


def _complaint(name: str, detail: str) -> FieldError:
    return FieldError(pointer((name,)), detail)


def _how(field: Field) -> str:
    if field.kind == "file":
        return "send it as a file, with a file name"
    return "send text, without a file name"


def _is_empty_file_input(part: Part) -> bool:
    # What browsers send for a file input that nobody filled.
    return part.filename == "" and not part.data
