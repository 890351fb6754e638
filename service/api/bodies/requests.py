"""What requests may say: each field is declared once, for forms, JSON, query strings and OpenAPI.

Where a rule of the core checks a field, the bounds that stand beside it are for the document.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    InstanceOf,
    SkipValidation,
    WithJsonSchema,
    model_validator,
)
from pydantic.config import JsonDict
from typing_extensions import TypeAliasType

from service.api.bodies.multipart import Part
from service.api.bodies.validation import broken_rule, follows
from service.api.schemas.base import EXAMPLE_CURSOR, EXAMPLE_ID, Attributes, AttributeValue, Wire
from service.api.schemas.signals import Weights
from service.catalogue import rules
from service.catalogue.cursors import Order
from service.core import product as core_product
from service.core import query
from service.core.errors import InvalidInput, within
from service.core.query import Ranking
from service.filters import parser as filter_language
from service.filters.facets import MAX_FACETS, read_facets
from service.search.explanation import MAX_EXPLAINED_HITS
from service.search.tokens import MAX_TOKEN_CHARS, QueryTokens

MAX_LIMIT = 100
MAX_OFFSET = 1000
MAX_QUERY_PARTS = 16
MAX_PART_WEIGHT = 1000
MAX_BATCH_ENTRIES = 64

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
Binary = Annotated[InstanceOf[Part], WithJsonSchema(BINARY)]

_DescribedName = Annotated[
    str,
    Field(min_length=1, max_length=rules.MAX_NAME_CHARS, examples=["Crew-neck T-shirt"]),
]
_DescribedDescription = Annotated[
    str,
    Field(max_length=rules.MAX_DESCRIPTION_CHARS, examples=["Heavy cotton, cut straight."]),
]
_DescribedProductId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=rules.MAX_PRODUCT_ID_CHARS,
        description="The caller's own id: any characters but control characters and slashes.",
        examples=[EXAMPLE_ID],
    ),
]
Name = Annotated[str, follows(rules.check_name, _DescribedName)]
Description = Annotated[str, follows(rules.check_description, _DescribedDescription)]
ProductId = Annotated[str, follows(rules.check_product_id, _DescribedProductId)]
ProductAttributes = Annotated[core_product.Attributes, follows(rules.check_attributes, Attributes)]


def _whole(value: object) -> object:
    """JSON has one kind of number: 2.0 is 2."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]
Picture = Annotated[Binary, Field(description="A picture file: JPEG, PNG, WebP, HEIC and others.")]


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


class _ProductFields(Wire):
    name: Name
    description: Description = ""
    product_id: ProductId | None = _left_out()
    attributes: ProductAttributes = Field(default_factory=dict)

    def fields(self) -> core_product.ProductFields:
        return core_product.ProductFields(self.name, self.description, self.attributes)


class ProductForm(_ProductFields):
    """A product and its pictures."""

    image: list[Binary] = Field(description="One or more picture files; the first is the main one.")

    def pictures(self) -> list[bytes]:
        return [bytes(part.data) for part in self.image]


class ProductPatch(Wire):
    """A JSON merge patch: what is left out stays, and null takes away."""

    name: Name | None = _left_out()
    description: Description | None = _left_out(nullable=True)
    # Checked where it is merged: it may break the rules of what is there, and not by itself.
    attributes: SkipValidation[dict[str, AttributeValue | None] | None] = _left_out(
        nullable=True, examples=[{"colour": "blue", "in_stock": None}]
    )


class ImageForm(Wire):
    """One more view of a product."""

    image: Picture


class Crop(Wire):
    """A part of the picture, in fractions (0 to 1) of the upright picture."""

    # The reader of pictures checks the bounds, and allows for rounding.
    x: FiniteFloat = Field(json_schema_extra={"minimum": 0, "maximum": 1}, examples=[0.1])
    y: FiniteFloat = Field(json_schema_extra={"minimum": 0, "maximum": 1}, examples=[0.2])
    width: FiniteFloat = Field(
        json_schema_extra={"exclusiveMinimum": 0, "maximum": 1}, examples=[0.5]
    )
    height: FiniteFloat = Field(
        json_schema_extra={"exclusiveMinimum": 0, "maximum": 1}, examples=[0.6]
    )


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


FilterField = Annotated[object, follows(filter_language.read_filter, Filter)]
FacetsField = Annotated[
    tuple[str, ...],
    follows(lambda value: read_facets([value] if isinstance(value, str) else value), FacetNames),
]


class NoFields(Wire):
    """A call without query parameters."""


class ImageQuery(Wire):
    """How large a picture is to be."""

    size: Literal["original", "thumbnail"] = Field(
        default="original", description="thumbnail: a small JPEG."
    )


class PageQuery(Wire):
    """Which page of a list."""

    limit: Whole = Field(default=20, ge=1, le=MAX_LIMIT, description="Most items on a page.")
    cursor: str | None = _left_out(
        description="`next_cursor` of the page before.", max_length=4096, examples=[EXAMPLE_CURSOR]
    )


class ProductsQuery(PageQuery):
    """Which products to list, and how."""

    order: Order = Field(default="newest", description="Newest first, or by product id.")
    filter: FilterField | None = _left_out()
    facets: FacetsField | None = _left_out(description=FACETS, examples=[EXAMPLE_FACETS])


class RankingFields(Wire):
    """How to rank what is found, and what to show of it."""

    limit: Whole = Field(default=5, ge=1, le=MAX_LIMIT, description="Most products to find.")
    offset: Whole = Field(
        default=0, ge=0, le=MAX_OFFSET, description="So many of the best are left out: for pages."
    )
    weights: Weights | None = _left_out()
    min_score: FiniteFloat | None = _left_out(
        description="Leave out hits below it.", examples=[0.35]
    )
    explain: bool = Field(default=False, description=EXPLAIN)
    overlay: bool = Field(default=False, description=OVERLAY)
    filter: FilterField | None = _left_out()
    facets: FacetsField | None = _left_out(description=FACETS, examples=[EXAMPLE_FACETS])

    return_token: bool = Field(
        default=False,
        description="Give the embedded query as `query.token`, to search with it again.",
    )

    def ranking(self) -> Ranking:
        given = {one.name: getattr(self, one.name) for one in dataclasses.fields(Ranking)}
        return Ranking(**given)


class TextSearch(RankingFields):
    """A search by text. Only the signals whose encoder reads texts rank."""

    query: str = Field(examples=["green sports car"])


class QueryPart(Wire):
    """A part of a query: a text, a product or a token, just one of them."""

    text: str | None = _left_out(examples=["red"])
    product_id: str | None = _left_out(
        description="A product of the catalogue, by its main image.", examples=[EXAMPLE_ID]
    )
    token: str | None = _left_out(
        max_length=MAX_TOKEN_CHARS,
        description="`query.token` of an answer: its query, without embedding it again.",
        examples=["eyJmaW5nZXJwcmludCI6ICI…"],
    )
    weight: FiniteFloat = Field(
        default=1.0,
        ge=-MAX_PART_WEIGHT,
        le=MAX_PART_WEIGHT,
        description="Negative: what is unlike it.",
        examples=[-0.5],
    )

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        names = [name for name in type(self).model_fields if name not in ("weight", "crop")]
        if sum(getattr(self, name) is not None for name in names) != 1:
            listed = f"{', '.join(names[:-1])} or {names[-1]}"
            raise broken_rule(InvalidInput(f"A part is one of {listed}; give just one of them."))
        return self

    def value(self, tokens: QueryTokens) -> query.QueryPart:
        """The part as the core has it. Raises InvalidToken, ForeignToken."""
        if self.token is not None:
            with within("token"):
                return tokens.read(self.token, self.weight)
        if self.text is not None:
            return query.TextPart(self.text, self.weight)
        return query.ProductPart(self.product_id or "", self.weight)


class ImageQueryPart(QueryPart):
    """A part of a query: one of the pictures, a text, a product or a token, just one of them."""

    image: str | None = _left_out(
        description="The file name of one of the pictures.", examples=["photo.jpg"]
    )
    crop: Crop | None = _left_out(description="The part of the picture to search by.")

    @model_validator(mode="after")
    def _crops_a_picture(self) -> Self:
        if self.crop is not None and self.image is None:
            raise broken_rule(InvalidInput("Only an image can be cropped.", place=("crop",)))
        return self


class MixedSearch(RankingFields):
    """A search by texts, products and tokens, joined by weight and brought to unit length."""

    parts: list[QueryPart] = Field(min_length=1, max_length=MAX_QUERY_PARTS)


class ImageSearchForm(RankingFields):
    """A search by pictures, and by texts and products mixed with them."""

    image: list[Binary] = Field(
        max_length=MAX_QUERY_PARTS,
        description="One or more picture files; each has the weight 1 unless `parts` says another.",
    )
    crop: Crop | None = _left_out(
        description="The part of the picture to search by, where there is one picture."
    )
    parts: list[ImageQueryPart] | None = _left_out(
        max_length=MAX_QUERY_PARTS,
        description="What is mixed with the pictures; a part may name a picture by its file name,"
        " to weigh or to crop it.",
    )


class BatchEntry(_ProductFields):
    """One product of a batch."""

    images: list[str] = Field(
        min_length=1,
        description="The uploaded files, by their file names.",
        examples=[["tee-front.jpg", "tee-back.jpg"]],
    )


class BatchForm(Wire):
    """Up to 64 products and their pictures."""

    # Checked one by one: a bad entry fails alone.
    manifest: SkipValidation[list[BatchEntry]]
    files: list[Binary] | None = _left_out(description="The pictures that the manifest names.")


FORMS = (
    ProductForm,
    ProductPatch,
    ImageForm,
    ImageSearchForm,
    TextSearch,
    MixedSearch,
    BatchForm,
)
