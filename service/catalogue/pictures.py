"""The pictures that a caller gives a product: their ids, bytes and vectors."""

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
"""Pictures of one product that are embedded at once: they share forward passes, and a product with
many pictures does not fill the queue."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures by their ids, in the caller's order and each once; `embedded` grows as needed."""

    data: Mapping[str, bytes]
    positions: Mapping[str, int]
    """The place of each among those that the caller gave, for messages."""
    embedded: dict[str, EmbeddedImage] = field(default_factory=dict)

    @classmethod
    def of(cls, images: Sequence[bytes]) -> Pictures:
        ids = [image_id(data) for data in images]
        positions = {identity: position for position, identity in reversed([*enumerate(ids)])}
        return cls(dict(zip(ids, images, strict=True)), positions)

    async def embed(self, embedder: Embedder, known: Container[str]) -> None:
        """Embeds all but the known ones, side by side, so that they can share a forward pass.

        Raises InvalidImage with the place of the picture, Overloaded.
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
        """The pictures as a product describes them. Known ones keep their descriptions."""
        return tuple(known.get(identity) or self.describe(identity) for identity in self.data)

    def describe(self, identity: str) -> ProductImage:
        """The picture as a product describes it. It must be embedded."""
        info = self.embedded[identity].info
        return ProductImage(
            image_id=identity,
            media_type=info.media_type,
            width=info.width,
            height=info.height,
            size_bytes=len(self.data[identity]),
        )
