"""Defines the parts of a query and the options of its ranking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


@dataclass(frozen=True, slots=True)
class TextPart:
    """A text in a query. It has vectors only of the signals whose encoder reads texts."""

    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class ProductPart:
    """A product of the catalogue in a query, which stands for its main image."""

    product_id: str
    weight: float = 1.0


KINDS = ("picture", "text", "unlike_picture", "unlike_text")
"""The kinds of a query's parts: pictures or texts, wanted or unwanted."""


@dataclass(frozen=True, slots=True)
class EmbeddedPart:
    """A query that was embedded before, as a part of another one."""

    embedding: Embedding
    weight: float
    kinds: Mapping[str, float]
    """The shares of KINDS in it, which sum to 1."""
    ignored_words: tuple[str, ...] = ()


QueryPart: TypeAlias = ImagePart | TextPart | ProductPart | EmbeddedPart


def shares_by_kind(parts: Iterable[QueryPart]) -> dict[str, float]:
    """Sums up the weights of the parts by KINDS, scaled to a sum of 1.

    At least one weight must not be 0.
    """
    parts = list(parts)
    totals = dict.fromkeys(KINDS, 0.0)
    # The smallest weights would become 0, and the largest infinite, unless scaled beforehand.
    largest = max(abs(part.weight) for part in parts)
    for part in parts:
        for kind, share in _kinds(part).items():
            wanted = kind if part.weight > 0 else _opposite(kind)
            totals[wanted] += abs(part.weight) / largest * share
    whole = sum(totals.values())
    return {kind: total / whole for kind, total in totals.items()}


def _kinds(part: QueryPart) -> Mapping[str, float]:
    if isinstance(part, EmbeddedPart):
        return part.kinds
    return {"text" if isinstance(part, TextPart) else "picture": 1.0}


def _opposite(kind: str) -> str:
    unwanted = "unlike_"
    return kind.removeprefix(unwanted) if kind.startswith(unwanted) else unwanted + kind


@dataclass(frozen=True, slots=True)
class EmbeddedQuery:
    """The joined parts of a query, and the milliseconds spent on decoding and embedding them."""

    embedding: Embedding
    ignored_words: tuple[str, ...]
    decode_ms: float
    embed_ms: float
    warnings: tuple[str, ...] = ()
    """Sentences about what is missing from the pictures."""


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
