"""Holds the pictures that a caller sends for a product: their ids, bytes and vectors."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

from service.catalogue.records import image_id
from service.core.embedding import EmbeddedImage, Priority
from service.core.errors import within
from service.core.interfaces import Embedder
from service.core.product import ProductImage

IMAGES_AT_ONCE = 8
"""The pictures of one product that are embedded at the same time. They share forward passes, and a
product with many pictures does not fill the queue."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures by id, in the caller's order and without repetitions. `embed` fills `embedded`."""

    data: Mapping[str, bytes]
    positions: Mapping[str, int]
    """The position of each picture in the caller's list, for error messages."""
    embedded: dict[str, EmbeddedImage] = field(default_factory=dict)

    @classmethod
    def of(cls, images: Sequence[bytes]) -> Pictures:
        """Returns the pictures with these bytes."""
        # The same object can be given many times, and is hashed once.
        distinct = {id(data): data for data in images}
        hashed = {key: image_id(data) for key, data in distinct.items()}
        ids = [hashed[id(data)] for data in images]
        positions = {identity: position for position, identity in reversed([*enumerate(ids)])}
        return cls(dict(zip(ids, images, strict=True)), positions)

    async def embed(self, embedder: Embedder, known: Container[str]) -> None:
        """Embeds all but the known pictures, concurrently, so that they share forward passes.

        Raises InvalidImage with the position of the picture, and Overloaded.
        """
        missing = [one for one in self.data if one not in known and one not in self.embedded]
        slots = asyncio.Semaphore(IMAGES_AT_ONCE)

        async def embed(identity: str) -> EmbeddedImage:
            async with slots:
                with within("images", self.positions[identity]):
                    return await embedder.embed_image(self.data[identity], priority=Priority.BULK)

        answers = await asyncio.gather(*(embed(identity) for identity in missing))
        self.embedded.update(zip(missing, answers, strict=True))

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about what is missing from the embedded pictures."""
        return tuple(w for image in self.embedded.values() for w in image.info.warnings)

    def described(self, known: Mapping[str, ProductImage]) -> tuple[ProductImage, ...]:
        """Returns the descriptions of all pictures. Known pictures keep theirs."""
        return tuple(known.get(identity) or self.describe(identity) for identity in self.data)

    def describe(self, identity: str) -> ProductImage:
        """Returns the description of an embedded picture."""
        info = self.embedded[identity].info
        return ProductImage(
            image_id=identity,
            media_type=info.media_type,
            width=info.width,
            height=info.height,
            size_bytes=len(self.data[identity]),
        )
