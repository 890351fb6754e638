"""The request bodies as the OpenAPI document declares them; the readers are in `uploads`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field, FiniteFloat, SkipValidation, WithJsonSchema
from pydantic.config import JsonDict
from typing_extensions import TypeAliasType

from service.api.schemas import EXAMPLE_ID, Attributes, AttributeValue, Wire
from service.api.schemas.signals import Weights
from service.catalogue import rules
from service.filters import parser as filter_language
from service.filters.facets import MAX_FACETS
from service.search.explanation import MAX_EXPLAINED_HITS

MAX_LIMIT = 100
MAX_OFFSET = 1000
MAX_QUERY_PARTS = 16

EXPLAIN = (
    "Tell for each hit where in its picture each signal's similarity lies; for a `limit` of at "
    f"most {MAX_EXPLAINED_HITS}."
)
OVERLAY = "Draw the explanations too; needs `explain`."

# `format` for the many generators that know only it, the rest as OpenAPI 3.1 has it.
BINARY: JsonDict = {
    "type": "string",
    "format": "binary",
    "contentMediaType": "application/octet-stream",
}
Binary = Annotated[bytes, WithJsonSchema(BINARY)]

Name = Annotated[
    str,
    Field(min_length=1, max_length=rules.MAX_NAME_CHARS, examples=["Crew-neck T-shirt"]),
]
Description = Annotated[
    str,
    Field(max_length=rules.MAX_DESCRIPTION_CHARS, examples=["Heavy cotton, cut straight."]),
]
ProductId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=rules.MAX_PRODUCT_ID_CHARS,
        description="The caller's own id: any characters but control characters and slashes.",
        examples=[EXAMPLE_ID],
    ),
]
Picture = Annotated[Binary, Field(description="A picture file: JPEG, PNG, WebP, GIF and others.")]


def _left_out(*, nullable: bool = False, **described: Any) -> Any:  # Any: as pydantic's own Field.
    """A field that may be left out, without a default that a client might send.

    Unless `nullable`, it is documented as never null; null then means the same as leaving it out.
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
    # What is said of the field goes before what is said of its type.
    schema |= {**(options[0] if len(options) == 1 else {"anyOf": options}), **schema}


class ProductForm(Wire):
    """A product and its pictures."""

    image: list[Binary] = Field(description="One or more picture files; the first is the main one.")
    name: Name
    description: Description = ""
    product_id: ProductId | None = _left_out()
    attributes: Attributes = Field(default_factory=dict)


class ProductPatch(Wire):
    """A JSON merge patch: what is left out stays, and null takes away."""

    name: Name | None = _left_out()
    description: Description | None = _left_out(nullable=True)
    attributes: dict[str, AttributeValue | None] | None = _left_out(
        nullable=True, examples=[{"colour": "blue", "in_stock": None}]
    )


class ImageForm(Wire):
    """One more view of a product."""

    image: Picture


class Crop(Wire):
    """A part of the picture, in fractions (0 to 1) of the upright picture."""

    x: FiniteFloat = Field(ge=0, le=1, examples=[0.1])
    y: FiniteFloat = Field(ge=0, le=1, examples=[0.2])
    width: FiniteFloat = Field(gt=0, le=1, examples=[0.5])
    height: FiniteFloat = Field(gt=0, le=1, examples=[0.6])


Scalar = str | bool | FiniteFloat
Values = Annotated[list[Scalar], Field(min_length=1, max_length=filter_language.MAX_VALUES)]
Bound = Annotated[
    FiniteFloat | str,
    Field(
        description="A number, or an RFC 3339 date or time with its zone.",
        examples=[10, "2026-01-31", "2026-01-31T09:30:00Z"],
    ),
]


class TextOperators(Wire):
    """How the product's own name or id is compared; several operators mean all of them."""

    any: Values | None = _left_out(description="Is one of these.")
    none: Values | None = _left_out(description="Is none of these.")


class Operators(TextOperators):
    """How an attribute is compared; several operators mean all of them.

    A list is compared by its items: it is one of some values where one of its items is.
    """

    all: Values | None = _left_out(description="Has all of these: for lists.")
    gt: Bound | None = _left_out(description="Greater, or later.")
    gte: Bound | None = _left_out(description="Not less, or not earlier.")
    lt: Bound | None = _left_out(description="Less, or earlier.")
    lte: Bound | None = _left_out(description="Not greater, or not later.")
    exists: bool | None = _left_out(description="Whether the product has the attribute.")


class Filter(Wire):
    """What products have to be. Every other key is an attribute; several keys mean all of them.

    An attribute is compared with a value, which it has to equal or to contain, or by operators.
    `attributes.x` is the attribute `x`, also where it is called `name`, `not` or the like.
    """

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "colour": "green",
                    "price": {"gte": 10, "lt": 50},
                    "tags": {"any": ["sale", "new"]},
                    "not": {"in_stock": False},
                }
            ]
        },
    )
    __pydantic_extra__: dict[str, Scalar | Operators]

    name: str | TextOperators | None = _left_out(description="The product's name.")
    product_id: str | TextOperators | None = _left_out(description="The product's id.")
    and_: list[Filter] | None = _left_out(alias="and", description="All of these.", min_length=1)
    or_: list[Filter] | None = _left_out(alias="or", description="One of these.", min_length=1)
    not_: Filter | None = _left_out(alias="not", description="What this does not admit.")


FACETS = "Attributes whose values are counted over all that the filter admits."
EXAMPLE_FACETS = ["colour", "brand"]

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


class RankingBody(Wire):
    """How to rank what is found, and what to show of it."""

    limit: int = Field(default=5, ge=1, le=MAX_LIMIT, description="Most products to find.")
    offset: int = Field(
        default=0, ge=0, le=MAX_OFFSET, description="So many of the best are left out: for pages."
    )
    weights: Weights | None = _left_out()
    min_score: FiniteFloat | None = _left_out(
        description="Leave out hits below it.", examples=[0.35]
    )
    explain: bool = Field(default=False, description=EXPLAIN)
    overlay: bool = Field(default=False, description=OVERLAY)
    # Read by `filter_language` and `attributes`, whose complaints name the place and the remedy.
    filter: SkipValidation[Filter] | None = _left_out()
    facets: SkipValidation[FacetNames] | None = _left_out(
        description=FACETS, examples=[EXAMPLE_FACETS]
    )


class ImageSearchForm(RankingBody):
    """A search by picture."""

    image: Picture
    crop: Crop | None = _left_out()


class TextSearch(RankingBody):
    """A search by text; only signals whose encoder reads texts rank."""

    query: str = Field(examples=["green sports car"])


class QueryPart(Wire):
    """One part of a query: an image, a text or a product, just one of them."""

    image: str | None = _left_out(
        description="Name of the form's field with the picture file.", examples=["photo"]
    )
    text: str | None = _left_out(examples=["red"])
    product_id: str | None = _left_out(
        description="A product of the catalogue, by its main image.", examples=[EXAMPLE_ID]
    )
    weight: FiniteFloat = Field(
        default=1.0, ge=-1000, le=1000, description="Negative: what is unlike it.", examples=[-0.5]
    )
    crop: Crop | None = _left_out(description="Of the image.")


class QueryParts(Wire):
    """The parts, joined by their weights for each signal and brought to unit length."""

    query: list[QueryPart] = Field(min_length=1, max_length=MAX_QUERY_PARTS)


class MixedSearch(QueryParts, RankingBody):
    """A search by texts and products."""


class MixedSearchForm(QueryParts, RankingBody):
    """A search by any mixture, with pictures in fields of any other name."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": BINARY})


class BatchEntry(Wire):
    """One product of a batch."""

    product_id: ProductId | None = None
    name: Name
    description: Description = ""
    attributes: Attributes = Field(default_factory=dict)
    images: list[str] = Field(
        min_length=1,
        description="The uploaded files, each by its file name or by its field's name.",
        examples=[["tee-front.jpg", "tee-back.jpg"]],
    )


class BatchForm(Wire):
    """Up to 64 products and their pictures, in fields of any name."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": BINARY})

    manifest: list[BatchEntry] = Field(min_length=1, max_length=64)
    files: list[Binary] | None = _left_out(description="The pictures that the manifest names.")


FORMS = (
    ProductForm,
    ProductPatch,
    ImageForm,
    ImageSearchForm,
    TextSearch,
    MixedSearch,
    MixedSearchForm,
    BatchForm,
)
