"""The service's Embedder: decodes in a pool of threads, then passes through the batcher."""

from __future__ import annotations

import io
import time
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from service.config import Settings
from service.embedding import images
from service.embedding.batching import Batcher
from service.embedding.decoding import DecodePool, PixelBudget
from service.embedding.images import ImageLimits
from service.embedding.loading import LoadedEncoders
from service.embedding.passes import Kind
from service.errors import InvalidText
from service.interfaces import TextEncoder
from service.models import (
    SEMANTIC,
    VISUAL,
    Crop,
    EmbeddedImage,
    EmbeddedText,
    Embedding,
    ImageInfo,
    Priority,
    Signal,
)

_MARGIN = 2
"""A JPEG is decoded to this many times the encoders' input: scaling it shows in no vector."""

_LARGEST_RESIZE_PX = 256
"""ResNet50 resizes to this before it crops, which its input does not show."""

Prepared = tuple[NDArray[np.generic], NDArray[np.generic]]


class HybridEmbedder:
    """Implements `service.interfaces.Embedder` over two encoders."""

    def __init__(self, encoders: LoadedEncoders, settings: Settings) -> None:
        self._semantic, self._visual = encoders.semantic, encoders.visual
        self.signals = (
            Signal(SEMANTIC, self._semantic.name, self._semantic.dimensions),
            Signal(VISUAL, self._visual.name, self._visual.dimensions),
        )
        self.batcher = Batcher(
            self._semantic,
            self._visual,
            max_items=settings.batch_max_items,
            queue_max_items=settings.queue_max_items,
            queue_timeout_s=settings.queue_timeout_s,
        )
        self.pool = DecodePool(
            settings.decode_threads,
            max_waiting=settings.queue_max_items,
            timeout_s=settings.queue_timeout_s,
        )
        self._budget = PixelBudget(settings.max_image_pixels)
        self._limits = ImageLimits(
            settings.max_image_bytes, settings.max_image_pixels, self._shorter_side_px()
        )

    def start(self) -> None:
        self.batcher.start()

    async def close(self, *, drain: bool = True) -> None:
        await self.batcher.close(drain=drain)
        self.pool.close()

    async def embed_image(
        self, data: bytes, *, crop: Crop | None = None, priority: Priority = Priority.SEARCH
    ) -> EmbeddedImage:
        """Both times include the wait for a turn. Raises InvalidImage, InvalidCrop, Overloaded."""
        started = time.perf_counter()
        self.batcher.check_room(priority)
        prepared, info = await self.pool.run(priority, partial(self._prepare, data, crop))
        decoded = time.perf_counter()
        vectors = await self.batcher.submit(Kind.IMAGE, prepared, priority)
        done = time.perf_counter()
        return EmbeddedImage(
            Embedding(vectors), info, (decoded - started) * 1e3, (done - decoded) * 1e3
        )

    async def embed_text(self, text: str) -> EmbeddedText:
        """Raises InvalidText, Overloaded."""
        semantic = self._semantic
        if not isinstance(semantic, TextEncoder):
            raise InvalidText(f"The encoder {semantic.name} reads no texts; search by image.")
        started = time.perf_counter()
        await self.pool.run(Priority.SEARCH, partial(semantic.check_text, text))
        vectors = await self.batcher.submit(Kind.TEXT, text)
        return EmbeddedText(
            Embedding(vectors),
            (time.perf_counter() - started) * 1e3,
            ignored_words=tuple(semantic.unknown_words(text)),
        )

    async def thumbnail(self, data: bytes, *, size_px: int) -> bytes:
        """Raises InvalidImage, Overloaded."""
        return await self.pool.run(Priority.SEARCH, partial(self._thumbnail, data, size_px))

    def _prepare(self, data: bytes, crop: Crop | None) -> tuple[Prepared, ImageInfo]:
        opened = images.open_image(data, self._limits)
        side = self._limits.shorter_side_px
        # The crop is checked by its cost already, before anything waits for room.
        with self._budget.hold(opened.decoded_pixels(side, crop)):
            image = opened.decode(side, crop)
            prepared = self._semantic.preprocess(image), self._visual.preprocess(image)
        return prepared, opened.info

    def _thumbnail(self, data: bytes, size_px: int) -> bytes:
        opened = images.open_image(data, self._limits)
        with self._budget.hold(opened.decoded_pixels(opened.thumbnail_side(size_px))):
            return opened.thumbnail(size_px)

    def _shorter_side_px(self) -> int:
        """What both encoders resize to, by trying them on a picture, with margin."""
        probe = Image.new("RGB", (64, 64))
        shapes = [encoder.preprocess(probe).shape for encoder in (self._semantic, self._visual)]
        sides = [int(max(shape)) for shape in shapes if len(shape) == 3]
        return _MARGIN * max(_LARGEST_RESIZE_PX, *sides)


def golden_image() -> bytes:
    """A PNG drawn by formula, the same everywhere and always: readiness embeds it."""
    y, x = np.mgrid[0:96, 0:128]
    red = (x * 2) % 256
    green = (y * 5 // 2) % 256
    blue = ((x // 16 + y // 16) % 2) * 200
    disc = (x - 64) ** 2 + (y - 48) ** 2 < 30**2
    pixels = np.stack([np.where(disc, 255 - red, red), green, blue], axis=-1).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
