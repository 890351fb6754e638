"""Definitions that all models of the API share: examples, attributes, problems."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from typing_extensions import TypeAliasType

from service.catalogue import rules
from service.core.attribute_rules import MAX_ATTRIBUTE_LIST_ITEMS, MAX_ATTRIBUTE_STRING_CHARS

EXAMPLE_ID = "TEE-0042-GREEN"
EXAMPLE_SAMPLE_ID = "sample-green-sports-car"
"""A sample product, so that the example finds something where the samples are loaded."""

EXAMPLE_IMAGE_ID = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
EXAMPLE_IMAGE_URL = f"/products/{EXAMPLE_ID}/images/{EXAMPLE_IMAGE_ID}"
EXAMPLE_CURSOR = "bmV3ZXN0IDIwMjYtMDEtMzE"
EXAMPLE_ATTRIBUTES = {
    "colour": "green",
    "price": 19.9,
    "in_stock": True,
    "tags": ["summer", "cotton"],
}

# Most of the similarity is a little left of the middle.
EXAMPLE_GRID = [
    [0.004, 0.004, 0.004, 0.004, 0.004, 0.004, 0.004],
    [0.004, 0.012, 0.02, 0.012, 0.004, 0.004, 0.004],
    [0.004, 0.03, 0.065, 0.032, 0.008, 0.004, 0.004],
    [0.006, 0.041, 0.092, 0.05, 0.01, 0.004, 0.004],
    [0.004, 0.032, 0.067, 0.03, 0.008, 0.004, 0.004],
    [0.004, 0.012, 0.02, 0.012, 0.004, 0.004, 0.004],
    [0.004, 0.004, 0.004, 0.004, -0.002, 0.004, 0.004],
]

AttributeValue = TypeAliasType(
    "AttributeValue",
    Annotated[
        str | bool | int | float | list[str],
        WithJsonSchema(
            {
                "title": "AttributeValue",
                "description": "A string, a finite number, a boolean or a list of strings.",
                "oneOf": [
                    {"type": "string", "maxLength": MAX_ATTRIBUTE_STRING_CHARS},
                    {"type": "number"},
                    {"type": "boolean"},
                    {
                        "type": "array",
                        "items": {"type": "string", "maxLength": MAX_ATTRIBUTE_STRING_CHARS},
                        "maxItems": MAX_ATTRIBUTE_LIST_ITEMS,
                    },
                ],
            }
        ),
    ],
)

Attributes = TypeAliasType(
    "Attributes",
    Annotated[
        dict[str, AttributeValue],
        Field(
            title="Attributes",
            description="The product's properties, by name; values cannot be nested objects.",
            max_length=rules.MAX_ATTRIBUTES,
            examples=[EXAMPLE_ATTRIBUTES],
        ),
    ],
)


class Wire(BaseModel):
    """Base class of the models, which forbids unknown fields."""

    # Answers contain all fields, even if they are null or empty.
    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=True)

    @classmethod
    def of(cls, source: object, **more: object) -> Self:
        """Builds the model from `more`, and from attributes of `source` for all other fields."""
        taken = {name: getattr(source, name) for name in cls.model_fields if name not in more}
        return cls(**taken, **more)


class FieldError(Wire):
    """One mistake in the request."""

    pointer: str = Field(
        description="JSON pointer to the wrong value.", examples=["/attributes/colour"]
    )
    detail: str = Field(
        description="What is wrong, and what to send instead.",
        examples=["A value must be a string, a number, a boolean or a list of strings."],
    )


class Problem(Wire):
    """An error, as a problem document (RFC 9457)."""

    type: str = Field(
        description="A stable name for the kind of error.",
        examples=["/problems/not-found"],
    )
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str = Field(
        description="What went wrong, and what to do about it.",
        examples=["There is no product 'TEE-0042-GREEN'."],
    )
    request_id: str | None = Field(
        default=None,
        description="The X-Request-ID of this answer.",
        examples=["0f4c1d2e9a7b4c55"],
    )
    errors: list[FieldError] = Field(
        default_factory=list,
        description="The mistakes in the request, up to 20.",
    )
