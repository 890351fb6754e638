"""Rebuilding: an index that is lost, half there or out of step becomes what the records say."""

from __future__ import annotations

import pytest

from service.catalogue.indexing import Progress
from service.catalogue.records import image_id
from service.core.errors import StoreUnavailable
from service.core.index import Changes
from service.core.product import ProductFields
from tests.house import House


async def fill(house: House, products: int) -> None:
    for number in range(products):
        fields = ProductFields(f"Product {number}", "", {})
        await house.catalogue.create(f"p{number}", fields, [f"{number}".encode()])


def reported(progress: list[Progress]) -> list[int]:
    return [one.done for one in progress]


async def test_a_lost_index_is_rebuilt_from_the_records(house: House) -> None:
    await fill(house, 20)
    before = dict(house.store.points)
    house.store.points.clear()
    progress: list[Progress] = []

    last = await house.indexer.rebuild(progress.append)

    assert house.store.points.keys() == before.keys()
    assert (last.done, last.total, last.embedded_images) == (20, 20, 20)
    assert reported(progress) == list(range(1, 21))


async def test_a_rebuild_goes_on_where_it_was_cut_off(house: House) -> None:
    await fill(house, 20)
    for key in list(house.store.points)[:8]:
        del house.store.points[key]
    house.embedder.embedded.clear()

    last = await house.indexer.rebuild(lambda _: None)

    assert last.embedded_images == 8
    assert len(house.embedder.embedded) == 8


async def test_points_without_a_record_are_dropped(house: House) -> None:
    await fill(house, 3)
    for key in [key for key in house.blobs.objects if key.startswith("products/")][:1]:
        del house.blobs.objects[key]

    await house.indexer.rebuild(lambda _: None)

    assert await house.store.count_points() == 2


async def test_outdated_payloads_are_renewed_without_embedding(house: House) -> None:
    await fill(house, 3)
    old = dict(house.store.points)
    await house.catalogue.patch("p1", {"name": "New name"})
    house.store.points = old
    house.embedder.embedded.clear()

    await house.indexer.rebuild(lambda _: None)

    names = {point.payload.product.name for point in house.store.points.values()}
    assert names == {"Product 0", "New name", "Product 2"}
    assert house.embedder.embedded == []


async def test_a_product_whose_picture_is_lost_is_named_and_the_others_are_rebuilt(
    house: House,
) -> None:
    await fill(house, 3)
    house.store.points.clear()
    lost = [key for key in house.blobs.objects if key.endswith(image_id(b"1"))]
    del house.blobs.objects[lost[0]]

    last = await house.indexer.rebuild(lambda _: None)

    assert last.failed == ("p1",)
    assert await house.store.count_points() == 2


@pytest.mark.parametrize("error", [TypeError, ValueError, RecursionError, MemoryError])
async def test_a_product_that_the_index_refuses_is_named_and_the_others_are_rebuilt(
    house: House, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    await fill(house, 3)
    house.store.points.clear()
    apply = house.store.apply

    async def refuse(changes: Changes) -> None:
        if any(point.payload.product.product_id == "p1" for point in changes.upserts):
            raise error
        await apply(changes)

    monkeypatch.setattr(house.store, "apply", refuse)
    last = await house.indexer.rebuild(lambda _: None)

    assert (last.done, last.failed) == (3, ("p1",))
    assert await house.store.count_points() == 2


async def test_a_rebuild_says_so_when_a_store_goes_away(house: House) -> None:
    await fill(house, 3)
    house.outage.after = 4

    with pytest.raises(StoreUnavailable):
        await house.indexer.rebuild(lambda _: None)
