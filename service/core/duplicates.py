"""Defines near-duplicates: pictures of different products that are identical or nearly so."""

from __future__ import annotations

from dataclasses import dataclass

from service.core.index import ImageFingerprint


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """A picture of another product that is a near-duplicate of the picture `of_image_id`."""

    product_id: str
    name: str
    image_id: str
    similarity: float
    of_image_id: str


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Near-duplicates under several products. `similarity` is that of the least similar pair."""

    images: tuple[ImageFingerprint, ...]
    similarity: float
