"""The maintenance that runs beside the requests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from service.catalogue.maintenance import Maintenance
from service.core.errors import StoreUnavailable
from service.core.product import ProductFields
from service.repositories.blobs import ObstoreBlobs
from service.repositories.ownership import Lease, Owner
from tests.house import House

KEY = "leases/filling.json"
SHORT_S = 0.3


@pytest.fixture(autouse=True)
def short_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.catalogue.maintenance.INTERVAL_S", 0.01)


def maintenance(house: House, lease: Lease | None = None) -> Maintenance:
    return Maintenance(house.catalogue, house.indexer, house.records, house.store, lease=lease)


def lease(blobs: ObstoreBlobs, owner: str, *, lasts_s: float = SHORT_S) -> Lease:
    return Lease(blobs, KEY, Owner.this_process(owner), lasts_s=lasts_s)


async def fill(house: House) -> None:
    for name in "abc":
        await house.catalogue.create(name, ProductFields(name, "", {}), [name.encode()])


async def until(condition: Callable[[], bool]) -> None:
    """Gives the other tasks their turns until the condition holds; pytest's time-out is the end."""
    while not condition():  # noqa: ASYNC110  # what is waited for has no event
        await asyncio.sleep(0.001)


@contextlib.asynccontextmanager
async def running(work: Maintenance) -> AsyncIterator[None]:
    task = asyncio.create_task(work.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_write_that_was_cut_off_is_repaired_before_the_first_request(house: House) -> None:
    house.outage.after = 6
    with pytest.raises(StoreUnavailable):
        await house.catalogue.create("a", ProductFields("a", "", {}), [b"a"])
    house.outage.after = None

    await maintenance(house).prepare()

    assert house.blobs.objects == {}
    assert house.store.points == {}


async def test_an_index_with_products_missing_is_told_and_filled(house: House) -> None:
    await fill(house)
    house.store.points.clear()
    work = maintenance(house)

    await work.prepare()

    assert "0 of 3" in work.warnings[0]
    assert work.expected_products == 3
    async with running(work):
        await until(lambda: not work.warnings)
    assert len(house.store.points) == 3
    assert work.expected_products is None


async def test_an_index_that_is_emptied_while_the_service_runs_is_filled(house: House) -> None:
    await fill(house)
    work = maintenance(house)
    await work.prepare()
    async with running(work):
        house.store.points.clear()
        await until(lambda: len(house.store.points) == 3)


async def test_filling_goes_on_where_an_outage_broke_it_off(house: House) -> None:
    await fill(house)
    house.store.points.clear()
    house.embedder.embedded.clear()
    work = maintenance(house)
    await work.prepare()
    async with running(work):
        house.outage.after = 12
        await until(lambda: house.outage.after == 0)
        assert work.expected_products == 3
        house.outage.after = None
        await until(lambda: work.expected_products is None)
    assert len(house.store.points) == 3
    assert sorted(set(house.embedder.embedded)) == [b"a", b"b", b"c"]


async def test_one_of_two_services_fills_a_shared_index(house: House) -> None:
    await fill(house)
    house.store.points.clear()
    blobs = ObstoreBlobs.from_url("memory://")
    other = lease(blobs, "other")
    await other.take()
    work = maintenance(house, lease(blobs, "this one"))

    await work.prepare()
    async with other.kept(on_lost=lambda: pytest.fail("lost")), running(work):
        await until(lambda: "is filling it" in work.warnings[0])
        await asyncio.sleep(2 * SHORT_S)
        assert house.store.points == {}


async def test_a_service_takes_over_from_one_that_died_while_filling(house: House) -> None:
    await fill(house)
    house.store.points.clear()
    blobs = ObstoreBlobs.from_url("memory://")
    await lease(blobs, "killed").take()
    work = maintenance(house, lease(blobs, "this one"))

    await work.prepare()
    async with running(work):
        await until(lambda: work.expected_products is None)
        while await blobs.get(KEY) is not None:  # noqa: ASYNC110  # A blob store has no events.
            await asyncio.sleep(0.01)

    assert len(house.store.points) == 3


async def test_a_product_that_cannot_be_indexed_is_named_and_tried_once(house: House) -> None:
    await fill(house)
    house.store.points.clear()
    (picture,) = [key for key in house.blobs.objects if house.blobs.objects[key] == b"b"]
    house.blobs.objects[picture] = b"bad"
    work = maintenance(house)

    await work.prepare()
    async with running(work):
        await until(lambda: work.warnings[0].startswith("1 products could not be indexed"))
        embedded = len(house.embedder.embedded)
        await work._compare()

    assert work.expected_products is None
    assert len(house.embedder.embedded) == embedded


async def test_an_empty_blob_store_does_not_empty_the_index(house: House) -> None:
    await fill(house)
    house.blobs.objects.clear()
    work = maintenance(house)

    await work.prepare()
    async with running(work):
        await asyncio.sleep(0.1)

    assert "restore the blob store" in work.warnings[0]
    assert len(house.store.points) == 3


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


async def test_damaged_objects_are_in_the_warnings(house: House) -> None:
    await fill(house)
    for key in house.blobs.objects:
        if key.startswith("images/"):
            house.blobs.objects[key] += b"damaged"
    house.store.points.clear()
    work = maintenance(house)

    async with running(work):
        await until(lambda: len(house.records.damage) == 3)

    assert any("3 damaged objects, among them picture" in warning for warning in work.warnings)
