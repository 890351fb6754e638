"""Field types of requests: files, integers and optional fields."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, InstanceOf, WithJsonSchema
from pydantic.config import JsonDict
from pydantic_core import PydanticKnownError

from service.api.bodies.multipart import Part

MAX_LIMIT = 100

# OpenAPI 3.1 uses `contentMediaType`; many generators only know the older `format`.
BINARY: JsonDict = {
    "type": "string",
    "format": "binary",
    "contentMediaType": "application/octet-stream",
}
Binary = Annotated[InstanceOf[Part], WithJsonSchema(BINARY)]


def _as_integer(value: object) -> object:
    """Converts 2.0 to 2, because JSON does not distinguish integers from other numbers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def at_most(length: int) -> BeforeValidator:
    """Refuses a longer list before its items are validated, because each could be an error."""

    def checked(value: object) -> object:
        if isinstance(value, list) and len(value) > length:
            sizes = {"field_type": "List", "max_length": length, "actual_length": len(value)}
            raise PydanticKnownError("too_long", sizes)
        return value

    return BeforeValidator(checked)


Integer = Annotated[int, BeforeValidator(_as_integer)]
Picture = Annotated[Binary, Field(description="A picture file: JPEG, PNG, WebP, HEIC and others.")]


def optional(*, nullable: bool = False, **described: Any) -> Any:  # Any: like pydantic's own Field.
    """Declares an optional field whose default does not appear in the document.

    Unless the field is `nullable`, the document does not mention null, which counts as absent.
    """
    return Field(
        default=None,
        json_schema_extra=_without_default if nullable else _without_default_and_null,
        **described,
    )


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default")


def _without_default_and_null(schema: dict[str, Any]) -> None:
    _without_default(schema)
    options = [option for option in schema.pop("anyOf") if option != {"type": "null"}]
    # The description of the field takes precedence over that of its type.
    schema |= {**(options[0] if len(options) == 1 else {"anyOf": options}), **schema}
