"""The sample catalogue is put among the products whole, and taken out without a trace."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from service.core.embedding import Crop, EmbeddedImage, Priority
from service.core.errors import NotFound, Overloaded, StoreUnavailable
from service.core.product import ProductFields
from service.samples.files import Sample, sample_queries, samples
from service.samples.installer import AT_ONCE, RETRIES, SampleCatalogue
from tests.fakes import HashEmbedder
from tests.house import House

FEW = samples()[::12]


def stocked(house: House, some: Sequence[Sample] = FEW) -> SampleCatalogue:
    return SampleCatalogue(house.catalogue, some, sample_queries())


async def test_every_sample_is_stored_with_its_picture(house: House) -> None:
    loaded = await stocked(house).load()

    assert (loaded.created, loaded.replaced, loaded.unchanged) == (len(FEW), 0, 0)
    for sample in FEW:
        product = await house.catalogue.get(sample.product_id)
        _, data = await house.catalogue.image(product.product_id, product.images[0].image_id)
        assert (product.name, data) == (sample.fields.name, sample.file.read_bytes())


async def test_a_second_load_does_nothing(house: House) -> None:
    await stocked(house).load()

    again = await stocked(house).load()

    assert (again.created, again.unchanged, again.total) == (0, len(FEW), len(FEW))
    assert len(house.embedder.embedded) == len(FEW)


async def test_loads_side_by_side_store_every_sample_once(house: House) -> None:
    catalogue = stocked(house)

    loads = await asyncio.gather(catalogue.load(), catalogue.load())

    assert sorted(load.created for load in loads) == [0, len(FEW)]


async def test_a_changed_sample_is_put_back(house: House) -> None:
    await stocked(house).load()
    await house.catalogue.patch(FEW[0].product_id, {"name": "Mine"})

    loaded = await stocked(house).load()

    assert (loaded.replaced, loaded.unchanged) == (1, len(FEW) - 1)
    assert (await house.catalogue.get(FEW[0].product_id)).name == FEW[0].fields.name


async def test_removing_leaves_other_products(house: House) -> None:
    await house.catalogue.create("sample-of-mine", ProductFields("Mine", "", {}), [b"picture"])
    catalogue = stocked(house)
    await catalogue.load()

    assert await catalogue.remove() == len(FEW)
    assert await catalogue.remove() == 0

    assert [product.product_id for product in (await house.catalogue.page(limit=9)).items] == [
        "sample-of-mine"
    ]
    with pytest.raises(NotFound):
        await house.catalogue.get(FEW[0].product_id)


@pytest.mark.parametrize("calls", [1, 7, 20])
async def test_a_load_that_an_outage_ends_is_completed_by_the_next(calls: int) -> None:
    house = House()
    house.outage.after = calls
    with pytest.raises(StoreUnavailable):
        await stocked(house).load()
    house.outage.after = None

    loaded = await stocked(house).load()

    assert loaded.total == len(FEW)
    assert await house.store.count_products() == len(FEW)


class BusyEmbedder(HashEmbedder):
    """Turns the first pictures away, as a full queue does, and counts what is under way."""

    def __init__(self, refusals: int) -> None:
        super().__init__()
        self.refusals = refusals
        self.running = 0
        self.most_running = 0

    async def embed_image(
        self, data: bytes, *, crop: Crop | None = None, priority: Priority = Priority.SEARCH
    ) -> EmbeddedImage:
        if self.refusals:
            self.refusals -= 1
            raise Overloaded("The queue is full.", retry_after_s=3)
        assert priority is Priority.BULK
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        await asyncio.sleep(0)
        self.running -= 1
        return await super().embed_image(data)


async def test_a_full_queue_is_waited_for() -> None:
    house = House(embedder=BusyEmbedder(refusals=5))
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    loaded = await SampleCatalogue(house.catalogue, FEW, sample_queries(), pause=pause).load()

    assert loaded.created == len(FEW)
    assert pauses == [3] * 5


async def test_a_queue_that_stays_full_is_told() -> None:
    house = House(embedder=BusyEmbedder(refusals=10**6))

    async def pause(_: float) -> None: ...

    with pytest.raises(Overloaded):
        await SampleCatalogue(house.catalogue, FEW[:1], sample_queries(), pause=pause).load()
    assert house.embedder.refusals == 10**6 - RETRIES - 1


async def test_only_a_few_are_under_way_at_once() -> None:
    embedder = BusyEmbedder(refusals=0)

    await stocked(House(embedder=embedder)).load()

    assert 1 <= embedder.most_running <= AT_ONCE


async def test_a_picture_to_search_with_is_read_by_its_name(house: House) -> None:
    catalogue = stocked(house)
    pictures = [await catalogue.query_picture(name) for name in sample_queries()]
    assert all(picture.startswith(b"\xff\xd8") for picture in pictures)
    assert len(set(pictures)) == len(pictures)
    with pytest.raises(NotFound):
        await catalogue.query_picture("zeppelin")


async def test_a_shop_s_own_product_under_a_sample_s_id_is_kept(house: House) -> None:
    own = ProductFields("Our own mug", "Made here.", {"price": 5})
    await house.catalogue.create(FEW[0].product_id, own, [b"picture"])
    catalogue = stocked(house)

    loaded = await catalogue.load()
    deleted = await catalogue.remove()

    assert (loaded.created, loaded.kept, loaded.total) == (len(FEW) - 1, 1, len(FEW) - 1)
    assert deleted == len(FEW) - 1
    assert (await house.catalogue.get(FEW[0].product_id)).name == "Our own mug"
