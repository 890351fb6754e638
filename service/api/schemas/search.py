"""The answers of searches."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, FiniteFloat
from typing_extensions import TypeAliasType

from service.api.schemas.base import EXAMPLE_GRID, EXAMPLE_IMAGE_ID, EXAMPLE_IMAGE_URL, Wire
from service.api.schemas.products import Facets, ProductSummary, Warnings
from service.api.schemas.signals import PerSignal, SignalEncoders, SignalReasons, SignalWeights


class Query(Wire):
    """The weights and encoders that the search used."""

    # Fields with defaults are only present if they have a value.
    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=False)

    weights: SignalWeights
    encoders: SignalEncoders
    token: str = Field(
        default="",
        description="The embedded query, for use in POST /search; only present if asked for.",
        examples=["eyJmaW5nZXJwcmludCI6ICI…"],
    )
    ignored_words: list[str] = Field(
        default_factory=list,
        description="Words of the text that the encoder does not know and that had no effect.",
        examples=[["zeppelin"]],
    )
    unexplained: SignalReasons = Field(default_factory=dict)
    warnings: Warnings = Field(default_factory=list)


class SignalScore(Wire):
    """One signal's part of a score: contribution = weight · similarity."""

    similarity: FiniteFloat = Field(
        description="Cosine similarity, from -1 to 1.", examples=[0.871]
    )
    weight: FiniteFloat = Field(examples=[0.6])
    contribution: FiniteFloat = Field(examples=[0.5226])


class MatchedImage(Wire):
    """The product's picture that matched best."""

    image_id: str = Field(examples=[EXAMPLE_IMAGE_ID])
    url: str = Field(examples=[EXAMPLE_IMAGE_URL])


class Box(Wire):
    """A rectangle in a picture, in fractions (0 to 1) of its upright width and height."""

    x: FiniteFloat = Field(examples=[0.125])
    y: FiniteFloat = Field(examples=[0.0])
    width: FiniteFloat = Field(examples=[0.75])
    height: FiniteFloat = Field(examples=[1.0])


class SignalExplanation(Wire):
    """The regions of the product's picture that a signal finds similar."""

    grid: list[list[FiniteFloat]] = Field(
        description="The part of the similarity that each cell contributes, in rows from the top. "
        "The values can be negative, and add up to the similarity.",
        examples=[EXAMPLE_GRID],
    )
    unplaced: FiniteFloat = Field(
        description="The part of the similarity that belongs to no cell. `grid` includes it, "
        "spread evenly over the cells.",
        examples=[0.196],
    )
    box: Box = Field(
        description="The part of the picture that the encoder sees and the grid covers."
    )
    overlay: str | None = Field(
        description="A transparent PNG as a data URI, to be stretched over the whole upright "
        "picture; null unless `overlay` was asked for.",
        examples=["data:image/png;base64,iVBORw0KGgo…"],
    )


SignalScores = TypeAliasType(
    "SignalScores",
    Annotated[
        dict[str, SignalScore],
        PerSignal(complete=True),
        Field(description="Each signal's part of the score."),
    ],
)
SignalExplanations = TypeAliasType(
    "SignalExplanations",
    Annotated[
        dict[str, SignalExplanation | None],
        PerSignal(complete=True),
        Field(
            description="Explanations by signal; null for a signal that `query.unexplained` names.",
        ),
    ],
)


class Hit(Wire):
    """A product that the search found."""

    # `explanation` is only present if asked for.
    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=False)

    rank: int = Field(description="Position in the ranking, from 1.", examples=[1])
    score: FiniteFloat = Field(description="Sum of the contributions.", examples=[0.8312])
    scores: SignalScores
    confidence: FiniteFloat | None = Field(
        ge=0,
        le=1,
        description="How unusual this score is in this catalogue for this kind of query: the share"
        " of the catalogue's own products that find a worse match once they and their nearest"
        " neighbours are hidden. Null if `match.verdict` is `unknown`.",
        examples=[0.97],
    )
    image: MatchedImage
    product: ProductSummary
    explanation: SignalExplanations | None = Field(
        default=None,
        description="Only present if asked for; null if the picture has been deleted meanwhile.",
    )


class Match(Wire):
    """An estimate of whether the catalogue has the product that was searched for."""

    confidence: FiniteFloat | None = Field(
        ge=0,
        le=1,
        description="The confidence of the best product, even if `offset` skips it.",
        examples=[0.97],
    )
    verdict: Literal["found", "unsure", "nothing_alike", "unknown"] = Field(
        description="`unknown` means that the confidence cannot be estimated; `detail` says why."
    )
    detail: str = Field(
        examples=[
            "The best hit is a better match than 97% of the catalogue's own products find once they"
            " and their nearest neighbours are hidden: the catalogue most likely has what you"
            " searched for."
        ]
    )
    pending: bool = Field(
        description="True if the verdict is unknown only because the index is still being filled or"
        " the catalogue measured. Repeat the search after a few seconds, or a minute during an"
        " import.",
        examples=[False],
    )


class SearchAnswer(Wire):
    """The products found, the best first, and how the search was done."""

    # Fields with defaults are only present if they have a value.
    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=False)

    query: Query
    hits: list[Hit]
    match: Match
    took_ms: dict[str, FiniteFloat] = Field(
        description="Milliseconds that each step took.",
        examples=[{"decode": 4.1, "embed": 21.0, "search": 2.4, "total": 28.0}],
    )
    facets: Facets = Field(default_factory=dict)
    partial: bool = Field(
        default=False,
        description="True while the index is being filled and lacks products; otherwise absent.",
    )
