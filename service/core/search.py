"""Defines the answer to a search: hits, their scores and explanations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from service.core.embedding import Crop, Vector
from service.core.index import Facets
from service.core.product import Product
from service.core.query import EmbeddedPart


@dataclass(frozen=True, slots=True)
class SignalExplanation:
    """The similarity of a hit, split among the cells of its picture."""

    grid: Vector
    """The shares of the cells, (GRID_SIDE, GRID_SIDE). They add up to the similarity."""
    box: Crop
    """The part of the upright picture that the grid covers."""
    unplaced: float
    """The part of the similarity that belongs to no cell. `grid` contains it, spread evenly."""
    overlay: bytes | None = None
    """A PNG to lay over the whole upright picture, if one was asked for."""


Explanation: TypeAlias = Mapping[str, SignalExplanation | None]
"""The explanations by signal, None for a signal that cannot be explained."""


@dataclass(frozen=True, slots=True)
class SignalScore:
    """The share of one signal in a score: contribution = weight * similarity (cosine)."""

    similarity: float
    weight: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A product that a search found, by its best image. `score` sums up the contributions."""

    rank: int
    score: float
    scores: Mapping[str, SignalScore]
    image_id: str
    product: Product
    confidence: float | None = None
    """How unusual the score is in this catalogue, 0 to 1, or None if that is not known."""
    explanation: Explanation | None = None
    """None if no explanation was asked for, or if the picture no longer exists."""


@dataclass(frozen=True, slots=True)
class Match:
    """The verdict on whether a search found what it looked for, and the reason.

    `confidence` is that of the best product, 0 to 1, or None if the verdict is `unknown`.
    `pending` is true if the same search may get a verdict once the index is filled and the
    baseline is measured.
    """

    confidence: float | None
    verdict: Literal["found", "unsure", "nothing_alike", "unknown"]
    detail: str
    pending: bool = False


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to a query.

    `took_ms` has the keys `decode`, `embed`, `search` and `total`, and `explain` if explanations
    were asked for.
    """

    weights: Mapping[str, float]
    encoders: Mapping[str, str]
    ignored_words: tuple[str, ...]
    hits: tuple[Hit, ...]
    match: Match
    took_ms: Mapping[str, float]
    unexplained: Mapping[str, str] = field(default_factory=dict)
    """The reasons why signals have no explanations, by signal. Empty if none were asked for."""
    facets: Facets | None = None
    partial: bool = False
    """True if the index lacks products that the catalogue has."""
    query: EmbeddedPart | None = None
    """The query as it was embedded."""
    warnings: tuple[str, ...] = ()
    """Sentences about what is missing from the query's pictures."""
