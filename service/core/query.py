"""Defines the parts of a query and the options of its ranking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from service.core.embedding import Crop, Embedding
from service.core.filter import Filter


@dataclass(frozen=True, slots=True)
class ImagePart:
    """A picture in a query. A negative weight asks for products unlike it."""

    data: bytes
    weight: float = 1.0
    crop: Crop | None = None
    pointer: str = ""
    """The JSON pointer to this part of the request, to which errors append."""


@dataclass(frozen=True, slots=True)
class TextPart:
    """A text in a query. It has vectors only of the signals whose encoder reads texts."""

    text: str
    weight: float = 1.0
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class ProductPart:
    """A product of the catalogue in a query, which stands for its main image."""

    product_id: str
    weight: float = 1.0
    pointer: str = ""


QueryPart: TypeAlias = ImagePart | TextPart | ProductPart


@dataclass(frozen=True, slots=True)
class EmbeddedQuery:
    """The joined parts of a query, and the milliseconds spent on decoding and embedding them."""

    embedding: Embedding
    ignored_words: tuple[str, ...]
    decode_ms: float
    embed_ms: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """The options of a search. Weights are by signal, and None means the default weights.

    `facets` names the attributes whose values are counted. None leaves facets out of the answer.
    """

    limit: int = 5
    offset: int = 0
    weights: Mapping[str, float] | None = None
    min_score: float | None = None
    explain: bool = False
    overlay: bool = False
    """True draws the explanations as pictures, too."""
    filter: Filter | None = None
    facets: tuple[str, ...] | None = None
