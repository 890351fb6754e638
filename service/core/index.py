"""Defines the points of the index, their payloads, and changes to them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from service.core.embedding import Vector
from service.core.product import Product

POINT_NAMESPACE = uuid.UUID("8c9c6f0e-5a0b-5d0c-9d1e-0d8e3f5f7a11")


def point_id(product_id: str, image_id: str) -> str:
    """Returns the id of a product image in every vector store.

    The id is a UUIDv5 (RFC 9562, section 5.5).
    """
    return str(uuid.uuid5(POINT_NAMESPACE, f"{image_id}/{product_id}"))


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of an attribute, and the number of products that have it."""

    value: str | int | float | bool
    count: int


Facets: TypeAlias = Mapping[str, tuple[FacetValue, ...]]
"""The most frequent values of each attribute, in descending order."""


@dataclass(frozen=True, slots=True)
class Point:
    """One product image in the vector store. `vector` is its hybrid vector, float32, (D,)."""

    point_id: str
    vector: Vector
    payload: Payload


@dataclass(frozen=True, slots=True)
class Payload:
    """The data stored with a point, which answers a search without a second lookup.

    `primary` marks the product's first image. Each product has one primary point, so products are
    counted and listed by their primary points.
    """

    product: Product
    image_id: str
    primary: bool
    fingerprint: bytes = b""
    """The image fingerprint, as `service.duplicates.fingerprint` computes it."""


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
    """Changes to the index that belong together. Applying them twice does no harm."""

    upserts: tuple[Point, ...] = ()
    payloads: Mapping[str, Payload] = field(default_factory=dict)
    """The new payloads, by point id, of points that keep their vectors."""
    deletes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoredPoint:
    """A point that a search found. `score` is its inner product with the query vector."""

    point_id: str
    score: float
    payload: Payload
