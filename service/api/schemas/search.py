"""Answers of searches on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, FiniteFloat
from typing_extensions import TypeAliasType

from service.api.schemas.base import EXAMPLE_GRID, EXAMPLE_IMAGE_ID, EXAMPLE_IMAGE_URL, Wire
from service.api.schemas.products import Facets, ProductSummary, Warnings
from service.api.schemas.signals import PerSignal, SignalEncoders, SignalReasons, SignalWeights


class Query(Wire):
    """What the search used."""

    # Here only where there is something to say.
    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=False)

    weights: SignalWeights
    encoders: SignalEncoders
    token: str = Field(
        default="",
        description="The embedded query, for a part of POST /search; only where it was asked for.",
        examples=["eyJmaW5nZXJwcmludCI6ICI…"],
    )
    ignored_words: list[str] = Field(
        default_factory=list,
        description="Words of the text that the encoder does not know: they played no part.",
        examples=[["zeppelin"]],
    )
    unexplained: SignalReasons = Field(default_factory=dict)
    warnings: Warnings = Field(default_factory=list)


class SignalScore(Wire):
    """One signal's share of a score: contribution = weight * similarity."""

    similarity: FiniteFloat = Field(description="Cosine similarity.", examples=[0.871])
    weight: FiniteFloat = Field(examples=[0.6])
    contribution: FiniteFloat = Field(examples=[0.5226])


class MatchedImage(Wire):
    """The product's picture that matched best."""

    image_id: str = Field(examples=[EXAMPLE_IMAGE_ID])
    url: str = Field(examples=[EXAMPLE_IMAGE_URL])


class Box(Wire):
    """A part of a picture, in fractions (0 to 1) of the upright picture."""

    x: FiniteFloat = Field(examples=[0.125])
    y: FiniteFloat = Field(examples=[0.0])
    width: FiniteFloat = Field(examples=[0.75])
    height: FiniteFloat = Field(examples=[1.0])


class SignalExplanation(Wire):
    """Where in the product's picture a signal's similarity lies."""

    grid: list[list[FiniteFloat]] = Field(
        description="Rows from the top, cells from the left: each cell's share of the similarity. "
        "Shares may be negative, and add up to the similarity.",
        examples=[EXAMPLE_GRID],
    )
    unplaced: FiniteFloat = Field(
        description="The part of the similarity that belongs to no cell: it is in `grid`, "
        "spread evenly.",
        examples=[0.196],
    )
    box: Box = Field(description="The part of the picture that the encoder saw: the grid's.")
    overlay: str | None = Field(
        description="A transparent PNG as a data URI, to be laid over the whole upright picture, "
        "stretched to it; null unless `overlay` was asked for.",
        examples=["data:image/png;base64,iVBORw0KGgo…"],
    )


SignalScores = TypeAliasType(
    "SignalScores",
    Annotated[
        dict[str, SignalScore],
        PerSignal(complete=True),
        Field(description="Each signal's share of the score."),
    ],
)
SignalExplanations = TypeAliasType(
    "SignalExplanations",
    Annotated[
        dict[str, SignalExplanation | None],
        PerSignal(complete=True),
        Field(
            description="By signal. Null for a signal that `query.unexplained` names.",
        ),
    ],
)


class Hit(Wire):
    """A product found."""

    # `explanation` is there only where it was asked for.
    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=False)

    rank: int = Field(description="From 1.", examples=[1])
    score: FiniteFloat = Field(description="Sum of the contributions.", examples=[0.8312])
    scores: SignalScores
    confidence: FiniteFloat | None = Field(
        ge=0,
        le=1,
        description="How unusual this score is in this catalogue, for this kind of query: the share"
        " of its own products that find less, once they and their nearest neighbours are hidden."
        " Null where `match.verdict` is `unknown`.",
        examples=[0.97],
    )
    image: MatchedImage
    product: ProductSummary
    explanation: SignalExplanations | None = Field(
        default=None,
        description="Only where it was asked for. Null if the picture was deleted meanwhile.",
    )


class Match(Wire):
    """Whether the search found what was searched for, by its best product."""

    confidence: FiniteFloat | None = Field(
        ge=0,
        le=1,
        description="The best product's, also where the page leaves it out.",
        examples=[0.97],
    )
    verdict: Literal["found", "unsure", "nothing_alike", "unknown"] = Field(
        description="`unknown`: there is nothing to compare with, or not all of the query could be"
        " read, as `detail` explains."
    )
    detail: str = Field(
        examples=[
            "The best hit is a better match than 97% of the catalogue's own products find once they"
            " and their nearest neighbours are hidden: the catalogue most likely has what you"
            " searched for."
        ]
    )
    pending: bool = Field(
        description="Whether the verdict is unknown only until the catalogue is measured: the same"
        " search has another one in a while. The wait is seconds, or a minute during an import.",
        examples=[False],
    )


class SearchAnswer(Wire):
    """The products found, best first, and how."""

    # Facets are here only where asked for.
    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=False)

    query: Query
    hits: list[Hit]
    match: Match
    took_ms: dict[str, FiniteFloat] = Field(
        description="Milliseconds by step.",
        examples=[{"decode": 4.1, "embed": 21.0, "search": 2.4, "total": 28.0}],
    )
    facets: Facets = Field(default_factory=dict)
    partial: bool = Field(
        default=False,
        description="True while the index is being filled and lacks products; else left out.",
    )
