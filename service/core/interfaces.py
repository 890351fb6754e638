"""The seams of the service: what the core asks of encoders and stores."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from service.core.embedding import (
    Crop,
    EmbeddedImage,
    EmbeddedText,
    Embedding,
    PlacedShares,
    Priority,
    Signal,
    Vector,
)
from service.core.filter import Filter
from service.core.index import Changes, FacetValue, Look, Payload, Point, ScoredPoint
from service.core.product import AttributeType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image


class Encoder(Protocol):
    """A model that turns pictures into unit vectors of one signal. Thread-safe."""

    name: str
    dimensions: int
    fingerprint: str
    """SHA-256 (hex) over the weights and the version of the preprocessing."""

    def preprocess(self, image: Image.Image) -> NDArray[np.generic]:
        """An upright RGB picture of any size to an array of fixed shape."""

    def encode(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """(n, *preprocessed shape) to (n, dimensions), finite and of unit length.

        Any: the numbers are of the type that the encoder's own `preprocess` gives.
        """


@runtime_checkable
class SteppedEncoder(Protocol):
    """An encoder whose passes can pause on the way, so that a shorter one may go in between."""

    def encode_in_steps(self, batch: NDArray[Any]) -> Generator[None, None, NDArray[np.float32]]:
        """`Encoder.encode`, with pauses."""


@runtime_checkable
class TextEncoder(Protocol):
    """An encoder whose space texts share."""

    text_encoder: str
    """The name of the model that reads the texts."""

    def check_text(self, text: str) -> None:
        """Raises InvalidText where `encode_texts` could only answer nonsense."""

    def unknown_words(self, text: str) -> list[str]:
        """The words that play no part in the text's embedding; none where all do."""

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """n texts to (n, dimensions), finite and of unit length."""


class RegionEncoder(Protocol):
    """Tells where in a picture the cosine with a query lies; one thread calls `explain`."""

    def view(self, width: int, height: int) -> Crop:
        """The part that the encoder sees of an upright picture of this size."""

    def explain(self, batch: NDArray[Any], queries: Vector) -> Vector:
        """Preprocessed pictures and a unit query for each, (n, dimensions), to shares of their
        cosines by cell, (n, GRID_SIDE, GRID_SIDE).

        What the encoder cannot place is left out: shares and that rest add up to the cosine.
        """


@runtime_checkable
class ExplainedEncoder(Protocol):
    """An encoder with regions."""

    def regions(self) -> RegionEncoder:
        """Raises Unexplained."""


class Embedder(Protocol):
    """Untrusted bytes to unit vectors, one per signal."""

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The slices of the hybrid vector, in their order."""

    async def embed_image(
        self, data: bytes, *, crop: Crop | None = None, priority: Priority = Priority.SEARCH
    ) -> EmbeddedImage:
        """Raises InvalidImage, InvalidCrop, Overloaded."""

    async def embed_text(self, text: str, *, priority: Priority = Priority.SEARCH) -> EmbeddedText:
        """Raises InvalidText, Overloaded."""

    @property
    def unexplained(self) -> Mapping[str, str]:
        """The signals that `explain_image` cannot place, each with the reason."""

    async def explain_image(self, data: bytes, query: Embedding) -> dict[str, PlacedShares]:
        """For each signal of the query that can be placed, where in the picture it is alike.

        Raises InvalidImage, Overloaded, Unavailable.
        """

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
        filter: Filter | None = None,
        width: int = 128,
    ) -> list[ScoredPoint]:
        """The `limit` points of the largest inner product, descending; fewer: there are no more.

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

    async def sample(self, limit: int) -> list[Point]:
        """The points of the `limit` least ids, in their order: a random sample, the same each time.

        Ids are hashes (`service.core.index.point_id`), so that this is bottom-k sampling (Cohen
        and Kaplan 2007): cheap, and a changed catalogue changes no more of it than it must.
        """

    async def newest_products(
        self,
        *,
        limit: int,
        after: tuple[datetime, str] | None = None,
        filter: Filter | None = None,
    ) -> list[Payload]:
        """Primary points by (created_at, product_id), descending, those behind `after`."""

    def looks(self) -> AsyncIterator[list[Look]]:
        """The looks of all points that have one, in chunks."""

    async def products_by_id(
        self, *, limit: int, after: str | None = None, filter: Filter | None = None
    ) -> list[Payload]:
        """Primary points by the code points of their product ids, those behind `after`."""

    async def facet(
        self, attribute: str, *, limit: int, filter: Filter | None = None
    ) -> list[FacetValue]:
        """The attribute's most frequent values among the products that the filter admits.

        An item of a list is a value. Equally frequent ones at the end may be left out for others.
        """

    async def attribute_types(self, *, limit: int) -> dict[str, frozenset[AttributeType]]:
        """The types that each attribute has; of more than `limit` the most frequent ones."""

    def point_ids(self) -> AsyncIterator[list[str]]:
        """Every point id, in chunks."""

    async def count_products(self, *, filter: Filter | None = None) -> int: ...

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
