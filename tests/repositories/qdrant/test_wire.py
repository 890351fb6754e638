"""Calls of a Qdrant server are repeated if that may help, and fail with a clear error otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from service.core.errors import StoreUnavailable
from service.core.index import Changes
from service.repositories.qdrant.calls import Calls
from service.repositories.qdrant.collection import Collection, Quantization
from service.repositories.qdrant.store import QdrantStore
from service.repositories.shared.filter_payload import HAS, ORDER_PATHS, TERM_PATHS, number_path
from tests.repositories.points import DIMENSIONS, axis, clustered, make_point
from tests.repositories.qdrant.fake_rest import Failure, FakeRest, failing

FIXED_INDEXES = {"product_id", "name", "created_us", HAS, *TERM_PATHS, *ORDER_PATHS}


def store_on(
    server: FakeRest,
    *,
    quantization: Quantization = "none",
    exact_search_max_points: int = 20_000,
    attempts: int = 3,
) -> QdrantStore:
    collection = Collection("c", DIMENSIONS, "f", 3, 2, 2, quantization)
    return QdrantStore(
        collection,
        calls=Calls([server.client()], timeout_s=5, pauses_s=[0.0] * (attempts - 1)),
        exact_search_max_points=exact_search_max_points,
    )


@pytest.fixture
def server() -> FakeRest:
    return FakeRest()


@pytest_asyncio.fixture
async def store(server: FakeRest) -> AsyncIterator[QdrantStore]:
    store = store_on(server)
    yield store
    await store.close()


PASSING = [
    pytest.param(httpx.ConnectError, id="no connection"),
    pytest.param(httpx.ConnectTimeout, id="no connection in time"),
    pytest.param(httpx.ReadTimeout, id="no answer in time"),
    pytest.param(httpx.RemoteProtocolError, id="connection lost"),
    pytest.param(httpx.ReadError, id="connection reset"),
    pytest.param(failing(429), id="429"),
    pytest.param(failing(429, **{"Retry-After": "0"}), id="429 with a time"),
    pytest.param(failing(500), id="500"),
    pytest.param(failing(502), id="502"),
    pytest.param(failing(503), id="503"),
]


@pytest.mark.parametrize("failure", PASSING)
async def test_what_may_pass_is_tried_again(
    server: FakeRest, store: QdrantStore, failure: Failure
) -> None:
    point = make_point("p", axis(0))
    await store.apply(Changes(upserts=(point,)))
    server.requests.clear()
    server.failures.extend([failure, failure])
    await store.apply(Changes(upserts=(point,)))
    assert [path for _, path in server.requests].count("/points/batch") == 3


@pytest.mark.parametrize("failure", PASSING)
async def test_what_does_not_pass_is_unavailable_until_it_does(
    server: FakeRest, store: QdrantStore, failure: Failure
) -> None:
    server.down = failure
    with pytest.raises(StoreUnavailable) as raised:
        await store.search(axis(0), limit=1)
    assert raised.value.__cause__ is not None
    with pytest.raises(StoreUnavailable):
        await store.ping()
    server.down = None
    await store.ping()
    assert await store.search(axis(0), limit=1) == []


@pytest.mark.parametrize("status", [400, 401, 403, 422])
async def test_a_refusal_is_not_repeated(server: FakeRest, store: QdrantStore, status: int) -> None:
    await store.open()
    before = len(server.requests)
    server.down = failing(status)
    with pytest.raises(StoreUnavailable) as raised:
        await store.count_points()
    assert len(server.requests) == before + 1
    assert ("QDRANT_API_KEY" in raised.value.detail) == (status in (401, 403))


async def test_callers_who_find_the_server_away_wait_for_one_attempt(
    server: FakeRest, store: QdrantStore
) -> None:
    server.down = httpx.ConnectError
    results = await asyncio.gather(
        *(store.count_points() for _ in range(50)), return_exceptions=True
    )
    assert all(isinstance(result, StoreUnavailable) for result in results)
    assert len(server.requests) == 3


async def test_a_caller_who_leaves_does_not_stop_the_others(
    server: FakeRest, store: QdrantStore
) -> None:
    first, second = (asyncio.create_task(store.count_points()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 0


async def test_the_collection_is_made_with_its_indexes_before_any_point(
    server: FakeRest, store: QdrantStore
) -> None:
    await store.apply(Changes(upserts=(make_point("p", axis(0)),)))
    made = server.collection
    assert made is not None
    assert made["vectors"] == {"size": DIMENSIONS, "distance": "Dot"}
    assert made["hnsw_config"] == {"m": 16, "ef_construct": 128}
    assert (made["shard_number"], made["replication_factor"]) == (3, 2)
    assert made["write_consistency_factor"] == 2
    assert made["metadata"]["fingerprint"] == "f"
    assert made["strict_mode_config"]["enabled"] is True
    assert set(server.indexes) > FIXED_INDEXES
    assert server.indexes[number_path("price")] == "float"
    paths = [path for _, path in server.requests]
    assert paths.index("/points/batch") > max(n for n, p in enumerate(paths) if p == "/index")


async def test_a_service_that_came_second_takes_the_collection_of_the_first(
    server: FakeRest, store: QdrantStore
) -> None:
    other = store_on(server)
    await asyncio.gather(store.ping(), other.ping())
    assert set(server.indexes) == FIXED_INDEXES
    await other.close()


async def test_a_collection_of_other_encoders_is_refused_until_it_is_gone() -> None:
    server = FakeRest(fingerprint="another")
    store = store_on(server)
    with pytest.raises(StoreUnavailable, match="COLLECTION_PREFIX"):
        await store.search(axis(0), limit=1)
    server.collection = None
    assert await store.search(axis(0), limit=1) == []
    await store.close()


async def test_a_collection_of_another_size_is_refused() -> None:
    server = FakeRest(fingerprint="f")
    assert server.collection is not None
    server.collection["vectors"]["size"] = 3
    store = store_on(server)
    with pytest.raises(StoreUnavailable, match=f"{DIMENSIONS} numbers"):
        await store.ping()
    await store.close()


async def test_a_collection_that_was_deleted_is_told_of_and_made_again(
    server: FakeRest, store: QdrantStore
) -> None:
    await store.ping()
    server.collection = None
    with pytest.raises(StoreUnavailable, match="has lost the collection"):
        await store.ping()
    assert await store.count_points() == 0


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("none", None),
        ("int8", {"scalar": {"type": "int8", "always_ram": True}}),
        ("turbo4", {"turbo": {"bits": "bits4", "always_ram": True}}),
    ],
)
async def test_quantized_searches_are_rescored(
    server: FakeRest, name: Quantization, config: Any
) -> None:
    store = store_on(server, quantization=name, exact_search_max_points=-1)
    await store.search(axis(0), limit=5, width=256)
    await store.close()
    assert server.collection is not None
    assert server.collection.get("quantization_config") == config
    params = server.bodies[-1]["params"]
    assert params["hnsw_ef"] == 256
    if config is None:
        assert "quantization" not in params
    else:
        assert (params["quantization"]["rescore"], params["quantization"]["oversampling"]) == (
            True,
            2.0,
        )


async def test_a_search_keeps_to_the_limits_of_its_collection(server: FakeRest) -> None:
    store = store_on(server, exact_search_max_points=-1)
    await store.search(axis(0), limit=30_000, width=30_000)
    await store.close()
    assert server.collection is not None
    limits = server.collection["strict_mode_config"]
    assert server.bodies[-1]["params"]["hnsw_ef"] == limits["search_max_hnsw_ef"]
    assert server.bodies[-1]["limit"] <= limits["max_query_limit"]


async def test_small_collections_are_scanned(server: FakeRest, store: QdrantStore) -> None:
    await store.search(axis(0), limit=5)
    assert server.bodies[-1]["params"]["exact"] is True


async def test_changes_of_one_product_are_one_batch_and_many_are_split(
    server: FakeRest, store: QdrantStore
) -> None:
    points = [make_point(f"p{n}", vector) for n, vector in enumerate(clustered(130))]
    await store.apply(
        Changes(
            upserts=tuple(points[:3]),
            payloads={points[4].point_id: points[4].payload},
            deletes=(points[5].point_id,),
        )
    )
    (batch,) = [body for body in server.bodies if body and "operations" in body]
    assert [next(iter(operation)) for operation in batch["operations"]] == [
        "upsert",
        "overwrite_payload",
        "delete",
    ]
    server.bodies.clear()
    await store.apply(Changes(upserts=tuple(points)))
    sizes = [len(body["operations"][0]["upsert"]["points"]) for body in server.bodies]
    assert sizes == [64, 64, 2]
