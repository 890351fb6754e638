"""The seams of the service: what the core asks of encoders and stores."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from service.models import (
    Changes,
    Crop,
    EmbeddedImage,
    EmbeddedText,
    Payload,
    Priority,
    ScoredPoint,
    Signal,
    Vector,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image


class Encoder(Protocol):
    """A model that turns pictures into unit vectors of one signal; one thread calls `encode`."""

    name: str
    dimensions: int
    fingerprint: str
    """SHA-256 (hex) over the weights and the version of the preprocessing."""

    def preprocess(self, image: Image.Image) -> NDArray[np.generic]:
        """An upright RGB picture of any size to an array of fixed shape. Thread-safe."""

    def encode(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """(n, *preprocessed shape) to (n, dimensions), finite and of unit length.

        Any: the numbers are of the type that the encoder's own `preprocess` gives.
        """


@runtime_checkable
class TextEncoder(Protocol):
    """An encoder whose space texts share."""

    def check_text(self, text: str) -> None:
        """Raises InvalidText where `encode_texts` could only answer nonsense."""

    def unknown_words(self, text: str) -> list[str]:
        """The words that play no part in the text's embedding; none where all do."""

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """n texts to (n, dimensions), finite and of unit length."""


class Embedder(Protocol):
    """Untrusted bytes to unit vectors, one per signal."""

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The slices of the hybrid vector, in their order."""

    async def embed_image(
        self, data: bytes, *, crop: Crop | None = None, priority: Priority = Priority.SEARCH
    ) -> EmbeddedImage:
        """Raises InvalidImage, InvalidCrop, Overloaded."""

    async def embed_text(self, text: str) -> EmbeddedText:
        """Raises InvalidText, Overloaded."""

    async def thumbnail(self, data: bytes, *, size_px: int) -> bytes:
        """A JPEG of the picture, upright, no side longer than `size_px`. Raises InvalidImage."""


class VectorStore(Protocol):
    """The index: points with hybrid vectors under the inner product.

    Every call raises StoreUnavailable while the engine does not answer, and works once it does.
    An applied change is seen by the next call and survives `kill -9`.
    """

    async def apply(self, changes: Changes) -> None:
        """Upserts, payload updates (unknown ids are passed over) and deletes, in this order.

        Raises ValueError for a vector that is not finite.
        """

    async def search(
        self,
        vector: Vector,
        *,
        limit: int,
        min_score: float | None = None,
        exclude_products: Sequence[str] = (),
        width: int = 128,
    ) -> list[ScoredPoint]:
        """The `limit` points of the largest inner product, descending.

        `width` is the search width (ef) of the graph where the collection is too big to scan.
        """

    async def similarities(
        self, vectors: Sequence[Vector], point_ids: Sequence[str]
    ) -> list[dict[str, float]]:
        """For each vector the exact inner product with each of the points, by point id."""

    async def payloads(self, point_ids: Sequence[str]) -> dict[str, Payload]:
        """The payloads of the points that exist, by point id."""

    async def vectors(self, point_ids: Sequence[str]) -> dict[str, Vector]:
        """The stored vectors of the points that exist, by point id."""

    async def newest_products(
        self, *, limit: int, after: tuple[datetime, str] | None = None
    ) -> list[Payload]:
        """Primary points by (created_at, product_id), descending, those behind `after`."""

    def point_ids(self) -> AsyncIterator[list[str]]:
        """Every point id, in chunks."""

    async def count_products(self) -> int: ...

    async def count_points(self) -> int: ...

    async def ping(self) -> None:
        """Raises StoreUnavailable unless the engine answers now."""

    async def close(self) -> None:
        """Flushes to the disk and lets go."""


class BlobStore(Protocol):
    """Bytes by key. Raises StoreUnavailable while the store does not answer."""

    async def put(self, key: str, data: bytes) -> None: ...

    async def create(self, key: str, data: bytes) -> bool:
        """Writes unless the key exists; False if it does."""

    async def get(self, key: str) -> bytes | None: ...

    async def delete(self, keys: Sequence[str]) -> None:
        """Keys that do not exist are passed over."""

    def list(self, prefix: str) -> AsyncIterator[str]:
        """The keys under the prefix, in no particular order."""

    async def ping(self) -> None:
        """Raises StoreUnavailable unless the store is there and answers now."""

    async def close(self) -> None:
        """Lets go; later calls raise StoreUnavailable."""
