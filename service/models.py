"""The values that the parts hand to each other: frozen, without behaviour of their own."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Generic, Literal, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from service.filters import Filter

Vector: TypeAlias = NDArray[np.float32]

SEMANTIC = "semantic"
VISUAL = "visual"

AttributeValue: TypeAlias = str | int | float | bool | list[str]
Attributes: TypeAlias = Mapping[str, AttributeValue]
AttributeType: TypeAlias = Literal["string", "number", "boolean", "list", "date"]
"""`date` is a string that is an RFC 3339 date or time."""

T = TypeVar("T")

POINT_NAMESPACE = uuid.UUID("8c9c6f0e-5a0b-5d0c-9d1e-0d8e3f5f7a11")


def point_id(product_id: str, image_id: str) -> str:
    """The id of one product image in every vector store: a UUIDv5 (RFC 9562, section 5.5)."""
    return str(uuid.uuid5(POINT_NAMESPACE, f"{image_id}/{product_id}"))


@dataclass(frozen=True, slots=True)
class ProductImage:
    """One stored picture of a product. `image_id` is the SHA-256 (hex) of its bytes."""

    image_id: str
    media_type: str
    width: int
    """Upright pixels, after the EXIF orientation."""
    height: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Product:
    """A product as stored; the first image is its main one."""

    product_id: str
    name: str
    description: str
    attributes: Attributes
    images: tuple[ProductImage, ...]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ProductFields:
    """What a caller says of a product, besides its pictures."""

    name: str
    description: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Signal:
    """One slice of the hybrid vector: a role (`semantic`, `visual`) and its encoder's name."""

    name: str
    encoder: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class Crop:
    """A rectangle in fractions (0 to 1) of the upright picture."""

    x: float
    y: float
    width: float
    height: float


GRID_SIDE = 7
"""Explanations tell a picture's cells in so many rows and columns."""


@dataclass(frozen=True, slots=True)
class PlacedShares:
    """Where in a picture one signal's similarity lies, as the encoder can place it."""

    cells: Vector
    """(GRID_SIDE, GRID_SIDE): shares of the cosine, which may be negative."""
    view: Crop
    """The part of the upright picture that the cells cover."""


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


class Priority(IntEnum):
    """Order in the queue before the models: lower goes first."""

    SEARCH = 0
    BULK = 1


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What decoding found out about a picture."""

    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Embedding:
    """One unit vector per signal, by the signal's name; a text has none for `visual`."""

    vectors: Mapping[str, Vector]


@dataclass(frozen=True, slots=True)
class EmbeddedImage:
    """An embedded picture, and the milliseconds it took to decode and to embed."""

    embedding: Embedding
    info: ImageInfo
    decode_ms: float
    embed_ms: float
    look: bytes = b""
    """As in `service.scoring.looks`; empty for the pictures of searches."""


@dataclass(frozen=True, slots=True)
class EmbeddedText:
    """An embedded text, and the milliseconds it took."""

    embedding: Embedding
    embed_ms: float
    ignored_words: tuple[str, ...] = ()
    """Words the encoder does not know, which play no part."""


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
    """A text in a query; it has no visual side."""

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


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of an attribute, and how many products have it."""

    value: str | int | float | bool
    count: int


Facets: TypeAlias = Mapping[str, tuple[FacetValue, ...]]
"""The most frequent values by attribute, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Point:
    """One product image in the vector store. `vector` is the hybrid vector, float32, (D,)."""

    point_id: str
    vector: Vector
    payload: Payload


@dataclass(frozen=True, slots=True)
class Payload:
    """What a point carries, so that one search answers the request.

    `primary` marks the product's first image: one primary point a product, so that counting and
    listing products is counting and listing primary points.
    """

    product: Product
    image_id: str
    primary: bool
    look: bytes = b""
    """What near duplicates are told by, as in `service.scoring.looks`."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a stored picture looks like, and whose it is."""

    point_id: str
    product_id: str
    name: str
    image_id: str
    look: bytes


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """A picture of another product that is the same, or nearly, as the picture `of_image_id`."""

    product_id: str
    name: str
    image_id: str
    similarity: float
    of_image_id: str


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Pictures of several products that are the same, or nearly; `similarity` is the least."""

    images: tuple[Look, ...]
    similarity: float


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes to the index that belong together. Applying them twice equals applying them once."""

    upserts: tuple[Point, ...] = ()
    payloads: Mapping[str, Payload] = field(default_factory=dict)
    """New payloads, by point id, of points whose vectors stay."""
    deletes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoredPoint:
    """A point found; `score` is the inner product with the query vector."""

    point_id: str
    score: float
    payload: Payload


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `next_cursor` is None at the end, `total` counts all that match."""

    items: tuple[T, ...]
    next_cursor: str | None
    total: int
    facets: Facets | None = None


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

    `confidence` is the best product's, 0 to 1; None where the verdict is `unknown`.
    """

    confidence: float | None
    verdict: Literal["found", "unsure", "nothing_alike", "unknown"]
    detail: str


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
