"""Defines the interfaces of encoders and stores."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from service.core.blob import Blob, BlobVersion
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
from service.core.index import Changes, FacetValue, ImageFingerprint, Payload, Point, ScoredPoint
from service.core.product import AttributeType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image


class Encoder(Protocol):
    """A thread-safe model that turns pictures into the unit vectors of one signal."""

    name: str
    dimensions: int
    fingerprint: str
    """The SHA-256 (hex) of the weights and the version of the preprocessing."""

    def preprocess(self, image: Image.Image) -> NDArray[np.generic]:
        """Turns an upright RGB picture of any size into an array of fixed shape."""

    def encode(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """Turns (n, *preprocessed shape) into (n, dimensions), finite and of unit length.

        The batch has the type of number that the encoder's own `preprocess` returns, hence Any.
        """


@runtime_checkable
class TextEncoder(Protocol):
    """An encoder that embeds texts in the same space as pictures."""

    text_encoder: str
    """The name of the model that reads the texts."""

    def check_text(self, text: str) -> None:
        """Raises InvalidText if the embedding of the text would be meaningless."""

    def unknown_words(self, text: str) -> list[str]:
        """Returns the words of the text that do not affect its embedding."""

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Turns n texts into (n, dimensions), finite and of unit length."""


class RegionEncoder(Protocol):
    """Splits the cosine of a picture and a query among the places of the picture.

    Only one thread may call `explain`.
    """

    def view(self, width: int, height: int) -> Crop:
        """Returns the part of an upright picture of this size that the encoder sees."""

    def explain(self, batch: NDArray[Any], queries: Vector) -> Vector:
        """Splits the cosine of each preprocessed picture with its query among the cells.

        `queries` has one unit vector for each picture, (n, dimensions). The result has the shape
        (n, GRID_SIDE, GRID_SIDE). It lacks the part of the cosine that the encoder cannot place.
        """


@runtime_checkable
class ExplainedEncoder(Protocol):
    """An encoder that can explain its similarities by regions of the picture."""

    def regions(self) -> RegionEncoder:
        """Returns the encoder of regions. Raises Unexplained if this model cannot have one."""


class Embedder(Protocol):
    """Turns untrusted bytes and texts into unit vectors, one per signal."""

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The slices of the hybrid vector, in order."""

    async def embed_image(
        self, data: bytes, *, crop: Crop | None = None, priority: Priority = Priority.SEARCH
    ) -> EmbeddedImage:
        """Embeds a picture. Raises InvalidImage, InvalidCrop and Overloaded."""

    async def embed_text(self, text: str, *, priority: Priority = Priority.SEARCH) -> EmbeddedText:
        """Embeds a text. Raises InvalidText and Overloaded."""

    @property
    def unexplained(self) -> Mapping[str, str]:
        """The signals that `explain_image` cannot explain, each with the reason."""

    async def explain_image(self, data: bytes, query: Embedding) -> dict[str, PlacedShares]:
        """Returns where the picture resembles the query, for each signal that can be explained.

        Raises InvalidImage, Overloaded and Unavailable.
        """

    async def thumbnail(self, data: bytes, *, size_px: int) -> bytes:
        """Returns the upright picture as a JPEG with no side longer than `size_px`.

        Raises InvalidImage.
        """


class VectorStore(Protocol):
    """Stores points with hybrid vectors, and searches them by the inner product.

    Every call raises StoreUnavailable while the engine does not answer, and works again once it
    does. The next call sees an applied change, and the change survives `kill -9`.
    """

    async def apply(self, changes: Changes) -> None:
        """Applies upserts, payload updates and deletes, in this order.

        Payload updates of unknown ids are ignored. Raises ValueError for a vector that is not
        finite.
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
        """Returns the `limit` points with the largest inner products, in descending order.

        The result is shorter only if no more points qualify. `width` is the search width (ef) of
        the graph, for a collection that is too large to scan.
        """

    async def similarities(
        self, vectors: Sequence[Vector], point_ids: Sequence[str]
    ) -> list[dict[str, float]]:
        """Returns for each vector its exact inner products with the points, by point id."""

    async def payloads(self, point_ids: Sequence[str]) -> dict[str, Payload]:
        """Returns the payloads of the points that exist, by point id."""

    async def vectors(self, point_ids: Sequence[str]) -> dict[str, Vector]:
        """Returns the stored vectors of the points that exist, by point id."""

    async def sample(self, limit: int) -> list[Point]:
        """Returns the points with the `limit` smallest ids, ordered by id.

        This is a random sample that stays the same from call to call, because ids are hashes
        (`service.core.index.point_id`). The method is bottom-k sampling (Cohen and Kaplan 2007):
        it is cheap, and a change of the catalogue changes the sample as little as possible.
        """

    async def newest_products(
        self,
        *,
        limit: int,
        after: tuple[datetime, str] | None = None,
        filter: Filter | None = None,
    ) -> list[Payload]:
        """Returns the primary points after `after`, by (created_at, product_id) descending."""

    def fingerprints(self) -> AsyncIterator[list[ImageFingerprint]]:
        """Yields the fingerprints of all points that have one, in chunks."""

    async def products_by_id(
        self, *, limit: int, after: str | None = None, filter: Filter | None = None
    ) -> list[Payload]:
        """Returns the primary points after `after`, by the code points of their product ids."""

    async def facet(
        self, attribute: str, *, limit: int, filter: Filter | None = None
    ) -> list[FacetValue]:
        """Returns the most frequent values of an attribute among the products in the filter.

        Each item of a list counts as a value. Among equally frequent values at the limit, the
        choice is arbitrary.
        """

    async def attribute_types(self, *, limit: int) -> dict[str, frozenset[AttributeType]]:
        """Returns the types of each attribute, and only the `limit` most frequent ones."""

    def point_ids(self) -> AsyncIterator[list[str]]:
        """Yields every point id, in chunks."""

    async def count_products(self, *, filter: Filter | None = None) -> int: ...

    async def count_points(self) -> int: ...

    async def discard(self, reason: str) -> None:
        """Throws the whole index away; the next call finds an empty one."""

    @property
    def rebuilt_because(self) -> str | None:
        """The reason why a damaged or outdated index was replaced by an empty one, or None.

        It is kept until `mark_rebuilt` is called.
        """

    async def mark_rebuilt(self) -> None:
        """Records that the index has been filled again from the blob store."""

    async def ping(self) -> None:
        """Returns if the engine answers now, and raises StoreUnavailable otherwise."""

    async def close(self) -> None:
        """Flushes to the disk and releases the store."""


class BlobStore(Protocol):
    """Stores bytes by key.

    Every call raises StoreUnavailable while the store does not answer.
    """

    async def put(self, key: str, data: bytes) -> None: ...

    async def create(self, key: str, data: bytes) -> bool:
        """Writes the key unless it exists. Returns False if it does."""

    async def replace(self, key: str, data: bytes, version: BlobVersion) -> bool:
        """Writes the key if it still has this version. Returns False if it has not."""

    async def get(self, key: str) -> bytes | None: ...

    async def read(self, key: str) -> Blob | None:
        """Returns the bytes with their version, for a later `replace`."""

    async def delete(self, keys: Sequence[str]) -> None:
        """Deletes the keys, and ignores those that do not exist."""

    def list(self, prefix: str) -> AsyncIterator[str]:
        """Yields the keys that begin with the prefix, in no particular order."""

    async def ping(self) -> None:
        """Returns if the store exists and answers now, and raises StoreUnavailable otherwise."""

    async def close(self) -> None:
        """Releases the store. Later calls raise StoreUnavailable."""
