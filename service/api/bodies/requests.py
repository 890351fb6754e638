"""The models of requests. Each field is declared once for forms, JSON, query strings and OpenAPI.

If a rule of the core checks a field, the bounds declared beside it only appear in the document.
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
from service.api.bodies.validation import broken_rule, checked_by
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
    "Show for each hit which regions of its picture each signal finds similar. `limit` may then be "
    f"at most {MAX_EXPLAINED_HITS}."
)
OVERLAY = "Also draw the explanations as pictures; requires `explain`."

# OpenAPI 3.1 uses `contentMediaType`; many generators only know the older `format`.
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
        description="The client's own id, without control characters and slashes.",
        examples=[EXAMPLE_ID],
    ),
]
Name = Annotated[str, checked_by(rules.check_name, _DescribedName)]
Description = Annotated[str, checked_by(rules.check_description, _DescribedDescription)]
ProductId = Annotated[str, checked_by(rules.check_product_id, _DescribedProductId)]
ProductAttributes = Annotated[
    core_product.Attributes, checked_by(rules.check_attributes, Attributes)
]


def _as_integer(value: object) -> object:
    """Converts 2.0 to 2, because JSON does not distinguish integers from other numbers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Integer = Annotated[int, BeforeValidator(_as_integer)]
Picture = Annotated[Binary, Field(description="A picture file: JPEG, PNG, WebP, HEIC and others.")]


def _optional(
    *, nullable: bool = False, **described: Any
) -> Any:  # Any: like pydantic's own Field.
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


class _ProductFields(Wire):
    name: Name
    description: Description = ""
    product_id: ProductId | None = _optional()
    attributes: ProductAttributes = Field(default_factory=dict)

    def fields(self) -> core_product.ProductFields:
        return core_product.ProductFields(self.name, self.description, self.attributes)


class ProductForm(_ProductFields):
    """A product and its pictures."""

    image: list[Binary] = Field(description="One or more picture files; the first is the main one.")

    def pictures(self) -> list[bytes]:
        return [bytes(part.data) for part in self.image]


class ProductPatch(Wire):
    """A JSON merge patch: absent fields stay as they are, and null removes a value."""

    name: Name | None = _optional()
    description: Description | None = _optional(nullable=True)
    # The result of the merge is checked, because the patch alone does not show what it breaks.
    attributes: SkipValidation[dict[str, AttributeValue | None] | None] = _optional(
        nullable=True, examples=[{"colour": "blue", "in_stock": None}]
    )


class ImageForm(Wire):
    """A further picture of a product."""

    image: Picture


class Crop(Wire):
    """A rectangle in the picture, in fractions (0 to 1) of its upright width and height."""

    # The image reader checks the bounds, and tolerates rounding errors.
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
        description="A number, or an RFC 3339 date, or a date and time with its zone.",
        examples=[10, "2026-01-31", "2026-01-31T09:30:00Z"],
    ),
]


class TextOperators(Wire):
    """Conditions on the product's name or id. All of them must hold."""

    any: Values | None = _optional(description="The value is one of these.")
    none: Values | None = _optional(description="The value is none of these.")


class Operators(TextOperators):
    """Conditions on an attribute. All of them must hold.

    If the attribute is a list, `any` and `none` compare each of its items.
    """

    all: Values | None = _optional(description="The list contains all of these.")
    gt: Bound | None = _optional(description="The value is greater or later than this.")
    gte: Bound | None = _optional(description="The value is equal to this, greater or later.")
    lt: Bound | None = _optional(description="The value is less or earlier than this.")
    lte: Bound | None = _optional(description="The value is equal to this, less or earlier.")
    exists: bool | None = _optional(
        description="True: the product has the attribute. False: it does not."
    )


class Filter(Wire):
    """Conditions on products. All keys must match; keys that are not listed here are attributes.

    An attribute is given a value, which it must equal or contain, or an object with operators.
    Write `attributes.not` for an attribute whose name is one of the keys listed here.
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

    name: str | TextOperators | None = _optional(description="The product's name.")
    product_id: str | TextOperators | None = _optional(description="The product's id.")
    and_: list[Filter] | None = _optional(
        alias="and", description="All of these filters match.", min_length=1
    )
    or_: list[Filter] | None = _optional(
        alias="or", description="At least one of these filters matches.", min_length=1
    )
    not_: Filter | None = _optional(alias="not", description="This filter does not match.")


FACETS = "Attributes whose values are counted over all products that match the filter."
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


FilterField = Annotated[object, checked_by(filter_language.read_filter, Filter)]
FacetsField = Annotated[
    tuple[str, ...],
    checked_by(lambda value: read_facets([value] if isinstance(value, str) else value), FacetNames),
]


class NoFields(Wire):
    """The query string of a call without query parameters."""


class ImageQuery(Wire):
    """The query string of a picture: its size."""

    size: Literal["original", "thumbnail"] = Field(
        default="original", description="original: the stored file; thumbnail: a small JPEG."
    )


class PageQuery(Wire):
    """The query string of a list: which page to return."""

    limit: Integer = Field(
        default=20, ge=1, le=MAX_LIMIT, description="Largest number of items on the page."
    )
    cursor: str | None = _optional(
        description="The `next_cursor` of the previous page.",
        max_length=4096,
        examples=[EXAMPLE_CURSOR],
    )


class ProductsQuery(PageQuery):
    """The query string of the list of products: page, order, filter and facets."""

    order: Order = Field(default="newest", description="newest: newest first; id: by product id.")
    filter: FilterField | None = _optional()
    facets: FacetsField | None = _optional(description=FACETS, examples=[EXAMPLE_FACETS])


class RankingFields(Wire):
    """Options for ranking and filtering hits, and for what to return about them."""

    limit: Integer = Field(
        default=5, ge=1, le=MAX_LIMIT, description="Largest number of products to return."
    )
    offset: Integer = Field(
        default=0,
        ge=0,
        le=MAX_OFFSET,
        description="Number of best products to skip, for further pages.",
    )
    weights: Weights | None = _optional()
    min_score: FiniteFloat | None = _optional(
        description="Leave out hits with a lower score.", examples=[0.35]
    )
    explain: bool = Field(default=False, description=EXPLAIN)
    overlay: bool = Field(default=False, description=OVERLAY)
    filter: FilterField | None = _optional()
    facets: FacetsField | None = _optional(description=FACETS, examples=[EXAMPLE_FACETS])

    return_token: bool = Field(
        default=False,
        description="Return the embedded query as `query.token`, to search with it again.",
    )

    def ranking(self) -> Ranking:
        given = {one.name: getattr(self, one.name) for one in dataclasses.fields(Ranking)}
        return Ranking(**given)


class TextSearch(RankingFields):
    """A search by text. Only signals whose encoder can read texts are used."""

    query: str = Field(examples=["green sports car"])


class QueryPart(Wire):
    """A part of a query: exactly one of a text, a product and a token."""

    text: str | None = _optional(examples=["red"])
    product_id: str | None = _optional(
        description="A product of the catalogue, whose main image is used.", examples=[EXAMPLE_ID]
    )
    token: str | None = _optional(
        max_length=MAX_TOKEN_CHARS,
        description="The `query.token` of an earlier answer; its query is not embedded again.",
        examples=["eyJmaW5nZXJwcmludCI6ICI…"],
    )
    weight: FiniteFloat = Field(
        default=1.0,
        ge=-MAX_PART_WEIGHT,
        le=MAX_PART_WEIGHT,
        description="How much the part counts; negative: find products unlike it.",
        examples=[-0.5],
    )

    @model_validator(mode="after")
    def _has_one_kind(self) -> Self:
        names = [name for name in type(self).model_fields if name not in ("weight", "crop")]
        if sum(getattr(self, name) is not None for name in names) != 1:
            listed = f"{', '.join(names[:-1])} or {names[-1]}"
            raise broken_rule(InvalidInput(f"A part must have exactly one of {listed}."))
        return self

    def value(self, tokens: QueryTokens) -> query.QueryPart:
        """Returns the part as a value of the core. Raises InvalidToken, ForeignToken."""
        if self.token is not None:
            with within("token"):
                return tokens.read(self.token, self.weight)
        if self.text is not None:
            return query.TextPart(self.text, self.weight)
        return query.ProductPart(self.product_id or "", self.weight)


class ImageQueryPart(QueryPart):
    """A part of a query: exactly one of a picture, a text, a product and a token."""

    image: str | None = _optional(
        description="The file name of one of the uploaded pictures.", examples=["photo.jpg"]
    )
    crop: Crop | None = _optional(description="The part of the picture to search with.")

    @model_validator(mode="after")
    def _crops_only_pictures(self) -> Self:
        if self.crop is not None and self.image is None:
            raise broken_rule(
                InvalidInput(
                    "Only an image can be cropped; remove the crop from this part.", place=("crop",)
                )
            )
        return self


class MixedSearch(RankingFields):
    """A search by a weighted mixture of texts, products and tokens."""

    parts: list[QueryPart] = Field(min_length=1, max_length=MAX_QUERY_PARTS)


class ImageSearchForm(RankingFields):
    """A search by pictures, which can be mixed with texts, products and tokens."""

    image: list[Binary] = Field(
        max_length=MAX_QUERY_PARTS,
        description="One or more picture files; each has the weight 1 unless `parts` sets another.",
    )
    crop: Crop | None = _optional(
        description="The part of the picture to search with, if there is only one picture."
    )
    parts: list[ImageQueryPart] | None = _optional(
        max_length=MAX_QUERY_PARTS,
        description="Parts to mix with the pictures. A part can name a picture by its file name, to"
        " set its weight or crop.",
    )


class BatchEntry(_ProductFields):
    """One product of a batch."""

    images: list[str] = Field(
        min_length=1,
        description="The file names of the product's uploaded pictures.",
        examples=[["tee-front.jpg", "tee-back.jpg"]],
    )


class BatchForm(Wire):
    """A manifest of up to 64 products, and their pictures."""

    # Entries are validated one by one, so that an invalid one does not affect the others.
    manifest: SkipValidation[list[BatchEntry]]
    files: list[Binary] | None = _optional(description="The picture files that the manifest names.")


FORMS = (
    ProductForm,
    ProductPatch,
    ImageForm,
    ImageSearchForm,
    TextSearch,
    MixedSearch,
    BatchForm,
)
