"""A damaged index is noticed, set aside and replaced by an empty one, which fills itself."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from service.core.errors import StoreUnavailable
from service.core.index import Changes
from service.repositories.edge.protocol import DAMAGED
from service.repositories.edge.store import EdgeStore
from service.repositories.edge.trust import ENOUGH, NEW_INDEX_TRUSTED_S, WITHIN_S, Trust
from tests.repositories.points import DIMENSIONS, axis, clustered, make_point

SOME = tuple(make_point(f"p{n}", vector, created_us=n) for n, vector in enumerate(clustered(50)))


async def open_store(directory: Path) -> EdgeStore:
    return await EdgeStore.open(
        directory, collection="c", dimensions=DIMENSIONS, fingerprint="f", min_free_bytes=0
    )


async def filled(directory: Path) -> None:
    store = await open_store(directory)
    await store.apply(Changes(upserts=SOME))
    await store.close()


def only_file(directory: Path, pattern: str) -> Path:
    (found,) = (directory / "c" / "shard" / "segments").glob(pattern)
    return found


async def test_payloads_that_cannot_be_read_any_more(tmp_path: Path) -> None:
    await filled(tmp_path)
    page = only_file(tmp_path, "*/payload_storage/page_0.dat")
    data = page.read_bytes()
    page.write_bytes(bytes(byte ^ 0xFF for byte in data[:60_000]) + data[60_000:])

    store = await open_store(tmp_path)
    for _ in range(ENOUGH):
        with pytest.raises(StoreUnavailable):
            await store.search(axis(0), limit=50)

    assert await store.search(axis(0), limit=50) == []
    assert store.rebuilt_because is not None
    await store.apply(Changes(upserts=SOME))
    assert len(await store.search(axis(0), limit=50)) == 50
    await store.close()


async def test_an_index_that_ends_every_process_that_opens_it(tmp_path: Path) -> None:
    await filled(tmp_path)
    mappings = only_file(tmp_path, "*/mutable_id_tracker.mappings")
    data = bytearray(mappings.read_bytes())
    chance = random.Random(1)
    for _ in range(30):
        data[chance.randrange(len(data))] ^= 0xFF
    mappings.write_bytes(data)

    store = await open_store(tmp_path)

    assert store.rebuilt_because is not None
    assert await store.count_points() == 0
    await store.close()


class Clock:
    now = 1e6

    def __call__(self) -> float:
        return self.now


def crash(trust: Trust, times: int) -> None:
    for _ in range(times):
        assert trust.ended(-signal.SIGABRT)


def test_several_crashes_within_minutes_are_damage() -> None:
    clock = Clock()
    trust = Trust(clock)
    crash(trust, ENOUGH - 1)
    assert trust.reason is None
    assert trust.ended(DAMAGED)
    assert trust.reason is not None


def test_a_crash_now_and_then_is_no_damage() -> None:
    clock = Clock()
    trust = Trust(clock)
    for _ in range(3 * ENOUGH):
        crash(trust, 1)
        clock.now += WITHIN_S
    assert trust.reason is None


@pytest.mark.parametrize("status", [0, 1, -signal.SIGKILL, -signal.SIGTERM])
def test_other_ends_say_nothing_of_the_index(status: int) -> None:
    trust = Trust()
    assert not any(trust.ended(status) for _ in range(2 * ENOUGH))
    assert trust.reason is None


def test_a_new_index_is_not_set_aside_at_once() -> None:
    clock = Clock()
    trust = Trust(clock)
    crash(trust, ENOUGH)
    trust.opened()
    crash(trust, ENOUGH)
    assert trust.reason is None
    clock.now += NEW_INDEX_TRUSTED_S
    crash(trust, ENOUGH)
    assert trust.reason is not None
