"""The values that the parts hand to each other: frozen, without behaviour of their own."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Generic, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float32]

SEMANTIC = "semantic"
VISUAL = "visual"

AttributeValue: TypeAlias = str | int | float | bool | list[str]
Attributes: TypeAlias = Mapping[str, AttributeValue]

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


@dataclass(frozen=True, slots=True)
class TextPart:
    """A text in a query; it has no visual side."""

    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class ProductPart:
    """A product of the catalogue in a query, by its main image."""

    product_id: str
    weight: float = 1.0


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
    """How to rank and what to show. Weights are by signal; None means the default ones."""

    limit: int = 5
    offset: int = 0
    weights: Mapping[str, float] | None = None
    min_score: float | None = None


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


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to a query; `took_ms` has `decode`, `embed`, `search` and `total`."""

    weights: Mapping[str, float]
    encoders: Mapping[str, str]
    ignored_words: tuple[str, ...]
    hits: tuple[Hit, ...]
    took_ms: Mapping[str, float]
