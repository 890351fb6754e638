"""What is put in order beside the requests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from service.catalogue.maintenance import Maintenance
from service.core.errors import StoreUnavailable
from service.core.product import ProductFields
from tests.house import House


def maintenance(house: House, *, rebuilds: bool = True) -> Maintenance:
    return Maintenance(
        house.catalogue,
        house.indexer,
        house.records,
        house.store,
        rebuilds=rebuilds,
    )


async def fill(house: House) -> None:
    for name in "abc":
        await house.catalogue.create(name, ProductFields(name, "", {}), [name.encode()])


async def until(condition: Callable[[], bool]) -> None:
    """Gives the other tasks their turns until the condition holds; pytest's time-out is the end."""
    while not condition():  # noqa: ASYNC110  # what is waited for has no event
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def running(work: Maintenance) -> AsyncIterator[None]:
    task = asyncio.create_task(work.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_write_that_was_cut_off_is_mended_before_the_first_request(house: House) -> None:
    house.outage.after = 6
    with pytest.raises(StoreUnavailable):
        await house.catalogue.create("a", ProductFields("a", "", {}), [b"a"])
    house.outage.after = None

    await maintenance(house).prepare()

    assert house.blobs.objects == {}
    assert house.store.points == {}


async def test_an_index_with_products_missing_is_told_and_rebuilt(house: House) -> None:
    await fill(house)
    house.store.points.clear()
    work = maintenance(house)

    await work.prepare()

    assert "0 of 3" in work.warnings[0]
    async with running(work):
        await until(lambda: not work.warnings)
    assert len(house.store.points) == 3


async def test_a_shared_index_is_not_rebuilt_but_told(house: House) -> None:
    await fill(house)
    house.store.points.clear()
    work = maintenance(house, rebuilds=False)

    await work.prepare()
    async with running(work):
        await asyncio.sleep(0)

    assert "reindex" in work.warnings[0]
    assert house.store.points == {}


async def test_a_complete_index_has_nothing_to_tell(house: House) -> None:
    await fill(house)
    work = maintenance(house)

    await work.prepare()

    assert work.warnings == ()


async def test_an_outage_puts_it_off(house: House) -> None:
    await fill(house)
    work = maintenance(house)
    house.outage.after = 0

    await work.prepare()

    assert work.warnings == ()
