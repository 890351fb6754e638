"""The store for Qdrant servers works over gRPC, with a local fake server."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
import pytest_asyncio
from qdrant_client import grpc as messages
from qdrant_client.grpc.collections_service_pb2_grpc import (
    CollectionsServicer,
    add_CollectionsServicer_to_server,
)
from qdrant_client.grpc.points_service_pb2_grpc import PointsServicer, add_PointsServicer_to_server

from service.bootstrap.stores import open_index
from service.config import Settings
from service.core.errors import StoreUnavailable
from service.core.index import Changes
from service.repositories.qdrant.calls import Calls
from service.repositories.qdrant.collection import Collection
from service.repositories.qdrant.nodes import connect
from service.repositories.qdrant.store import QdrantStore
from tests.repositories.points import DIMENSIONS, axis, make_point


class FakeCollections(CollectionsServicer):
    """Remembers the one collection that was made."""

    def __init__(self) -> None:
        self.made: Any = None

    async def CollectionExists(self, request: Any, context: Any) -> Any:
        return messages.CollectionExistsResponse(
            result=messages.CollectionExists(exists=self.made is not None)
        )

    async def Create(self, request: Any, context: Any) -> Any:
        self.made = request
        return messages.CollectionOperationResponse(result=True)

    async def Get(self, request: Any, context: Any) -> Any:
        config = messages.CollectionConfig(
            params=messages.CollectionParams(vectors_config=self.made.vectors_config),
            hnsw_config=messages.HnswConfigDiff(m=16, ef_construct=128, full_scan_threshold=1),
            optimizer_config=messages.OptimizersConfigDiff(
                deleted_threshold=0.2,
                vacuum_min_vector_number=1000,
                default_segment_number=0,
                flush_interval_sec=5,
            ),
            wal_config=messages.WalConfigDiff(wal_capacity_mb=32, wal_segments_ahead=0),
            metadata=self.made.metadata,
        )
        return messages.GetCollectionInfoResponse(
            result=messages.CollectionInfo(status=messages.CollectionStatus.Green, config=config)
        )


class FakePoints(PointsServicer):
    """Answers, or fails as it is told."""

    def __init__(self) -> None:
        self.failures: deque[tuple[grpc.StatusCode, tuple[tuple[str, str], ...]]] = deque()
        self.calls: list[str] = []

    async def _called(self, name: str, context: Any) -> None:
        self.calls.append(name)
        if self.failures:
            code, metadata = self.failures.popleft()
            await context.abort(code, "told to fail", metadata)

    async def CreateFieldIndex(self, request: Any, context: Any) -> Any:
        await self._called("index", context)
        return messages.PointsOperationResponse(result=messages.UpdateResult(status=2))

    async def Count(self, request: Any, context: Any) -> Any:
        await self._called("count", context)
        return messages.CountResponse(result=messages.CountResult(count=7))

    async def UpdateBatch(self, request: Any, context: Any) -> Any:
        await self._called("update", context)
        return messages.UpdateBatchResponse(result=[messages.UpdateResult(status=2)])


class FakeServer:
    """The two services on a port that stays the same over a restart."""

    def __init__(self) -> None:
        self.collections = FakeCollections()
        self.points = FakePoints()
        self.port = 0

    async def start(self) -> None:
        self._server = grpc.aio.server()
        add_CollectionsServicer_to_server(self.collections, self._server)
        add_PointsServicer_to_server(self.points, self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop(grace=None)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[FakeServer]:
    server = FakeServer()
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def store(server: FakeServer) -> AsyncIterator[QdrantStore]:
    client = connect("http://127.0.0.1:6333", grpc_port=server.port, timeout_s=5)
    store = QdrantStore(
        Collection("c", DIMENSIONS, "f", quantization="turbo4"),
        calls=Calls([client], timeout_s=5, pauses_s=[0.2, 0.4, 0.8]),
        exact_search_max_points=0,
    )
    yield store
    await store.close()


async def test_the_collection_is_made_over_grpc(server: FakeServer, store: QdrantStore) -> None:
    await store.apply(Changes(upserts=(make_point("p", axis(0)),)))
    made = server.collections.made
    assert made.vectors_config.params.size == DIMENSIONS
    assert made.metadata["fingerprint"].string_value == "f"
    assert made.quantization_config.HasField("turboquant")
    assert set(server.points.calls[:-1]) == {"index"}
    assert server.points.calls[-1] == "update"


@pytest.mark.parametrize(
    ("code", "metadata"),
    [
        (grpc.StatusCode.UNAVAILABLE, ()),
        (grpc.StatusCode.DEADLINE_EXCEEDED, ()),
        (grpc.StatusCode.INTERNAL, ()),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, ()),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, (("retry-after", "1"),)),
    ],
)
async def test_what_may_pass_is_tried_again(
    server: FakeServer,
    store: QdrantStore,
    code: grpc.StatusCode,
    metadata: tuple[tuple[str, str], ...],
) -> None:
    await store.open()
    server.points.failures.append((code, metadata))
    assert await store.count_points() == 7
    assert server.points.calls[-2:] == ["count", "count"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, "told to fail"),
        (grpc.StatusCode.UNAUTHENTICATED, "QDRANT_API_KEY"),
        (grpc.StatusCode.PERMISSION_DENIED, "QDRANT_API_KEY"),
        (grpc.StatusCode.NOT_FOUND, "has lost the collection"),
    ],
)
async def test_a_refusal_is_not_repeated(
    server: FakeServer, store: QdrantStore, code: grpc.StatusCode, words: str
) -> None:
    await store.open()
    server.points.failures.append((code, ()))
    with pytest.raises(StoreUnavailable, match=words):
        await store.count_points()
    assert server.points.calls[-1:] == ["count"]
    assert await store.count_points() == 7


async def test_a_server_that_returns_is_used_again(server: FakeServer, store: QdrantStore) -> None:
    assert await store.count_points() == 7
    await server.stop()
    with pytest.raises(StoreUnavailable, match="UNAVAILABLE"):
        await store.ping()
    await server.start()
    assert await store.count_points() == 7


async def test_another_node_of_the_setting_answers_where_the_first_is_away(
    server: FakeServer,
) -> None:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]  # an option of the settings library
        qdrant_url="http://127.0.0.2:6333, http://127.0.0.1:6333",
        qdrant_grpc_port=server.port,
    )
    store = await open_index(settings, "f", DIMENSIONS)
    assert await store.count_points() == 7
    await store.close()
