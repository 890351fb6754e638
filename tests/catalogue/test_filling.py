"""An index that lost its points fills itself, in the embedded engine and on a server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from qdrant_client import AsyncQdrantClient

from service.catalogue.maintenance import Maintenance
from service.core.index import Changes
from service.core.interfaces import VectorStore
from service.core.product import ProductFields
from service.core.query import Ranking
from service.repositories.edge.store import EdgeStore
from service.repositories.qdrant.calls import Calls
from service.repositories.qdrant.collection import Collection
from service.repositories.qdrant.store import QdrantStore
from tests.fakes import SIGNALS
from tests.house import House

DIMENSIONS = sum(signal.dimensions for signal in SIGNALS)
NAME = "products-test"

Lose = Callable[[], Awaitable[None]]


@asynccontextmanager
async def embedded(directory: Path) -> AsyncIterator[tuple[VectorStore, Lose]]:
    store = await EdgeStore.open(
        directory, collection=NAME, dimensions=DIMENSIONS, fingerprint="f", min_free_bytes=0
    )

    async def delete_all() -> None:
        async for ids in store.point_ids():
            await store.apply(Changes(deletes=tuple(ids)))

    yield store, delete_all
    await store.close()


@asynccontextmanager
async def server(directory: Path) -> AsyncIterator[tuple[VectorStore, Lose]]:
    client = AsyncQdrantClient(location=":memory:")
    collection = Collection(name=NAME, dimensions=DIMENSIONS, fingerprint="f")
    calls = Calls([client], timeout_s=5)
    store = QdrantStore(collection, calls=calls, exact_search_max_points=100)

    async def drop_collection() -> None:
        await client.delete_collection(NAME)
        await collection.ensure(calls)  # as another service would

    yield store, drop_collection
    await store.close()


@pytest.mark.parametrize("opened", [embedded, server])
async def test_a_lost_index_fills_itself(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    opened: Callable[[Path], AsyncIterator[tuple[VectorStore, Lose]]],
) -> None:
    monkeypatch.setattr("service.catalogue.maintenance.INTERVAL_S", 0.05)
    async with opened(tmp_path) as (store, lose):
        house = House(store=store)
        for name in "abcd":
            await house.catalogue.create(name, ProductFields(name, "", {}), [name.encode()])
        work = Maintenance(house.catalogue, house.indexer, house.records, store)
        await work.prepare()
        running = asyncio.create_task(work.run())

        await lose()
        while await store.count_products() < 4:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

        running.cancel()
        assert (await house.search.similar("a", Ranking())).hits != ()
