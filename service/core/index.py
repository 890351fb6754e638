"""The index: points, their payloads, and changes to them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from service.core.embedding import Vector
from service.core.product import Product

POINT_NAMESPACE = uuid.UUID("8c9c6f0e-5a0b-5d0c-9d1e-0d8e3f5f7a11")


def point_id(product_id: str, image_id: str) -> str:
    """The id of one product image in every vector store: a UUIDv5 (RFC 9562, section 5.5)."""
    return str(uuid.uuid5(POINT_NAMESPACE, f"{image_id}/{product_id}"))


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
    fingerprint: bytes = b""
    """What near duplicates are told by, as in `service.duplicates.fingerprint`."""


@dataclass(frozen=True, slots=True)
class ImageFingerprint:
    """The fingerprint of a stored picture, and the product and image it belongs to."""

    point_id: str
    product_id: str
    name: str
    image_id: str
    value: bytes


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
