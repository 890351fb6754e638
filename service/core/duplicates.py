"""Near-duplicates: pictures of different products that are the same, or nearly."""

from __future__ import annotations

from dataclasses import dataclass

from service.core.index import ImageFingerprint


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

    images: tuple[ImageFingerprint, ...]
    similarity: float
