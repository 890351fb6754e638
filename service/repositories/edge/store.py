"""Implements `VectorStore` on Qdrant Edge, which runs in a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from service.core.embedding import Vector
from service.core.errors import StoreUnavailable
from service.core.filter import Filter
from service.core.index import Changes, FacetValue, ImageFingerprint, Payload, Point, ScoredPoint
from service.core.product import AttributeType
from service.repositories.edge.channel import EngineChannel
from service.repositories.edge.protocol import Open
from service.repositories.shared.chunks import chunks
from service.repositories.shared.filter_payload import read_kinds
from service.repositories.shared.payload import from_stored, place, to_fingerprint, to_stored
from service.repositories.shared.vectors import check_vectors

POINTS_PER_REQUEST = 32
"""Upserting 32 points takes about 5 ms, which is the longest that a write delays a search."""
IDS_PER_REQUEST = 1000
_PING_TIMEOUT_S = 5.0
_MIB = 1024 * 1024


class EdgeStore:
    """Compares every query with every point. Suits about 100,000 points; a server suits more."""

    def __init__(self, channel: EngineChannel, dimensions: int) -> None:
        self._channel = channel
        self._dimensions = dimensions

    @classmethod
    async def open(
        cls,
        directory: Path,
        *,
        collection: str,
        dimensions: int,
        fingerprint: str,
        lock_wait_s: float = 10.0,
        call_timeout_s: float = 60.0,
        min_free_bytes: int = 128 * _MIB,
    ) -> EdgeStore:
        """Opens or creates `directory/collection`.

        An index is set aside if it is damaged, or if another version of the engine, other encoders
        or another payload layout made it. `rebuilt_because` then says why the new index is empty.
        Raises StoreInUse if another process still holds the directory after `lock_wait_s`, and
        StoreUnavailable if the engine does not start.
        """
        opening = Open(
            directory=str((directory / collection).absolute()),
            dimensions=dimensions,
            fingerprint=fingerprint,
            lock_wait_s=lock_wait_s,
            min_free_bytes=min_free_bytes,
        )
        channel = EngineChannel(opening, call_timeout_s=call_timeout_s)
        await channel.start()
        return cls(channel, dimensions)

    async def discard(self, reason: str) -> None:
        await self._channel.discard(reason)

    @property
    def rebuilt_because(self) -> str | None:
        return self._channel.rebuilt_because

    async def mark_rebuilt(self) -> None:
        if self._channel.rebuilt_because is not None:
            await self._channel.call("mark_rebuilt")
            self._channel.rebuilt()

    @property
    def process_id(self) -> int | None:
        """The id of the engine process, or None while it restarts."""
        return self._channel.pid

    async def apply(self, changes: Changes) -> None:
        vectors = check_vectors([point.vector for point in changes.upserts], self._dimensions)
        rows = zip(changes.upserts, vectors, strict=True)
        for chunk in chunks(rows, POINTS_PER_REQUEST):
            points = [point for point, _ in chunk]
            await self._channel.call(
                "upsert",
                [point.point_id for point in points],
                np.stack([vector for _, vector in chunk]),
                [to_stored(point.payload) for point in points],
            )
        for updates in chunks(changes.payloads.items(), POINTS_PER_REQUEST):
            stored = {point_id: to_stored(payload) for point_id, payload in updates}
            await self._channel.call("set_payloads", stored)
        for ids in chunks(changes.deletes, IDS_PER_REQUEST):
            await self._channel.call("delete", ids)

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
        """Searches exactly. `width` is ignored, because there is no graph."""
        query = check_vectors([vector], self._dimensions)[0]
        found = await self._channel.call("search", query, limit, list(exclude_products), filter)
        return [
            ScoredPoint(point_id, score, from_stored(stored))
            for point_id, score, stored in found
            if min_score is None or score >= min_score
        ]

    async def similarities(
        self, vectors: Sequence[Vector], point_ids: Sequence[str]
    ) -> list[dict[str, float]]:
        if not vectors or not point_ids:
            return [{} for _ in vectors]
        queries = check_vectors(vectors, self._dimensions)
        answer: list[dict[str, float]] = await self._channel.call(
            "similarities", queries, list(point_ids)
        )
        return answer

    async def payloads(self, point_ids: Sequence[str]) -> dict[str, Payload]:
        found: dict[str, Payload] = {}
        for ids in chunks(point_ids, IDS_PER_REQUEST):
            stored = await self._channel.call("payloads", ids)
            found.update((point_id, from_stored(payload)) for point_id, payload in stored.items())
        return found

    async def vectors(self, point_ids: Sequence[str]) -> dict[str, Vector]:
        found: dict[str, Vector] = {}
        for ids in chunks(point_ids, POINTS_PER_REQUEST):
            found.update(await self._channel.call("vectors", ids))
        return found

    async def sample(self, limit: int) -> list[Point]:
        found: list[Point] = []
        start: str | None = None
        while len(found) < limit:
            chunk = min(POINTS_PER_REQUEST, limit - len(found))
            rows, start = await self._channel.call("points", start, chunk)
            found += [Point(key, vector, from_stored(stored)) for key, vector, stored in rows]
            if start is None:
                break
        return found

    async def newest_products(
        self,
        *,
        limit: int,
        after: tuple[datetime, str] | None = None,
        filter: Filter | None = None,
    ) -> list[Payload]:
        behind = place(*after) if after else None
        stored = await self._channel.call("newest", limit, behind, filter)
        return [from_stored(payload) for payload in stored]

    async def fingerprints(self) -> AsyncIterator[list[ImageFingerprint]]:
        start: str | None = None
        while True:
            rows, start = await self._channel.call("fingerprints", start, IDS_PER_REQUEST)
            found = [to_fingerprint(point_id, stored) for point_id, stored in rows]
            yield [fingerprint for fingerprint in found if fingerprint is not None]
            if start is None:
                return

    async def products_by_id(
        self, *, limit: int, after: str | None = None, filter: Filter | None = None
    ) -> list[Payload]:
        stored = await self._channel.call("by_id", limit, after, filter)
        return [from_stored(payload) for payload in stored]

    async def facet(
        self, attribute: str, *, limit: int, filter: Filter | None = None
    ) -> list[FacetValue]:
        answer: list[FacetValue] = await self._channel.call("facet", attribute, limit, filter)
        return answer

    async def attribute_types(self, *, limit: int) -> dict[str, frozenset[AttributeType]]:
        return read_kinds(await self._channel.call("attribute_kinds", limit))

    async def point_ids(self) -> AsyncIterator[list[str]]:
        start: str | None = None
        while True:
            ids, start = await self._channel.call("point_ids", start, IDS_PER_REQUEST)
            if ids:
                yield ids
            if start is None:
                return

    async def count_products(self, *, filter: Filter | None = None) -> int:
        return int(await self._channel.call("count_products", filter))

    async def count_points(self) -> int:
        return int(await self._channel.call("count_points"))

    async def ping(self) -> None:
        if not self._channel.up:
            raise StoreUnavailable("The embedded vector store is restarting; try again.")
        await self._channel.call("ping", timeout_s=_PING_TIMEOUT_S)

    async def close(self) -> None:
        await self._channel.close()
