"""The answer to a search: hits, their scores and explanations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from service.core.embedding import Crop, Vector
from service.core.index import Facets
from service.core.product import Product


@dataclass(frozen=True, slots=True)
class SignalExplanation:
    """The shares of a hit's similarity by cell, which add up to it."""

    grid: Vector
    """(GRID_SIDE, GRID_SIDE)"""
    box: Crop
    """The part of the upright picture that the grid covers."""
    unplaced: float
    """What of the similarity belongs to no cell: `grid` has it, spread evenly."""
    overlay: bytes | None = None
    """A PNG to lay over the whole upright picture, where one was asked for."""


Explanation: TypeAlias = Mapping[str, SignalExplanation | None]
"""By signal; None for one that cannot be explained."""


@dataclass(frozen=True, slots=True)
class SignalScore:
    """One signal's share of a score: contribution = weight * similarity (cosine)."""

    similarity: float
    weight: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A product found, by the best of its images; `score` is the sum of the contributions."""

    rank: int
    score: float
    scores: Mapping[str, SignalScore]
    image_id: str
    product: Product
    confidence: float | None = None
    """How unusual the score is in this catalogue, 0 to 1; None where that is not known."""
    explanation: Explanation | None = None
    """None where none was asked for, or the picture is not there any more."""


@dataclass(frozen=True, slots=True)
class Match:
    """Whether a search found what was searched for, and why it says so.

    `confidence` is the best product's, 0 to 1; None where the verdict is `unknown`. `pending` is
    true where the same search will have another verdict once the catalogue is measured.
    """

    confidence: float | None
    verdict: Literal["found", "unsure", "nothing_alike", "unknown"]
    detail: str
    pending: bool = False


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to a query; `took_ms` has `decode`, `embed`, `search`, `total`, and `explain`
    where explanations were asked for."""

    weights: Mapping[str, float]
    encoders: Mapping[str, str]
    ignored_words: tuple[str, ...]
    hits: tuple[Hit, ...]
    match: Match
    took_ms: Mapping[str, float]
    unexplained: Mapping[str, str] = field(default_factory=dict)
    """Why a signal has no explanations, by its name; empty where none were asked for."""
    facets: Facets | None = None
    partial: bool = False
    """Whether the index lacks products that the catalogue has."""
