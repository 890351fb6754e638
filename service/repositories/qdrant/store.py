"""Implements `VectorStore` on a Qdrant server or cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import numpy as np
from qdrant_client import AsyncQdrantClient, models

from service.core.embedding import Vector
from service.core.filter import Filter
from service.core.index import Changes, FacetValue, ImageFingerprint, Payload, Point, ScoredPoint
from service.core.product import AttributeType
from service.repositories.qdrant.calls import Calls, CollectionGone
from service.repositories.qdrant.collection import (
    MAX_QUERY_LIMIT,
    RANGE_INDEXES,
    Collection,
)
from service.repositories.qdrant.conditions import products_only
from service.repositories.qdrant.lists import Lists
from service.repositories.qdrant.operations import (
    IDS_PER_CALL,
    POINTS_PER_CALL,
    to_operations,
)
from service.repositories.qdrant.searches import ALL_BUT_FILTER, EXACT, Searches
from service.repositories.shared import listing
from service.repositories.shared.chunks import chunks
from service.repositories.shared.filter_payload import (
    HAS,
    MAX_RANGE_INDEXES,
    range_paths,
    read_kinds,
    to_filter_payload,
)
from service.repositories.shared.payload import (
    FINGERPRINT_FIELDS,
    from_stored,
    place,
    to_fingerprint,
)
from service.repositories.shared.vectors import check_vectors

T = TypeVar("T")


class QdrantStore:
    """Creates or checks its collection before the first call, and again after it was deleted."""

    def __init__(
        self,
        collection: Collection,
        *,
        calls: Calls,
        exact_search_max_points: int,
    ) -> None:
        self._collection = collection
        self._name = collection.name
        self._calls = calls
        self._lists = Lists(collection.name, self._call)
        self._searches = Searches(collection, self._call, exact_search_max_points)
        self._opening: asyncio.Task[set[str]] | None = None

    async def open(self) -> set[str]:
        """Creates or checks the collection, unless this was done. Every call begins with this.

        Returns the indexed paths of numbers and dates, to which `apply` adds. After a
        StoreUnavailable, the next call tries again.
        """
        if self._opening is None:
            # All requests share one attempt while the server is away.
            self._opening = asyncio.create_task(
                self._collection.ensure(self._calls), name="collection"
            )
        opening = self._opening
        try:
            return await asyncio.shield(opening)
        finally:
            if opening.done() and (opening.cancelled() or opening.exception()):
                self._opening = None

    async def apply(self, changes: Changes) -> None:
        batches = list(to_operations(changes, self._collection.dimensions))
        await self._index_ranges(
            [*(point.payload for point in changes.upserts), *changes.payloads.values()]
        )
        for operations in batches:
            await self._update(operations)

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
        """Returns at most MAX_QUERY_LIMIT points."""
        query = check_vectors([vector], self._collection.dimensions)[0].tolist()
        points = await self._searches.search(
            query,
            limit=min(limit, MAX_QUERY_LIMIT),
            exclude_products=exclude_products,
            filter=filter,
            width=width,
        )
        return [
            ScoredPoint(str(point.id), point.score, from_stored(point.payload or {}))
            for point in points
            if min_score is None or point.score >= min_score
        ]

    async def similarities(
        self, vectors: Sequence[Vector], point_ids: Sequence[str]
    ) -> list[dict[str, float]]:
        if not vectors or not point_ids:
            return [{} for _ in vectors]
        only = models.Filter(must=[models.HasIdCondition(has_id=list(point_ids))])
        requests = [
            models.QueryRequest(query=row.tolist(), filter=only, limit=len(point_ids), params=EXACT)
            for row in check_vectors(vectors, self._collection.dimensions)
        ]
        answers = await self._call(lambda node: node.query_batch_points(self._name, requests))
        return [{str(point.id): point.score for point in answer.points} for answer in answers]

    async def payloads(self, point_ids: Sequence[str]) -> dict[str, Payload]:
        found: dict[str, Payload] = {}
        for ids in chunks(point_ids, IDS_PER_CALL):
            records = await self._retrieve(ids, with_payload=ALL_BUT_FILTER)
            found.update((str(record.id), from_stored(record.payload or {})) for record in records)
        return found

    async def vectors(self, point_ids: Sequence[str]) -> dict[str, Vector]:
        found: dict[str, Vector] = {}
        for ids in chunks(point_ids, POINTS_PER_CALL):
            records = await self._retrieve(ids, with_payload=False, with_vectors=True)
            found.update(
                (str(record.id), np.array(record.vector, np.float32)) for record in records
            )
        return found

    async def sample(self, limit: int) -> list[Point]:
        found: list[Point] = []
        start = None
        while len(found) < limit:
            records, start = await self._lists.page(
                limit=min(POINTS_PER_CALL, limit - len(found)),
                offset=start,
                with_payload=ALL_BUT_FILTER,
                with_vectors=True,
            )
            found += [
                Point(
                    str(record.id),
                    np.array(record.vector, np.float32),
                    from_stored(record.payload or {}),
                )
                for record in records
            ]
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
        return await self._payloads_of(
            listing.newest(limit, place(*after) if after else None), filter
        )

    async def products_by_id(
        self, *, limit: int, after: str | None = None, filter: Filter | None = None
    ) -> list[Payload]:
        return await self._payloads_of(listing.by_id(limit, after), filter)

    async def facet(
        self, attribute: str, *, limit: int, filter: Filter | None = None
    ) -> list[FacetValue]:
        return await self._lists.facet(attribute, limit, filter)

    async def attribute_types(self, *, limit: int) -> dict[str, frozenset[AttributeType]]:
        return read_kinds(kind for kind, _ in await self._lists.terms(HAS, limit))

    async def fingerprints(self) -> AsyncIterator[list[ImageFingerprint]]:
        async for records in self._lists.scroll(with_payload=FINGERPRINT_FIELDS):
            found = [to_fingerprint(str(record.id), record.payload or {}) for record in records]
            yield [fingerprint for fingerprint in found if fingerprint is not None]

    async def point_ids(self) -> AsyncIterator[list[str]]:
        async for records in self._lists.scroll(with_payload=False):
            if records:
                yield [str(record.id) for record in records]

    async def count_products(self, *, filter: Filter | None = None) -> int:
        return await self._searches.count(count_filter=products_only(filter))

    async def count_points(self) -> int:
        return await self._searches.count()

    async def discard(self, reason: str) -> None:
        await self._call(lambda node: node.delete_collection(self._name))
        self._opening = None

    @property
    def rebuilt_because(self) -> str | None:
        """Always None, because a server repairs its files itself, or does not start."""
        return None

    async def mark_rebuilt(self) -> None:
        return

    async def ping(self) -> None:
        await self._searches.count(exact=False)

    async def close(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
        await self._calls.close()

    async def _call(self, call: Callable[[AsyncQdrantClient], Awaitable[T]]) -> T:
        await self.open()
        try:
            return await self._calls.run(call)
        except CollectionGone:
            self._opening = None
            raise

    async def _index_ranges(self, payloads: Sequence[Payload]) -> None:
        """Creates indexes for ranges before the first such value arrives, when this costs nothing.

        Ranges without an index are exact too, but slower.
        """
        known = await self.open()
        paths = range_paths(to_filter_payload(one.product.attributes) for one in payloads)
        for path, table in paths.items():
            if path not in known and len(known) < MAX_RANGE_INDEXES:
                await self._create_index(path, RANGE_INDEXES[table])
                known.add(path)

    async def _create_index(self, path: str, schema: models.PayloadSchemaType) -> None:
        await self._call(
            lambda node: node.create_payload_index(
                self._name, path, field_schema=schema, wait=False
            )
        )

    async def _update(self, operations: list[models.UpdateOperation]) -> None:
        await self._call(
            lambda node: node.batch_update_points(
                self._name, operations, wait=True, ordering=models.WriteOrdering.MEDIUM
            )
        )

    async def _retrieve(self, ids: list[str], **options: Any) -> list[models.Record]:
        return await self._call(lambda node: node.retrieve(self._name, ids, **options))

    async def _payloads_of(self, plan: listing.Plan, filter: Filter | None) -> list[Payload]:
        ids = await self._lists.run(plan, filter)
        payloads = await self.payloads(ids)
        return [payloads[point_id] for point_id in ids if point_id in payloads]
