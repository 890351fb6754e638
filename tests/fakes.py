"""Plain stand-ins for the seams: dictionaries for the stores, brute force for the search."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import numpy as np

from service.core.blob import Blob, BlobVersion
from service.core.embedding import (
    GRID_SIDE,
    Crop,
    EmbeddedImage,
    EmbeddedText,
    Embedding,
    ImageInfo,
    PlacedShares,
    Priority,
    Signal,
    Vector,
)
from service.core.errors import InvalidImage, InvalidText, StoreUnavailable
from service.core.filter import (
    And,
    Attribute,
    DateRange,
    Exists,
    Filter,
    Not,
    NumberRange,
    OneOf,
    Or,
    Scalar,
    read_date,
)
from service.core.index import Changes, FacetValue, ImageFingerprint, Payload, Point, ScoredPoint
from service.core.product import AttributeType, AttributeValue, Product
from service.duplicates.fingerprint import FINGERPRINT_BYTES

SEMANTIC, VISUAL = "semantic", "visual"
SIGNALS = (
    Signal(SEMANTIC, "fake-semantic", 6, text_encoder="fake-semantic"),
    Signal(VISUAL, "fake-visual", 10),
)


class Outage:
    """A switch: after `after` more calls every call fails, until it is off."""

    def __init__(self) -> None:
        self.after: int | None = None

    def tick(self) -> None:
        if self.after is None:
            return
        if self.after == 0:
            raise StoreUnavailable("The store does not answer.")
        self.after -= 1


class MemoryBlobs:
    """BlobStore in a dictionary."""

    def __init__(self, outage: Outage | None = None) -> None:
        self.objects: dict[str, bytes] = {}
        self._outage = outage or Outage()

    async def put(self, key: str, data: bytes) -> None:
        self._outage.tick()
        self.objects[key] = data

    async def create(self, key: str, data: bytes) -> bool:
        self._outage.tick()
        return self.objects.setdefault(key, data) is data

    async def replace(self, key: str, data: bytes, version: BlobVersion) -> bool:
        self._outage.tick()
        if key not in self.objects or _version(self.objects[key]) != version:
            return False
        self.objects[key] = data
        return True

    async def get(self, key: str) -> bytes | None:
        self._outage.tick()
        return self.objects.get(key)

    async def read(self, key: str) -> Blob | None:
        data = await self.get(key)
        return None if data is None else Blob(data, _version(data))

    async def delete(self, keys: Sequence[str]) -> None:
        self._outage.tick()
        for key in keys:
            self.objects.pop(key, None)

    async def list(self, prefix: str) -> AsyncIterator[str]:
        for key in [key for key in self.objects if key.startswith(prefix)]:
            yield key

    async def ping(self) -> None:
        self._outage.tick()

    async def close(self) -> None:
        pass


def _version(data: bytes) -> BlobVersion:
    """The hash of the bytes, which is what S3 has for an ETag."""
    return BlobVersion(hashlib.md5(data).hexdigest())


class BruteForceStore:
    """VectorStore that multiplies the query with every stored vector: the oracle of the others."""

    def __init__(self, outage: Outage | None = None) -> None:
        self.points: dict[str, Point] = {}
        self._outage = outage or Outage()

    async def apply(self, changes: Changes) -> None:
        self._outage.tick()
        for point in changes.upserts:
            if not np.isfinite(point.vector).all():
                raise ValueError("a vector is not finite")
            self.points[point.point_id] = point
        for key, payload in changes.payloads.items():
            if key in self.points:
                self.points[key] = Point(key, self.points[key].vector, payload)
        for key in changes.deletes:
            self.points.pop(key, None)

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
        self._outage.tick()
        scored = [
            ScoredPoint(key, float(point.vector @ vector), point.payload)
            for key, point in self.points.items()
            if point.payload.product.product_id not in exclude_products
            and admits(filter, point.payload.product)
        ]
        kept = [point for point in scored if min_score is None or point.score >= min_score]
        return sorted(kept, key=lambda point: -point.score)[:limit]

    async def similarities(
        self, vectors: Sequence[Vector], point_ids: Sequence[str]
    ) -> list[dict[str, float]]:
        self._outage.tick()
        return [
            {
                key: float(self.points[key].vector @ vector)
                for key in point_ids
                if key in self.points
            }
            for vector in vectors
        ]

    async def payloads(self, point_ids: Sequence[str]) -> dict[str, Payload]:
        self._outage.tick()
        return {key: self.points[key].payload for key in point_ids if key in self.points}

    async def vectors(self, point_ids: Sequence[str]) -> dict[str, Vector]:
        self._outage.tick()
        return {key: self.points[key].vector for key in point_ids if key in self.points}

    async def sample(self, limit: int) -> list[Point]:
        self._outage.tick()
        return [self.points[key] for key in sorted(self.points)[:limit]]

    def products(self, filter: Filter | None) -> list[Payload]:
        payloads = [point.payload for point in self.points.values() if point.payload.primary]
        return [payload for payload in payloads if admits(filter, payload.product)]

    async def newest_products(
        self,
        *,
        limit: int,
        after: tuple[datetime, str] | None = None,
        filter: Filter | None = None,
    ) -> list[Payload]:
        self._outage.tick()
        ordered = sorted(self.products(filter), key=_position, reverse=True)
        return [one for one in ordered if after is None or _position(one) < after][:limit]

    async def fingerprints(self) -> AsyncIterator[list[ImageFingerprint]]:
        self._outage.tick()
        yield [
            ImageFingerprint(
                key, one.product.product_id, one.product.name, one.image_id, one.fingerprint
            )
            for key, one in [(key, point.payload) for key, point in self.points.items()]
            if one.fingerprint
        ]

    async def products_by_id(
        self, *, limit: int, after: str | None = None, filter: Filter | None = None
    ) -> list[Payload]:
        self._outage.tick()
        ordered = sorted(self.products(filter), key=lambda one: one.product.product_id)
        return [one for one in ordered if after is None or one.product.product_id > after][:limit]

    async def facet(
        self, attribute: str, *, limit: int, filter: Filter | None = None
    ) -> list[FacetValue]:
        self._outage.tick()
        counts: Counter[tuple[type, Scalar]] = Counter()
        for payload in self.products(filter):
            value = payload.product.attributes.get(attribute, [])
            counts.update({(type(scalar), scalar) for scalar in _scalars(value)})
        values = [FacetValue(value, count) for (_, value), count in counts.items()]
        return sorted(values, key=lambda value: -value.count)[:limit]

    async def attribute_types(self, *, limit: int) -> dict[str, frozenset[AttributeType]]:
        self._outage.tick()
        types: dict[str, frozenset[AttributeType]] = {}
        for payload in self.products(None):
            for name, value in payload.product.attributes.items():
                types[name] = types.get(name, frozenset()) | {_type_of(value)}
        return dict(list(types.items())[:limit])

    async def point_ids(self) -> AsyncIterator[list[str]]:
        self._outage.tick()
        yield list(self.points)

    async def count_products(self, *, filter: Filter | None = None) -> int:
        self._outage.tick()
        return len(self.products(filter))

    async def count_points(self) -> int:
        self._outage.tick()
        return len(self.points)

    async def discard(self, reason: str) -> None:
        self.points.clear()

    @property
    def rebuilt_because(self) -> str | None:
        return None

    async def mark_rebuilt(self) -> None:
        return

    async def ping(self) -> None:
        self._outage.tick()

    async def close(self) -> None: ...


def admits(filter: Filter | None, product: Product) -> bool:
    """Evaluates the filter in plain Python."""
    match filter:
        case None:
            return True
        case And(parts):
            return all(admits(part, product) for part in parts)
        case Or(parts):
            return any(admits(part, product) for part in parts)
        case Not(part):
            return not admits(part, product)
        case Exists(subject):
            return subject.name in product.attributes
        case OneOf(Attribute(name), values):
            held = list(_scalars(product.attributes.get(name, [])))
            return any(type(x) is type(y) and x == y for x in held for y in values)
        case OneOf(subject, values):
            return getattr(product, subject.name) in values
        case NumberRange(subject):
            value = product.attributes.get(subject.name)
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            return is_number and _within(value, filter)
        case DateRange(subject):
            value = product.attributes.get(subject.name)
            moment = read_date(value) if isinstance(value, str) else None
            return moment is not None and _within(moment, filter)


def _within(value: Any, bounds: NumberRange | DateRange) -> bool:
    return (
        (bounds.gt is None or value > bounds.gt)
        and (bounds.gte is None or value >= bounds.gte)
        and (bounds.lt is None or value < bounds.lt)
        and (bounds.lte is None or value <= bounds.lte)
    )


def _scalars(value: AttributeValue) -> list[Scalar]:
    if isinstance(value, list):
        return list(value)
    return [value if isinstance(value, (str, bool)) else float(value)]


def _type_of(value: AttributeValue) -> AttributeType:
    if isinstance(value, str):
        return "string" if read_date(value) is None else "date"
    if isinstance(value, list):
        return "list"
    return "boolean" if isinstance(value, bool) else "number"


class HashEmbedder:
    """Embedder whose vectors follow from the bytes alone; `b"bad..."` is no picture."""

    signals = SIGNALS

    def __init__(self) -> None:
        self.embedded: list[bytes] = []
        self.explained: list[bytes] = []

    async def embed_image(
        self, data: bytes, *, crop: Crop | None = None, priority: Priority = Priority.SEARCH
    ) -> EmbeddedImage:
        if data.startswith(b"bad"):
            raise InvalidImage("This is no picture.")
        self.embedded.append(data)
        warnings = ("Its end is missing.",) if data.endswith(b"cut") else ()
        info = ImageInfo("image/png", 4, 3, warnings)
        fingerprint = fingerprint_of(data) if priority is Priority.BULK else b""
        return EmbeddedImage(
            embedding_of(data), info, decode_ms=1.0, embed_ms=2.0, fingerprint=fingerprint
        )

    async def embed_text(self, text: str, *, priority: Priority = Priority.SEARCH) -> EmbeddedText:
        if not text.strip():
            raise InvalidText("The text is empty.")
        vectors = embedding_of(text.encode()).vectors
        return EmbeddedText(Embedding({SEMANTIC: vectors[SEMANTIC]}), embed_ms=1.0)

    unexplained: Mapping[str, str] = MappingProxyType({})

    async def explain_image(self, data: bytes, query: Embedding) -> dict[str, PlacedShares]:
        """The similarity less 0.1, all of it in the cell that the bytes' length names."""
        if data.startswith(b"bad"):
            raise InvalidImage("This is no picture.")
        self.explained.append(data)
        placed = {}
        for name, vector in query.vectors.items():
            cells = np.zeros((GRID_SIDE, GRID_SIDE), np.float32)
            cells.flat[len(data) % cells.size] = embedding_of(data).vectors[name] @ vector - 0.1
            placed[name] = PlacedShares(cells, Crop(0, 0.125, 1, 0.75))
        return placed

    async def thumbnail(self, data: bytes, *, size_px: int) -> bytes:
        return b"small " + data


def embedding_of(data: bytes) -> Embedding:
    """One unit vector per signal, drawn from the hash of the bytes."""
    seed = int.from_bytes(hashlib.sha256(data).digest()[:8])
    generator = np.random.default_rng(seed)
    return Embedding(
        {signal.name: _unit(generator.normal(size=signal.dimensions) + 0.5) for signal in SIGNALS}
    )


def fingerprint_of(data: bytes) -> bytes:
    """Draws from the hash of the bytes; a final `, saved again` does not count."""
    seed = int.from_bytes(hashlib.sha256(data.removesuffix(b", saved again")).digest()[:8])
    return np.random.default_rng(seed).bytes(FINGERPRINT_BYTES)


def _unit(vector: np.ndarray) -> Vector:
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def _position(payload: Payload) -> tuple[datetime, str]:
    return payload.product.created_at, payload.product.product_id
