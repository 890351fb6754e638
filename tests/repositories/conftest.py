"""Provides the vector stores for the contract suites: the fixture `store` is an empty one.

They are the embedded engine in its process, the store for servers on the client's in-memory mode,
and a real server if QDRANT_TEST_URL names one.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from qdrant_client import AsyncQdrantClient

from service.core.index import Changes
from service.core.interfaces import VectorStore
from service.repositories.edge.store import EdgeStore
from service.repositories.qdrant.calls import Calls
from service.repositories.qdrant.collection import Collection
from service.repositories.qdrant.nodes import connect
from service.repositories.qdrant.store import QdrantStore
from tests.repositories.points import DIMENSIONS

SERVER_URL = os.environ.get("QDRANT_TEST_URL")


async def open_edge(directory: Path) -> VectorStore:
    return await EdgeStore.open(
        directory, collection="contract", dimensions=DIMENSIONS, fingerprint="f"
    )


async def open_memory(directory: Path) -> VectorStore:
    return on_server(AsyncQdrantClient(location=":memory:"))


async def open_server(directory: Path) -> VectorStore:
    if SERVER_URL is None:
        pytest.skip("QDRANT_TEST_URL names no server")
    return on_server(connect(SERVER_URL))


def on_server(client: AsyncQdrantClient) -> QdrantStore:
    collection = Collection(
        name=f"contract-{uuid.uuid4().hex}", dimensions=DIMENSIONS, fingerprint="f"
    )
    calls = Calls([client], timeout_s=5)
    return QdrantStore(collection, calls=calls, exact_search_max_points=20_000)


@pytest_asyncio.fixture(
    scope="module",
    loop_scope="module",
    params=[open_edge, open_memory, open_server],
    ids=["edge", "memory", "server"],
)
async def opened(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[VectorStore]:
    opener: Callable[[Path], Awaitable[VectorStore]] = request.param
    store = await opener(tmp_path_factory.mktemp("vectors"))
    yield store
    await store.close()


@pytest_asyncio.fixture(loop_scope="module")
async def store(opened: VectorStore) -> AsyncIterator[VectorStore]:
    yield opened
    left = [point_id async for chunk in opened.point_ids() for point_id in chunk]
    await opened.apply(Changes(deletes=tuple(left)))
