"""Plain stand-ins for the seams: dictionaries for the stores, brute force for the search."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import numpy as np

from service.errors import InvalidImage, StoreUnavailable
from service.models import (
    SEMANTIC,
    VISUAL,
    Changes,
    Crop,
    EmbeddedImage,
    EmbeddedText,
    Embedding,
    ImageInfo,
    Payload,
    Point,
    Priority,
    ScoredPoint,
    Signal,
    Vector,
)

SIGNALS = (Signal(SEMANTIC, "fake-semantic", 6), Signal(VISUAL, "fake-visual", 10))


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

    async def get(self, key: str) -> bytes | None:
        self._outage.tick()
        return self.objects.get(key)

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
        width: int = 128,
    ) -> list[ScoredPoint]:
        self._outage.tick()
        scored = [
            ScoredPoint(key, float(point.vector @ vector), point.payload)
            for key, point in self.points.items()
            if point.payload.product.product_id not in exclude_products
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

    async def newest_products(
        self, *, limit: int, after: tuple[datetime, str] | None = None
    ) -> list[Payload]:
        self._outage.tick()
        primary = [point.payload for point in self.points.values() if point.payload.primary]
        ordered = sorted(primary, key=_position, reverse=True)
        return [one for one in ordered if after is None or _position(one) < after][:limit]

    async def point_ids(self) -> AsyncIterator[list[str]]:
        self._outage.tick()
        yield list(self.points)

    async def count_products(self) -> int:
        self._outage.tick()
        return sum(point.payload.primary for point in self.points.values())

    async def count_points(self) -> int:
        self._outage.tick()
        return len(self.points)

    async def ping(self) -> None:
        self._outage.tick()

    async def close(self) -> None: ...


class HashEmbedder:
    """Embedder whose vectors follow from the bytes alone; `b"bad..."` is no picture."""

    signals = SIGNALS

    def __init__(self) -> None:
        self.embedded: list[bytes] = []

    async def embed_image(
        self, data: bytes, *, crop: Crop | None = None, priority: Priority = Priority.SEARCH
    ) -> EmbeddedImage:
        if data.startswith(b"bad"):
            raise InvalidImage("This is no picture.")
        self.embedded.append(data)
        info = ImageInfo("image/png", 4, 3)
        return EmbeddedImage(embedding_of(data), info, decode_ms=1.0, embed_ms=2.0)

    async def embed_text(self, text: str) -> EmbeddedText:
        vectors = embedding_of(text.encode()).vectors
        return EmbeddedText(Embedding({SEMANTIC: vectors[SEMANTIC]}), embed_ms=1.0)

    async def thumbnail(self, data: bytes, *, size_px: int) -> bytes:
        return b"small " + data


def embedding_of(data: bytes) -> Embedding:
    """One unit vector per signal, drawn from the hash of the bytes."""
    seed = int.from_bytes(hashlib.sha256(data).digest()[:8])
    generator = np.random.default_rng(seed)
    return Embedding(
        {signal.name: _unit(generator.normal(size=signal.dimensions) + 0.5) for signal in SIGNALS}
    )


def _unit(vector: np.ndarray) -> Vector:
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def _position(payload: Payload) -> tuple[datetime, str]:
    return payload.product.created_at, payload.product.product_id
