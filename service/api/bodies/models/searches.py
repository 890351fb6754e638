"""The models of searches."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Self

from pydantic import ConfigDict, Field, FiniteFloat, JsonValue, model_validator

from service.api.bodies.models.fields import MAX_LIMIT, Binary, Integer, at_most, optional
from service.api.bodies.models.filters import EXAMPLE_FACETS, FACETS, FacetsField, FilterField
from service.api.bodies.validation import broken_rule
from service.api.schemas.base import EXAMPLE_SAMPLE_ID, Wire
from service.api.schemas.signals import Weights
from service.core import query
from service.core.errors import InvalidInput, within
from service.core.query import Ranking
from service.search.explanation import MAX_EXPLAINED_HITS
from service.search.tokens import MAX_TOKEN_CHARS, QueryTokens

MAX_OFFSET = 1000
MAX_QUERY_PARTS = 16
MAX_PART_WEIGHT = 1000
EXAMPLE_TEXT = "green sports car"
EXAMPLE_PARTS: list[JsonValue] = [{"text": "green car"}]

EXPLAIN = (
    "Show for each hit which regions of its picture each signal finds similar. `limit` may then be "
    f"at most {MAX_EXPLAINED_HITS}."
)
OVERLAY = "Also draw the explanations as pictures; requires `explain`."


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
    weights: Weights | None = optional()
    min_score: FiniteFloat | None = optional(
        description="Leave out hits with a lower score.", examples=[0.1]
    )
    explain: bool = Field(default=False, description=EXPLAIN)
    overlay: bool = Field(default=False, description=OVERLAY)
    filter: FilterField | None = optional()
    facets: FacetsField | None = optional(description=FACETS, examples=[EXAMPLE_FACETS])

    return_token: bool = Field(
        default=False,
        description="Return the embedded query as `query.token`, to search with it again.",
    )

    def ranking(self) -> Ranking:
        given = {one.name: getattr(self, one.name) for one in dataclasses.fields(Ranking)}
        return Ranking(**given)


class TextSearch(RankingFields):
    """A search by text. Only signals whose encoder can read texts are used."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"query": EXAMPLE_TEXT, "limit": 5}]})

    query: str = Field(examples=[EXAMPLE_TEXT])


class QueryPart(Wire):
    """A part of a query: exactly one of a text, a product and a token."""

    text: str | None = optional(examples=["red"])
    product_id: str | None = optional(
        description="A product of the catalogue, whose main image is used.",
        examples=[EXAMPLE_SAMPLE_ID],
    )
    token: str | None = optional(
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

    image: str | None = optional(
        description="The file name of one of the uploaded pictures.", examples=["photo.jpg"]
    )
    crop: Crop | None = optional(description="The part of the picture to search with.")

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

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"parts": EXAMPLE_PARTS, "limit": 5}]}
    )

    parts: Annotated[
        list[QueryPart],
        Field(min_length=1, max_length=MAX_QUERY_PARTS, examples=[EXAMPLE_PARTS]),
        at_most(MAX_QUERY_PARTS),
    ]


class ImageSearchForm(RankingFields):
    """A search by pictures, which can be mixed with texts, products and tokens."""

    image: list[Binary] = Field(
        max_length=MAX_QUERY_PARTS,
        description="One or more picture files; each has the weight 1 unless `parts` sets another.",
    )
    crop: Crop | None = optional(
        description="The part of the picture to search with, if there is only one picture."
    )
    parts: (
        Annotated[list[ImageQueryPart], Field(max_length=MAX_QUERY_PARTS), at_most(MAX_QUERY_PARTS)]
        | None
    ) = optional(
        description="Parts to mix with the pictures. A part can name a picture by its file name, to"
        " set its weight or crop.",
        examples=[EXAMPLE_PARTS],
    )
