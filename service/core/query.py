"""Queries: their parts, and how the answer is to be ranked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from service.core.embedding import Crop, Embedding
from service.core.filter import Filter


@dataclass(frozen=True, slots=True)
class ImagePart:
    """A picture in a query; a negative weight asks for what is unlike it."""

    data: bytes
    weight: float = 1.0
    crop: Crop | None = None
    pointer: str = ""
    """Where in the request the part stands, as a JSON pointer; what is wrong lies below it."""


@dataclass(frozen=True, slots=True)
class TextPart:
    """A text in a query; it has a vector only of signals whose encoder reads texts."""

    text: str
    weight: float = 1.0
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class ProductPart:
    """A product of the catalogue in a query, by its main image."""

    product_id: str
    weight: float = 1.0
    pointer: str = ""


QueryPart: TypeAlias = ImagePart | TextPart | ProductPart


@dataclass(frozen=True, slots=True)
class EmbeddedQuery:
    """All parts of a query joined, and the milliseconds they took to decode and to embed."""

    embedding: Embedding
    ignored_words: tuple[str, ...]
    decode_ms: float
    embed_ms: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """How to rank and what to show. Weights are by signal; None means the default ones.

    `facets` are the names of attributes whose values are to be counted; None: nobody asked.
    """

    limit: int = 5
    offset: int = 0
    weights: Mapping[str, float] | None = None
    min_score: float | None = None
    explain: bool = False
    overlay: bool = False
    """Draw the explanations too."""
    filter: Filter | None = None
    facets: tuple[str, ...] | None = None
