"""The models of filters and facets, which searches and the list of products accept."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, FiniteFloat
from typing_extensions import TypeAliasType

from service.api.bodies.models.fields import optional
from service.api.bodies.validation import checked_by
from service.api.schemas.base import Wire
from service.filters import parser as filter_language
from service.filters.facets import MAX_FACETS, read_facets

Scalar = str | bool | FiniteFloat
Values = Annotated[list[Scalar], Field(min_length=1, max_length=filter_language.MAX_VALUES)]
Bound = Annotated[
    FiniteFloat | str,
    Field(
        description="A number, or an RFC 3339 date, or a date and time with its zone.",
        examples=[10, "2026-01-31", "2026-01-31T09:30:00Z"],
    ),
]


class TextOperators(Wire):
    """Conditions on the product's name or id. All of them must hold."""

    any: Values | None = optional(description="The value is one of these.")
    none: Values | None = optional(description="The value is none of these.")


class Operators(TextOperators):
    """Conditions on an attribute. All of them must hold.

    A list is compared by its items: it matches `any` if at least one of its items does.
    """

    all: Values | None = optional(description="The list contains all of these.")
    gt: Bound | None = optional(description="The value is greater or later than this.")
    gte: Bound | None = optional(description="The value is equal to this, greater or later.")
    lt: Bound | None = optional(description="The value is less or earlier than this.")
    lte: Bound | None = optional(description="The value is equal to this, less or earlier.")
    exists: bool | None = optional(
        description="True: the product has the attribute. False: it does not."
    )


class Filter(Wire):
    """Conditions on products. All keys must match; keys that are not listed here are attributes.

    Give an attribute either a value, which it must equal or contain, or an object with operators.
    If its name is one of the keys listed here, such as `not`, write `attributes.not`.
    """

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "colour": "green",
                    "price": {"gte": 10, "lt": 100000},
                    "tags": {"any": ["sports car", "two seats"]},
                    "not": {"in_stock": False},
                }
            ]
        },
    )
    __pydantic_extra__: dict[str, Scalar | Operators]

    name: str | TextOperators | None = optional(description="The product's name.")
    product_id: str | TextOperators | None = optional(description="The product's id.")
    and_: list[Filter] | None = optional(
        alias="and", description="All of these filters match.", min_length=1
    )
    or_: list[Filter] | None = optional(
        alias="or", description="At least one of these filters matches.", min_length=1
    )
    not_: Filter | None = optional(alias="not", description="This filter does not match.")


FACETS = "Attributes whose values are counted over all products that match the filter."
EXAMPLE_FACETS = ["colour", "category"]

FacetNames = TypeAliasType(
    "FacetNames",
    Annotated[
        list[str],
        Field(
            title="FacetNames",
            description=FACETS,
            max_length=MAX_FACETS,
            examples=[EXAMPLE_FACETS],
        ),
    ],
)


FilterField = Annotated[object, checked_by(filter_language.read_filter, Filter)]
FacetsField = Annotated[
    tuple[str, ...],
    checked_by(lambda value: read_facets([value] if isinstance(value, str) else value), FacetNames),
]
