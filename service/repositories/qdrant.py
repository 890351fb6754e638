"""The vector store on a Qdrant server or cluster, behind the `VectorStore` seam."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

import httpx
import numpy as np
from qdrant_client import AsyncQdrantClient, models

from service.models import Changes, Payload, ScoredPoint, Vector
from service.repositories import listing
from service.repositories.payload import (
    CREATED_US,
    PRIMARY,
    PRODUCT_ID,
    from_stored,
    place,
)
from service.repositories.qdrant_calls import Calls, CollectionGone
from service.repositories.qdrant_collection import MAX_HNSW_EF, MAX_QUERY_LIMIT, Collection
from service.repositories.qdrant_operations import (
    IDS_PER_CALL,
    POINTS_PER_CALL,
    chunks,
    to_operations,
)
from service.repositories.vectors import check_vectors

_COUNT_AGE_S = 10.0
_LISTED = [CREATED_US, PRODUCT_ID]
_EXACT = models.SearchParams(exact=True)
_GRPC_OPTIONS = {
    # Without these a channel that lost its server waits up to two minutes to try again.
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.min_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 2000,
    "grpc.keepalive_time_ms": 30_000,
}

P = ParamSpec("P")
T = TypeVar("T")


def connect(
    url: str,
    *,
    api_key: str | None = None,
    grpc: bool = True,
    grpc_port: int = 6334,
    timeout_s: int = 5,
) -> AsyncQdrantClient:
    """A client for one event loop; it connects when it is first used."""
    return AsyncQdrantClient(
        url=url,
        api_key=api_key,
        prefer_grpc=grpc,
        grpc_port=grpc_port,
        timeout=timeout_s,
        grpc_options=dict(_GRPC_OPTIONS),
        check_compatibility=False,  # it asks in a thread, and its answer is a warning
        limits=httpx.Limits(max_connections=64, max_keepalive_connections=16),
    )


class QdrantStore:
    """Makes and checks its collection before the first call, again after the server was away."""

    def __init__(
        self,
        client: AsyncQdrantClient,
        collection: Collection,
        *,
        calls: Calls,
        exact_search_max_points: int,
    ) -> None:
        self._client = client
        self._collection = collection
        self._name = collection.name
        self._calls = calls
        self._exact_search_max_points = exact_search_max_points
        self._opening: asyncio.Task[None] | None = None
        self._counted: tuple[float, int] | None = None

    async def open(self) -> None:
        """Makes and checks the collection; every call does so where it was not done yet.

        Raises StoreUnavailable, and the next call tries again.
        """
        if self._opening is None:
            # One for all: a hundred requests that find the server away wait together.
            self._opening = asyncio.create_task(
                self._collection.ensure(self._client, self._calls), name="collection"
            )
        opening = self._opening
        try:
            await asyncio.shield(opening)
        finally:
            if opening.done() and (opening.cancelled() or opening.exception()):
                self._opening = None

    async def apply(self, changes: Changes) -> None:
        for operations in to_operations(changes, self._collection.dimensions):
            await self._call(
                self._client.batch_update_points,
                self._name,
                operations,
                wait=True,
                ordering=models.WriteOrdering.MEDIUM,
            )

    async def search(
        self,
        vector: Vector,
        *,
        limit: int,
        min_score: float | None = None,
        exclude_products: Sequence[str] = (),
        width: int = 128,
    ) -> list[ScoredPoint]:
        """At most MAX_QUERY_LIMIT points."""
        query = check_vectors([vector], self._collection.dimensions)[0]
        found = await self._call(
            self._client.query_points,
            self._name,
            query=query.tolist(),
            limit=min(limit, MAX_QUERY_LIMIT),
            query_filter=_without(exclude_products),
            search_params=await self._search_params(width),
            with_payload=True,
        )
        return [
            ScoredPoint(str(point.id), point.score, from_stored(point.payload or {}))
            for point in found.points
            if min_score is None or point.score >= min_score
        ]

    async def similarities(
        self, vectors: Sequence[Vector], point_ids: Sequence[str]
    ) -> list[dict[str, float]]:
        if not vectors or not point_ids:
            return [{} for _ in vectors]
        only = models.Filter(must=[models.HasIdCondition(has_id=list(point_ids))])
        requests = [
            models.QueryRequest(
                query=row.tolist(), filter=only, limit=len(point_ids), params=_EXACT
            )
            for row in check_vectors(vectors, self._collection.dimensions)
        ]
        answers = await self._call(self._client.query_batch_points, self._name, requests)
        return [{str(point.id): point.score for point in answer.points} for answer in answers]

    async def payloads(self, point_ids: Sequence[str]) -> dict[str, Payload]:
        found: dict[str, Payload] = {}
        for ids in chunks(point_ids, IDS_PER_CALL):
            records = await self._call(self._client.retrieve, self._name, ids)
            found.update((str(record.id), from_stored(record.payload or {})) for record in records)
        return found

    async def vectors(self, point_ids: Sequence[str]) -> dict[str, Vector]:
        found: dict[str, Vector] = {}
        for ids in chunks(point_ids, POINTS_PER_CALL):
            records = await self._call(
                self._client.retrieve, self._name, ids, with_payload=False, with_vectors=True
            )
            found.update(
                (str(record.id), np.array(record.vector, np.float32)) for record in records
            )
        return found

    async def newest_products(
        self, *, limit: int, after: tuple[datetime, str] | None = None
    ) -> list[Payload]:
        plan = listing.newest(limit, place(*after) if after else None)
        try:
            question = next(plan)
            while True:
                question = plan.send(await self._answer(question))
        except StopIteration as end:
            ids = [item.point_id for item in end.value]
        payloads = await self.payloads(ids)
        return [payloads[point_id] for point_id in ids if point_id in payloads]

    async def point_ids(self) -> AsyncIterator[list[str]]:
        async for records in self._scroll(with_payload=False):
            if records:
                yield [str(record.id) for record in records]

    async def count_products(self) -> int:
        primary = models.FieldCondition(key=PRIMARY, match=models.MatchValue(value=True))
        return await self._count(count_filter=models.Filter(must=[primary]))

    async def count_points(self) -> int:
        return await self._count()

    async def ping(self) -> None:
        await self._count(exact=False)

    async def close(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
        await self._client.close()

    async def _call(
        self, call: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        await self.open()
        try:
            return await self._calls.run(call, *args, **kwargs)
        except CollectionGone:
            self._opening = None
            raise

    async def _count(self, **options: Any) -> int:
        return (await self._call(self._client.count, self._name, **options)).count

    async def _search_params(self, width: int) -> models.SearchParams:
        """Exact while the collection is small; the graph's scores are exact as well: rescored."""
        if await self._size() <= self._exact_search_max_points:
            return _EXACT
        quantized = self._collection.quantization != "none"
        rescored = models.QuantizationSearchParams(rescore=True, oversampling=2.0)
        return models.SearchParams(
            hnsw_ef=min(width, MAX_HNSW_EF), quantization=rescored if quantized else None
        )

    async def _size(self) -> int:
        """Of a few seconds ago: a search does not wait for a second call."""
        now = time.monotonic()
        if self._counted is None or now - self._counted[0] > _COUNT_AGE_S:
            self._counted = (now, await self._count(exact=False))
        return self._counted[1]

    async def _answer(self, question: listing.Question) -> list[listing.Listed]:
        if isinstance(question, listing.AtTime):
            at = models.FieldCondition(
                key=CREATED_US, match=models.MatchValue(value=question.created_us)
            )
            pages = self._scroll(scroll_filter=models.Filter(must=[at]), with_payload=_LISTED)
            return [_listed(record) async for records in pages for record in records]
        descending = models.OrderBy(
            key=CREATED_US, direction=models.Direction.DESC, start_from=question.created_us
        )
        records, _ = await self._call(
            self._client.scroll,
            self._name,
            order_by=descending,
            limit=question.limit,
            with_payload=_LISTED,
        )
        return [_listed(record) for record in records]

    async def _scroll(self, **options: Any) -> AsyncIterator[list[models.Record]]:
        start = None
        while True:
            records, start = await self._call(
                self._client.scroll, self._name, limit=IDS_PER_CALL, offset=start, **options
            )
            yield records
            if start is None:
                return


def _without(product_ids: Sequence[str]) -> models.Filter | None:
    if not product_ids:
        return None
    match = models.MatchAny(any=list(product_ids))
    return models.Filter(must_not=[models.FieldCondition(key=PRODUCT_ID, match=match)])


def _listed(record: models.Record) -> listing.Listed:
    payload = record.payload or {}
    return listing.Listed(payload[CREATED_US], payload[PRODUCT_ID], str(record.id))
