"""Concurrent requests share passes; whatever goes wrong stays with its own item."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from service.core.embedding import Priority
from service.core.errors import Overloaded, Starting, Unavailable
from service.embedding.inference import cores
from service.embedding.inference.batcher import Batcher
from service.embedding.inference.cores import Share
from service.embedding.inference.forward_pass import Kind, Result
from tests.embedding.encoders import (
    DEADLY,
    NAN,
    POISON,
    ScriptedEncoder,
    ScriptedTextEncoder,
    direction,
    item,
    until,
)
from tests.fakes import SEMANTIC, VISUAL


class Bench:
    """A batcher over scripted encoders, and a hand on the first one's gate."""

    def __init__(
        self,
        *,
        semantic: ScriptedTextEncoder | None = None,
        visual: ScriptedEncoder | None = None,
        **options: float,
    ) -> None:
        self.now = 0.0
        self.semantic = semantic or ScriptedTextEncoder("semantic")
        self.visual = visual or ScriptedEncoder("visual")
        self.batcher = Batcher(
            {SEMANTIC: self.semantic, VISUAL: self.visual},
            clock=lambda: self.now,
            **options,  # type: ignore[arg-type]  # a few numbers by name
        )
        self.batcher.start()

    def send(self, number: int, priority: Priority = Priority.SEARCH) -> asyncio.Task[Result]:
        return asyncio.create_task(self.batcher.submit(Kind.IMAGE, item(number), priority))

    def say(self, text: str) -> asyncio.Task[Result]:
        return asyncio.create_task(self.batcher.submit(Kind.TEXT, text))

    async def busy(self, number: int = 0) -> asyncio.Task[Result]:
        """Holds the worker in a pass of one item, until the gate opens."""
        self.semantic.gate.clear()
        task = self.send(number)
        await asyncio.to_thread(self.semantic.entered.acquire)
        return task

    async def queued(self, depth: int) -> None:
        await until(lambda: self.batcher.depth == depth)

    async def open(self, *tasks: Awaitable[Result]) -> list[Result | BaseException]:
        self.semantic.gate.set()
        return await asyncio.gather(*tasks, return_exceptions=True)


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench(max_items=4, queue_max_items=8)
    yield made
    made.semantic.gate.set()
    await made.batcher.close()


async def test_a_lone_request_goes_at_once_through_both_encoders(bench: Bench) -> None:
    result = await bench.send(3)
    assert np.allclose(result[SEMANTIC], direction(3))
    assert np.allclose(result[VISUAL], direction(3))
    assert bench.semantic.batches == bench.visual.batches == [[3]]


async def test_what_waits_shares_a_pass_up_to_the_limit(bench: Bench) -> None:
    first = await bench.busy()
    tasks = [bench.send(number) for number in range(1, 7)]
    await bench.queued(6)
    results = await bench.open(first, *tasks)
    assert bench.semantic.batches == bench.visual.batches == [[0], [1, 2, 3, 4], [5, 6]]
    for number, result in enumerate(results):
        assert isinstance(result, dict)
        assert np.allclose(result[VISUAL], direction(number))
    assert bench.batcher.stats.batch_sizes == {1: 1, 4: 1, 2: 1}


async def test_texts_share_a_pass_with_texts_only(bench: Bench) -> None:
    first = await bench.busy()
    tasks = [bench.send(1), bench.say("2"), bench.send(3), bench.say("4")]
    await bench.queued(4)
    results = await bench.open(first, *tasks)
    assert sorted(bench.semantic.batches) == [[0], [1, 3], [2, 4]]
    assert bench.visual.batches == [[0], [1, 3]]
    assert isinstance(results[2], dict)
    assert set(results[2]) == {SEMANTIC}


async def test_a_search_does_not_wait_for_a_bulk_pass(bench: Bench) -> None:
    bench.semantic.gate.clear()
    bulk = bench.send(1, Priority.BULK)
    await asyncio.to_thread(bench.semantic.entered.acquire)
    search = bench.send(9)
    await asyncio.to_thread(bench.semantic.entered.acquire)
    results = await bench.open(search, bulk)
    for number, result in zip((9, 1), results, strict=True):
        assert isinstance(result, dict)
        assert np.allclose(result[VISUAL], direction(number))


async def test_bulk_workers_run_side_by_side() -> None:
    bench = Bench(bulk_workers=2)
    bench.semantic.gate.clear()
    tasks = []
    for number in (1, 2):
        tasks.append(bench.send(number, Priority.BULK))
        await asyncio.to_thread(bench.semantic.entered.acquire)
    assert bench.semantic.batches == [[1], [2]]
    assert all(isinstance(result, dict) for result in await bench.open(*tasks))
    await bench.batcher.close()


class Noting(ScriptedTextEncoder):
    """Notes in which share and thread each number's pass runs."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.shares: dict[int, Share] = {}
        self.threads: dict[int, int] = {}

    def _answer(self, numbers: list[int]) -> NDArray[np.float32]:
        self.shares[numbers[0]] = cores.current()
        self.threads[numbers[0]] = threading.get_ident()
        return super()._answer(numbers)


async def test_a_search_has_half_of_the_cores_for_each_model_and_bulk_work_what_is_left() -> None:
    semantic, visual = Noting("semantic"), Noting("visual")
    bench = Bench(semantic=semantic, visual=visual, bulk_workers=2)
    semantic.gate.clear()
    tasks = []
    for number, priority in ((1, Priority.SEARCH), (2, Priority.BULK), (3, Priority.BULK)):
        tasks.append(bench.send(number, priority))
        await asyncio.to_thread(semantic.entered.acquire)
    await bench.open(*tasks)
    await bench.batcher.close()
    # The first bulk picture came while no other was there.
    expected = {1: Share.HALF, 2: Share.HALF, 3: Share.BACKGROUND}
    assert semantic.shares == visual.shares == expected
    same_thread = {n for n in expected if semantic.threads[n] == visual.threads[n]}
    assert same_thread == {3}


async def test_a_search_that_fails_beside_a_bulk_pass_fails_alone(bench: Bench) -> None:
    bench.semantic.gate.clear()
    bulk = bench.send(1, Priority.BULK)
    await asyncio.to_thread(bench.semantic.entered.acquire)
    results = await bench.open(bench.send(POISON), bulk)
    assert [type(result) for result in results] == [Unavailable, dict]
    await until(lambda: bench.batcher.busy_s == 0)


async def test_a_search_that_kills_its_worker_leaves_the_bulk_pass_alone(bench: Bench) -> None:
    bench.semantic.gate.clear()
    bulk = bench.send(1, Priority.BULK)
    await asyncio.to_thread(bench.semantic.entered.acquire)
    results = await bench.open(bench.send(DEADLY), bulk)
    assert [type(result) for result in results] == [Unavailable, dict]
    assert isinstance(await bench.send(5), dict)


async def test_a_bulk_worker_that_dies_is_replaced(bench: Bench) -> None:
    with pytest.raises(Unavailable):
        await bench.send(DEADLY, Priority.BULK)
    assert isinstance(await bench.send(5, Priority.BULK), dict)
    assert bench.batcher.stats.restarts == 1
    assert bench.batcher.alive


async def test_a_full_queue_refuses_at_once_and_says_when_to_come_back(bench: Bench) -> None:
    first = await bench.busy()
    tasks = [bench.send(number) for number in range(1, 9)]
    await bench.queued(8)
    with pytest.raises(Overloaded) as caught:
        await bench.send(99)
    assert caught.value.retry_after_s >= 1
    assert bench.batcher.stats.rejected == 1
    assert all(isinstance(result, dict) for result in await bench.open(first, *tasks))


async def test_bulk_work_alone_cannot_fill_the_queue(bench: Bench) -> None:
    bench.semantic.gate.clear()
    tasks = [bench.send(0, Priority.BULK)]
    await asyncio.to_thread(bench.semantic.entered.acquire)
    tasks += [bench.send(number, Priority.BULK) for number in range(1, 7)]
    await bench.queued(6)
    with pytest.raises(Overloaded):
        await bench.send(99, Priority.BULK)
    search = bench.send(50)
    await asyncio.to_thread(bench.semantic.entered.acquire)
    assert bench.semantic.batches == [[0], [50]]
    assert all(isinstance(result, dict) for result in await bench.open(search, *tasks))


async def test_waiting_too_long_ends_the_wait_and_costs_no_pass() -> None:
    bench = Bench(max_items=4, queue_timeout_s=0.05)
    first = await bench.busy()
    late = bench.send(1)
    with pytest.raises(Overloaded, match="longer than"):
        await late
    assert bench.batcher.depth == 0
    await bench.open(first)
    await bench.batcher.close()
    assert bench.semantic.batches == [[0]]
    assert bench.batcher.stats.timed_out == 1


async def test_a_pass_under_way_is_not_timed_out() -> None:
    bench = Bench(queue_timeout_s=0.02)
    first = await bench.busy()
    with pytest.raises(Overloaded):
        await bench.send(1)
    assert isinstance((await bench.open(first))[0], dict)
    await bench.batcher.close()


async def test_a_cancelled_request_costs_no_pass(bench: Bench) -> None:
    first = await bench.busy()
    gone, stays = bench.send(1), bench.send(2)
    await bench.queued(2)
    gone.cancel()
    await bench.queued(1)
    await bench.open(first, gone, stays)
    assert bench.semantic.batches == [[0], [2]]


async def test_an_item_that_fails_fails_alone(bench: Bench) -> None:
    first = await bench.busy()
    tasks = [bench.send(number) for number in (1, POISON, 3)]
    await bench.queued(3)
    results = await bench.open(first, *tasks)
    assert [isinstance(result, dict) for result in results] == [True, True, False, True]
    assert isinstance(results[2], Unavailable)
    assert bench.semantic.batches[1:] == [[1, POISON, 3], [1], [POISON], [3]]
    assert bench.batcher.alive


async def test_a_vector_that_is_not_finite_fails_its_item_alone(bench: Bench) -> None:
    first = await bench.busy()
    tasks = [bench.send(number) for number in (1, NAN)]
    await bench.queued(2)
    results = await bench.open(first, *tasks)
    assert isinstance(results[1], dict)
    assert isinstance(results[2], Unavailable)


async def test_a_worker_that_dies_is_seen_and_replaced(bench: Bench) -> None:
    first = await bench.busy()
    tasks = [bench.send(number) for number in (1, DEADLY)]
    await bench.queued(2)
    results = await bench.open(first, *tasks)
    assert [type(result) for result in results[1:]] == [Unavailable, Unavailable]
    assert bench.batcher.stats.restarts == 1
    assert isinstance(await bench.send(5), dict)
    assert bench.batcher.alive


async def test_what_waited_behind_a_dying_worker_is_served(bench: Bench) -> None:
    first = await bench.busy(DEADLY)
    waiting = [bench.send(number) for number in (1, 2)]
    await bench.queued(2)
    results = await bench.open(first, *waiting)
    assert [type(result) for result in results] == [Unavailable, dict, dict]


async def test_a_hung_pass_shows(bench: Bench) -> None:
    assert bench.batcher.busy_s == 0
    first = await bench.busy()
    bench.now += 61
    assert bench.batcher.busy_s == 61
    await bench.open(first)
    await bench.send(1)
    await bench.batcher.close()
    assert bench.batcher.busy_s == 0


async def test_closing_finishes_what_was_accepted(bench: Bench) -> None:
    first = await bench.busy()
    tasks = [bench.send(number) for number in (1, 2)]
    await bench.queued(2)
    closing = asyncio.create_task(bench.batcher.close())
    await until(lambda: not bench.batcher.alive)
    with pytest.raises(Unavailable, match="shutting down"):
        await bench.send(3)
    assert all(isinstance(result, dict) for result in await bench.open(first, *tasks))
    await closing


async def test_closing_without_draining_fails_what_waits(bench: Bench) -> None:
    first = await bench.busy()
    waiting = bench.send(1)
    await bench.queued(1)
    closing = asyncio.create_task(bench.batcher.close(drain=False))
    await until(lambda: not bench.batcher.alive)
    results = await bench.open(first, waiting)
    await closing
    assert [type(result) for result in results] == [dict, Unavailable]


async def test_closing_gives_up_on_a_hung_pass(bench: Bench) -> None:
    hung = await bench.busy()
    await bench.batcher.close(timeout_s=0.01)
    with pytest.raises(Unavailable, match="does not answer"):
        await hung


async def test_before_the_start_it_says_so() -> None:
    batcher = Batcher({SEMANTIC: ScriptedTextEncoder(), VISUAL: ScriptedEncoder()})
    assert not batcher.alive
    with pytest.raises(Starting):
        await batcher.submit(Kind.TEXT, "1")
    await batcher.close()


async def test_a_hundred_requests_at_once_each_get_their_own_answer() -> None:
    bench = Bench(max_items=8, queue_max_items=256)
    results = await asyncio.gather(*(bench.send(number % 60) for number in range(100)))
    for number, result in enumerate(results):
        assert np.allclose(result[SEMANTIC], direction(number % 60))
    await bench.batcher.close()
    assert not bench.batcher.alive


async def test_a_search_waits_for_one_pass_of_explanations_not_for_all(bench: Bench) -> None:
    async def ended(task: Awaitable[Result]) -> None:
        await asyncio.gather(task, return_exceptions=True)
        ends.append(task)

    ends: list[Awaitable[Result]] = []
    busy = await bench.busy()
    explained = [asyncio.create_task(bench.batcher.submit(Kind.EXPLANATION, {})) for _ in range(7)]
    await bench.queued(7)
    bench.now = 1.0
    search = bench.send(1)
    await bench.queued(8)
    watches = [asyncio.create_task(ended(task)) for task in (*explained, search)]

    await bench.open(busy, *explained, search)
    await asyncio.gather(*watches)

    assert ends.index(search) == 4
