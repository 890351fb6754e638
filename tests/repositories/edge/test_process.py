"""The embedded store survives the end or failure of its own process and of the service."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import uvloop

from service.core.errors import StoreFull, StoreInUse, StoreUnavailable
from service.core.index import Changes, Point
from service.repositories.edge.channel import EngineChannel
from service.repositories.edge.protocol import Open
from service.repositories.edge.store import EdgeStore
from tests.repositories.points import DIMENSIONS, axis, clustered, make_point

ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def opened(
    directory: Path,
    *,
    fingerprint: str = "f",
    lock_wait_s: float = 10,
    call_timeout_s: float = 60,
    min_free_bytes: int = 0,
) -> AsyncIterator[EdgeStore]:
    store = await EdgeStore.open(
        directory,
        collection="c",
        dimensions=DIMENSIONS,
        fingerprint=fingerprint,
        lock_wait_s=lock_wait_s,
        call_timeout_s=call_timeout_s,
        min_free_bytes=min_free_bytes,
    )
    try:
        yield store
    finally:
        await store.close()


def some_points(count: int, *, start: int = 0) -> tuple[Point, ...]:
    return tuple(
        make_point(f"p{start + number}", vector, created_us=number)
        for number, vector in enumerate(clustered(count))
    )


async def departure(store: EdgeStore, process: int) -> None:
    """Until the store has noticed that the process is gone; nothing else tells of it."""
    while store.process_id == process:  # noqa: ASYNC110
        await asyncio.sleep(0)


def process_of(store: EdgeStore) -> int:
    assert store.process_id is not None
    return store.process_id


async def test_what_was_stored_is_there_after_a_restart(tmp_path: Path) -> None:
    points = some_points(100)
    async with opened(tmp_path) as store:
        await store.apply(Changes(upserts=points))
    async with opened(tmp_path) as store:
        assert store.rebuilt_because is None
        assert await store.count_points() == 100
        assert (await store.search(points[3].vector, limit=1))[0].point_id == points[3].point_id


async def test_a_killed_engine_is_back_with_all_it_acknowledged(tmp_path: Path) -> None:
    points = some_points(100)
    async with opened(tmp_path) as store:
        await store.apply(Changes(upserts=points))
        killed = process_of(store)
        os.kill(killed, signal.SIGKILL)
        found = await store.payloads([point.point_id for point in points])
        assert found == {point.point_id: point.payload for point in points}
        assert store.process_id != killed
        await store.ping()


handlers_run: list[str] = []


@ctypes.CFUNCTYPE(None)
def fork_handler() -> None:
    handlers_run.append("before a fork")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has vfork without fork handlers")
def test_starting_an_engine_runs_no_fork_handler_of_any_library(tmp_path: Path) -> None:
    async def start_twice() -> None:
        async with opened(tmp_path) as store:
            os.kill(process_of(store), signal.SIGKILL)
            await store.count_points()

    # The system keeps the handler for good, as it keeps OpenBLAS's.
    ctypes.CDLL(None).__register_atfork(fork_handler, None, None, None)
    if os.fork() == 0:
        os._exit(0)
    assert handlers_run == ["before a fork"]

    uvloop.run(start_twice())

    assert handlers_run == ["before a fork"]


async def test_callers_in_the_middle_of_a_kill_are_served_after_it(tmp_path: Path) -> None:
    points = some_points(400)
    async with opened(tmp_path) as store:
        halfway = asyncio.Event()

        async def add(number: int, point: Point) -> None:
            await store.apply(Changes(upserts=(point,)))
            if number == len(points) // 2:
                halfway.set()

        async def kill() -> None:
            await halfway.wait()
            os.kill(process_of(store), signal.SIGKILL)

        await asyncio.gather(kill(), *(add(*item) for item in enumerate(points)))
        assert await store.count_points() == len(points)


async def persistently(call: Callable[[], Awaitable[int]]) -> int:
    """The call's answer, once a new process has come up; pytest's time-out is the limit."""
    while True:
        with contextlib.suppress(StoreUnavailable):
            return await call()


async def test_a_stuck_engine_is_replaced(tmp_path: Path) -> None:
    async with opened(tmp_path, call_timeout_s=2) as store:
        await store.apply(Changes(upserts=some_points(3)))
        stuck = process_of(store)
        os.kill(stuck, signal.SIGSTOP)
        with pytest.raises(StoreUnavailable, match="in time"):
            await store.count_points()
        assert await persistently(store.count_points) == 3
        assert store.process_id not in (stuck, None)


async def test_an_engine_that_is_late_with_one_answer_is_not_replaced(tmp_path: Path) -> None:
    opening = Open(str(tmp_path / "c"), DIMENSIONS, "f", lock_wait_s=10, min_free_bytes=0)
    channel = EngineChannel(opening, call_timeout_s=60)
    await channel.start()
    process = channel.pid
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    with pytest.raises(StoreUnavailable, match="in time"):
        await channel.call("ping", timeout_s=0.01)
    os.kill(process, signal.SIGCONT)
    assert await channel.call("count_points") == 0
    assert channel.pid == process
    await channel.close()


async def test_ping_tells_while_the_engine_is_away(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        killed = process_of(store)
        os.kill(killed, signal.SIGKILL)
        await departure(store, killed)
        with pytest.raises(StoreUnavailable, match="restarting"):
            await store.ping()
        await store.count_points()
        await store.ping()


async def test_the_engine_stays_when_the_whole_group_is_told_to_stop(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        process = process_of(store)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(process, number)
        await store.apply(Changes(upserts=some_points(1)))
        assert process_of(store) == process


async def test_a_closed_store_is_unavailable_and_its_process_gone(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        process = process_of(store)
    assert not alive(process)
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.count_points()
    await store.close()


async def test_closing_finishes_what_was_asked_before(tmp_path: Path) -> None:
    store = await EdgeStore.open(
        tmp_path, collection="c", dimensions=DIMENSIONS, fingerprint="f", min_free_bytes=0
    )
    adding = [
        asyncio.create_task(store.apply(Changes(upserts=(point,)))) for point in some_points(200)
    ]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*adding)
    async with opened(tmp_path) as again:
        assert await again.count_points() == 200


async def test_a_second_opener_is_told_what_to_do(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        with pytest.raises(StoreInUse, match="DATA_DIR"):
            async with opened(tmp_path, lock_wait_s=0):
                pass
        await store.ping()


async def test_a_new_service_waits_until_the_old_one_has_left(tmp_path: Path) -> None:
    async with opened(tmp_path) as old:
        await old.apply(Changes(upserts=some_points(10)))
        opening = asyncio.create_task(
            EdgeStore.open(tmp_path, collection="c", dimensions=DIMENSIONS, fingerprint="f")
        )
        await asyncio.sleep(0)
    new = await opening
    assert await new.count_points() == 10
    await new.close()


async def test_two_collections_live_side_by_side(tmp_path: Path) -> None:
    async with opened(tmp_path), opened(tmp_path / "other") as other:
        await other.ping()


async def test_a_nearly_full_disk_refuses_writes_and_serves_searches(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.apply(Changes(upserts=some_points(3)))
    async with opened(tmp_path, min_free_bytes=2**62) as store:
        process = process_of(store)
        with pytest.raises(StoreFull, match="disk is nearly full"):
            await store.apply(Changes(upserts=some_points(5)))
        assert len(await store.search(axis(0), limit=9)) == 3
        await store.apply(Changes(deletes=(some_points(1)[0].point_id,)))
        assert await store.count_points() == 2
        assert process_of(store) == process


async def test_a_request_the_engine_refuses_is_no_outage_and_harms_nobody_else(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as store:
        process = process_of(store)
        nameless = make_point("p", axis(0))
        object.__setattr__(nameless, "point_id", "no UUID")
        with pytest.raises(ValueError, match="refused"):
            await store.apply(Changes(upserts=(nameless,)))
        await store.apply(Changes(upserts=some_points(1)))
        assert process_of(store) == process


async def test_a_directory_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        async with opened(tmp_path / "file"):
            pass


async def test_searches_overtake_bulk_work(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.apply(Changes(upserts=some_points(10)))
        order: list[str] = []

        async def add(start: int) -> None:
            await store.apply(Changes(upserts=some_points(1000, start=start)))
            order.append("added")

        async def search() -> None:
            await store.search(axis(0), limit=5)
            order.append("found")

        adding = [asyncio.create_task(add(start)) for start in range(0, 8000, 1000)]
        await asyncio.sleep(0)
        for _ in range(20):
            await search()
        await asyncio.gather(*adding)
        assert order == ["found"] * 20 + ["added"] * 8


async def test_the_reason_for_a_rebuild_stays_until_it_is_done(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.apply(Changes(upserts=some_points(20)))
        (tmp_path / "c" / "shard" / "edge_config.json").unlink()
        os.kill(process_of(store), signal.SIGKILL)
        assert await store.count_points() == 0
        reason = store.rebuilt_because
        assert reason
        await store.apply(Changes(upserts=some_points(2)))
    async with opened(tmp_path) as store:
        assert store.rebuilt_because == reason
        await store.mark_rebuilt()
        assert store.rebuilt_because is None
        os.kill(process_of(store), signal.SIGKILL)
        assert await store.count_points() == 2
        assert store.rebuilt_because is None


# The service itself is killed


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def writer(directory: Path) -> Iterator[subprocess.Popen[str]]:
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.repositories.edge.writer_program", str(directory)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    with program:
        try:
            yield program
        finally:
            program.kill()


def read_until_stored(program: subprocess.Popen[str], count: int) -> tuple[int, list[str]]:
    """The engine's process, and the ids of the acknowledged points."""
    assert program.stdout is not None
    engine = int(program.stdout.readline().split()[1])
    return engine, [program.stdout.readline().split()[1] for _ in range(count)]


@pytest.mark.parametrize("victims", ["service", "engine and service", "service and engine"])
async def test_acknowledged_points_survive_a_killed_service(tmp_path: Path, victims: str) -> None:
    with writer(tmp_path) as program:
        engine, stored = read_until_stored(program, 300)
        for victim in victims.split(" and "):
            os.kill(engine if victim == "engine" else program.pid, signal.SIGKILL)
        assert program.stdout is not None
        stored += [line.split()[1] for line in program.stdout if line.endswith("\n")]
    async with opened(tmp_path) as store:
        assert store.rebuilt_because is None
        assert sorted(await store.payloads(stored)) == sorted(stored)
