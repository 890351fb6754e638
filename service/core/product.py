"""Defines products as the catalogue stores them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

AttributeValue: TypeAlias = str | int | float | bool | list[str]
Attributes: TypeAlias = Mapping[str, AttributeValue]
AttributeType: TypeAlias = Literal["string", "number", "boolean", "list", "date"]
"""A `date` is a string in the form of an RFC 3339 date or time."""


@dataclass(frozen=True, slots=True)
class ProductImage:
    """One stored picture of a product. `image_id` is the SHA-256 (hex) of its bytes."""

    image_id: str
    media_type: str
    width: int
    """The width in pixels after the EXIF orientation is applied."""
    height: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Product:
    """A product as stored. The first image is its main image."""

    product_id: str
    name: str
    description: str
    attributes: Attributes
    images: tuple[ProductImage, ...]
    created_at: datetime
    updated_at: datetime
    revision: str = field(default="", compare=False)
    """Names this state of the record; every write makes another. Empty in the index."""


@dataclass(frozen=True, slots=True)
class ProductFields:
    """The fields of a product that the caller sets, besides its pictures."""

    name: str
    description: str
    attributes: Attributes
