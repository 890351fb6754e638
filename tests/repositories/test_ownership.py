"""A directory has one owner and a lease one holder, even if processes are killed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from service.core.errors import SetupError, StoreInUse
from service.repositories.blobs import ObstoreBlobs
from service.repositories.ownership import Lease, Owner, owned_directory

KEY = "leases/work.json"
SHORT_S = 0.3


def ignore(_: str) -> None:
    return


def owned(
    directory: Path, *, wait_s: float = 0, tell: Callable[[str], None] = ignore
) -> AbstractAsyncContextManager[Owner]:
    return owned_directory(directory, wait_s=wait_s, tell=tell)


# A directory


async def test_a_second_owner_is_told_who_the_first_is(tmp_path: Path) -> None:
    async with owned(tmp_path) as owner:
        with pytest.raises(StoreInUse, match=rf"{tmp_path} is used by process {owner.pid} on"):
            async with owned(tmp_path):
                pass


async def test_a_successor_waits_until_the_owner_has_left(tmp_path: Path) -> None:
    told: list[str] = []

    async def succeed() -> Owner:
        async with owned(tmp_path, wait_s=60, tell=told.append) as owner:
            return owner

    async with owned(tmp_path) as first:
        waiting = asyncio.create_task(succeed())
        while not told:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert (await waiting).id == first.id
    assert len(told) == 1


async def test_a_killed_owner_holds_nothing(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from service.repositories.ownership import owned_directory\n"
        "async def main():\n"
        "    async with owned_directory(Path(sys.argv[1]), wait_s=0, tell=print):\n"
        "        print('owned', flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "owned\n"
        with pytest.raises(StoreInUse, match=f"process {process.pid} on"):
            async with owned(tmp_path):
                pass
        process.kill()
    async with owned(tmp_path, wait_s=60):
        pass


async def test_the_id_stays_with_the_directory(tmp_path: Path) -> None:
    async with owned(tmp_path / "one") as before:
        pass
    async with owned(tmp_path / "one") as after, owned(tmp_path / "two") as other:
        assert before.id == after.id != other.id


async def test_a_place_that_is_no_directory_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="cannot be used"):
        async with owned(tmp_path / "file"):
            pass


# A lease


@pytest.fixture(params=["memory", "directory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> ObstoreBlobs:
    if request.param == "memory":
        return ObstoreBlobs.from_url("memory://")
    return ObstoreBlobs.in_directory(tmp_path)


def lease(blobs: ObstoreBlobs, owner: str, *, lasts_s: float = SHORT_S) -> Lease:
    return Lease(blobs, KEY, Owner.this_process(owner), lasts_s=lasts_s)


async def eventually_taken(lease: Lease) -> None:
    """Until the lease is taken; pytest's time-out is the limit."""
    while not await lease.take():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def test_one_of_many_takes_a_free_lease(blobs: ObstoreBlobs) -> None:
    contenders = [lease(blobs, str(number), lasts_s=60) for number in range(8)]
    taken = await asyncio.gather(*(one.take() for one in contenders))
    assert sum(taken) == 1


async def test_one_of_many_takes_an_expired_lease(blobs: ObstoreBlobs) -> None:
    await lease(blobs, "gone").take()
    contenders = [lease(blobs, str(number)) for number in range(8)]
    assert not any(await asyncio.gather(*(one.take() for one in contenders)))
    await asyncio.sleep(SHORT_S)
    taken = await asyncio.gather(*(one.take() for one in contenders))
    assert sum(taken) == 1


async def test_an_owner_takes_its_own_lease_at_once(blobs: ObstoreBlobs) -> None:
    assert await lease(blobs, "a", lasts_s=60).take()
    assert await lease(blobs, "a", lasts_s=60).take()
    assert not await lease(blobs, "b", lasts_s=60).take()


async def test_a_kept_lease_does_not_expire_and_is_given_back(blobs: ObstoreBlobs) -> None:
    kept, other = lease(blobs, "a", lasts_s=1), lease(blobs, "b", lasts_s=1)
    await kept.take()
    async with kept.kept(on_lost=lambda: pytest.fail("lost")):
        with pytest.raises(StoreInUse, match="is in the way"):
            await other.take_or_refuse("is in the way.", ignore)
        assert other.holder is not None
        assert other.holder.id == "a"
    assert await other.take()


async def test_who_is_gone_for_good_is_waited_for_once(blobs: ObstoreBlobs) -> None:
    told: list[str] = []
    await lease(blobs, "gone").take()
    await lease(blobs, "b").take_or_refuse("is in the way.", told.append)
    assert len(told) == 1
    assert "still there" in told[0]


async def test_a_lease_that_another_took_is_lost(blobs: ObstoreBlobs) -> None:
    lost = asyncio.Event()
    first = lease(blobs, "a")
    await first.take()
    await blobs.delete([KEY])
    await lease(blobs, "b").take()
    async with first.kept(on_lost=lost.set):
        await lost.wait()
    assert not await lease(blobs, "c").take(), "the loser must not give back what is another's"


async def test_a_damaged_lease_expires(blobs: ObstoreBlobs) -> None:
    await blobs.put(KEY, b"{")
    wanted = lease(blobs, "a")
    assert not await wanted.take()
    await eventually_taken(wanted)
