"""A cluster stays usable while some of its nodes are away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from service.core.errors import StoreUnavailable
from service.core.index import Changes
from service.repositories.qdrant.calls import Calls
from service.repositories.qdrant.collection import Collection
from service.repositories.qdrant.nodes import REST_S, Nodes
from service.repositories.qdrant.store import QdrantStore
from tests.repositories.points import DIMENSIONS, axis, make_point
from tests.repositories.qdrant.fake_rest import Failure, FakeRest, failing

DEAD = [
    pytest.param(httpx.ConnectError, id="refuses connections"),
    pytest.param(httpx.ReadTimeout, id="hangs"),
    pytest.param(failing(503), id="answers 503"),
]


@pytest.fixture
def servers() -> list[FakeRest]:
    return [FakeRest(fingerprint="f") for _ in range(3)]


@pytest_asyncio.fixture
async def store(servers: list[FakeRest]) -> AsyncIterator[QdrantStore]:
    clients = [server.client() for server in servers]
    store = QdrantStore(
        Collection("c", DIMENSIONS, "f"),
        calls=Calls(clients, timeout_s=5, pauses_s=[0.0]),
        exact_search_max_points=100,
    )
    await store.open()
    yield store
    await store.close()


async def read_and_write(store: QdrantStore) -> None:
    await store.apply(Changes(upserts=(make_point("p", axis(0)),)))
    await store.search(axis(0), limit=3)
    await store.count_points()


@pytest.mark.parametrize("failure", DEAD)
@pytest.mark.parametrize("dead", range(3))
async def test_no_call_fails_while_one_node_is_dead(
    servers: list[FakeRest], store: QdrantStore, failure: Failure, dead: int
) -> None:
    servers[dead].down = failure
    await asyncio.gather(*(read_and_write(store) for _ in range(5)))


async def test_a_dead_node_gets_no_further_calls(
    servers: list[FakeRest], store: QdrantStore
) -> None:
    servers[0].down = httpx.ConnectError
    await store.count_points()
    servers[0].requests.clear()
    await read_and_write(store)
    assert servers[0].requests == []
    assert servers[1].requests


async def test_two_dead_nodes_are_passed_over_in_one_call(
    servers: list[FakeRest], store: QdrantStore
) -> None:
    servers[0].down = servers[1].down = httpx.ConnectError
    await store.count_points()
    assert servers[2].requests == [("POST", "/points/count")]


async def test_a_refused_call_is_not_sent_to_another_node(
    servers: list[FakeRest], store: QdrantStore
) -> None:
    servers[0].failures.append(failing(400))
    with pytest.raises(StoreUnavailable, match="status 400"):
        await store.count_points()
    assert servers[1].requests == []


async def test_all_nodes_dead_is_an_outage_that_ends_with_the_first_of_them(
    servers: list[FakeRest], store: QdrantStore
) -> None:
    for server in servers:
        server.down = httpx.ConnectError
    with pytest.raises(StoreUnavailable):
        await store.count_points()
    servers[2].down = None
    for _ in range(3):  # each attempt tries at most two of the resting nodes
        try:
            await store.count_points()
        except StoreUnavailable:
            continue
        break
    else:
        pytest.fail("the node that returned was not used")


def test_a_node_that_failed_is_left_alone_for_a_while() -> None:
    time_s = 0.0
    clients = [FakeRest().client(), FakeRest().client()]
    nodes = Nodes(clients, now=lambda: time_s)
    assert nodes.failed(clients[0])
    assert nodes.current is clients[1]
    time_s = 1.0
    assert not nodes.failed(clients[1])
    assert nodes.current is clients[0]
    time_s = 1.0 + REST_S
    assert nodes.failed(clients[0])
    assert nodes.current is clients[1]


def test_a_late_failure_of_another_node_changes_nothing() -> None:
    clients = [FakeRest().client(), FakeRest().client()]
    nodes = Nodes(clients)
    nodes.failed(clients[0])
    assert nodes.failed(clients[0])
    assert nodes.current is clients[1]
