"""The service's Embedder: decodes in a pool of threads, then passes through the batcher."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from service.core.embedding import (
    Crop,
    EmbeddedImage,
    EmbeddedText,
    Embedding,
    ImageInfo,
    PlacedShares,
    Priority,
    Signal,
)
from service.core.errors import InvalidText
from service.duplicates.fingerprint import SIDE_PX, image_fingerprint
from service.embedding.attribution.explanation_passes import Asked
from service.embedding.images import reader as images
from service.embedding.images.decoding_pool import DecodePool, PixelBudget
from service.embedding.images.reader import ImageLimits
from service.embedding.inference import cores
from service.embedding.inference.batcher import Batcher
from service.embedding.inference.forward_pass import Kind, text_encoders
from service.embedding.loading import LoadedEncoders
from service.embedding.options import EmbeddingLimits

_MARGIN = 1.45
"""A JPEG is decoded to this many times the encoders' input at least. 12 megapixels, 3,000 pixels
high, then come at an eighth; benchmarks/REPORT.md says how near the vectors stay."""

_LARGEST_RESIZE_PX = 256
"""ResNet50 resizes to this before it crops, which its input does not show."""

Prepared = dict[str, NDArray[np.generic]]
"""The input of each signal's encoder, by the signal's name."""


class HybridEmbedder:
    """Implements `service.core.interfaces.Embedder` over one encoder for each signal."""

    def __init__(self, encoders: LoadedEncoders, limits: EmbeddingLimits) -> None:
        self._encoders = encoders.by_signal
        self._text_encoders = text_encoders(self._encoders)
        self.signals = tuple(self._signal(name) for name in self._encoders)
        self.batcher = Batcher(
            self._encoders,
            max_items=limits.batch_max_items,
            queue_max_items=limits.queue_max_items,
            queue_timeout_s=limits.queue_timeout_s,
            # A GPU runs one pass at a time, and large ones better.
            bulk_workers=1 if encoders.device == "cuda" else cores.count(),
        )
        self.pool = DecodePool(
            limits.decode_threads,
            max_waiting=limits.queue_max_items,
            timeout_s=limits.queue_timeout_s,
        )
        self._budget = PixelBudget(limits.max_image_pixels)
        self.limits = ImageLimits(
            limits.max_image_bytes, limits.max_image_pixels, self._shorter_side_px()
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
        wants_fingerprint = priority is Priority.BULK
        with self._ahead(priority):
            prepared, info, fingerprint = await self.pool.run(
                priority, partial(self._prepare, data, crop, wants_fingerprint)
            )
            decoded = time.perf_counter()
            vectors = await self.batcher.submit(Kind.IMAGE, prepared, priority)
        done = time.perf_counter()
        return EmbeddedImage(
            Embedding(vectors), info, (decoded - started) * 1e3, (done - decoded) * 1e3, fingerprint
        )

    async def embed_text(self, text: str, *, priority: Priority = Priority.SEARCH) -> EmbeddedText:
        """Raises InvalidText, Overloaded."""
        if not self._text_encoders:
            names = " and ".join(encoder.name for encoder in self._encoders.values())
            raise InvalidText(f"No encoder ({names}) reads texts; search by image.")
        started = time.perf_counter()
        with self._ahead(priority):
            await self.pool.run(priority, partial(self._check_text, text))
            vectors = await self.batcher.submit(Kind.TEXT, text, priority)
        return EmbeddedText(
            Embedding(vectors),
            (time.perf_counter() - started) * 1e3,
            ignored_words=self._unknown_words(text),
        )

    @property
    def unexplained(self) -> Mapping[str, str]:
        return self.batcher.regions.unexplained

    async def explain_image(self, data: bytes, query: Embedding) -> dict[str, PlacedShares]:
        """Raises InvalidImage, Overloaded, Unavailable."""
        self.batcher.check_room(Priority.SEARCH)
        asked, views = await self.pool.run(
            Priority.SEARCH, partial(self._prepare_regions, data, query)
        )
        cells = await self.batcher.submit(Kind.EXPLANATION, asked) if asked else {}
        return {name: PlacedShares(shares, views[name]) for name, shares in cells.items()}

    async def thumbnail(self, data: bytes, *, size_px: int) -> bytes:
        """Raises InvalidImage, Overloaded."""
        return await self.pool.run(Priority.SEARCH, partial(self._thumbnail, data, size_px))

    def _ahead(self, priority: Priority) -> AbstractContextManager[None]:
        """Holds bulk decoding back while a search is decoded and embedded."""
        return self.pool.bulk_held() if priority is Priority.SEARCH else nullcontext()

    def _signal(self, name: str) -> Signal:
        encoder, reader = self._encoders[name], self._text_encoders.get(name)
        return Signal(
            name, encoder.name, encoder.dimensions, None if reader is None else reader.text_encoder
        )

    def _check_text(self, text: str) -> None:
        for encoder in self._text_encoders.values():
            encoder.check_text(text)

    def _unknown_words(self, text: str) -> tuple[str, ...]:
        """The words that no encoder knows, in the order of the text."""
        first, *others = (e.unknown_words(text) for e in self._text_encoders.values())
        return tuple(word for word in first if all(word in words for words in others))

    def _prepare(
        self, data: bytes, crop: Crop | None, wants_fingerprint: bool
    ) -> tuple[Prepared, ImageInfo, bytes]:
        with self._decoded(data, crop) as (image, info):
            prepared = {name: e.preprocess(image) for name, e in self._encoders.items()}
            return prepared, info, _fingerprint(image) if wants_fingerprint else b""

    def _prepare_regions(self, data: bytes, query: Embedding) -> tuple[Asked, dict[str, Crop]]:
        with self._decoded(data, None) as (image, _):
            views = self.batcher.regions.views(image.width, image.height)
            asked = {
                name: (self._encoders[name].preprocess(image), query.vectors[name])
                for name in views
                if name in query.vectors
            }
        return asked, views

    @contextmanager
    def _decoded(self, data: bytes, crop: Crop | None) -> Iterator[tuple[Image.Image, ImageInfo]]:
        opened = images.open_image(data, self.limits)
        side = self.limits.shorter_side_px
        # The crop is checked by its cost already, before anything waits for room.
        with self._budget.hold(opened.decoded_pixels(side, crop)):
            yield opened.decode(side, crop), opened.info

    def _thumbnail(self, data: bytes, size_px: int) -> bytes:
        opened = images.open_image(data, self.limits)
        with self._budget.hold(opened.decoded_pixels(opened.thumbnail_side(size_px))):
            return opened.thumbnail(size_px)

    def _shorter_side_px(self) -> int:
        """The largest side that an encoder resizes to, found by trying them all, with margin."""
        probe = Image.new("RGB", (64, 64))
        shapes = [encoder.preprocess(probe).shape for encoder in self._encoders.values()]
        sides = [int(max(shape)) for shape in shapes if len(shape) == 3]
        return math.ceil(_MARGIN * max(_LARGEST_RESIZE_PX, *sides))


def _fingerprint(image: Image.Image) -> bytes:
    side = (SIDE_PX, SIDE_PX)
    return image_fingerprint(np.asarray(image.resize(side, Image.Resampling.BOX, reducing_gap=2.0)))


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
