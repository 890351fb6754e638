"""Near-duplicates are found when they are written, and listed in groups."""

from __future__ import annotations

import asyncio

import pytest

from service.catalogue.records import image_id
from service.core.duplicates import NearDuplicate
from service.core.errors import InvalidCursor, StoreUnavailable
from service.core.index import Changes, Payload, Point, point_id
from service.core.product import Product, ProductFields
from service.duplicates.finder import MAX_NEAR_DUPLICATES, Duplicates
from service.duplicates.index import FingerprintIndex
from tests.house import House

AGAIN = b", saved again"


async def write(house: House, product_id: str, *pictures: bytes, name: str = "Thing") -> Product:
    fields = ProductFields(name, "", {})
    return (await house.catalogue.replace(product_id, fields, pictures)).product


async def near(house: House, product: Product) -> list[tuple[str, float]]:
    return [(one.product_id, one.similarity) for one in await house.duplicates.of(product)]


async def groups(duplicates: Duplicates) -> list[list[str]]:
    page = await duplicates.page(limit=100)
    return [[fingerprint.product_id for fingerprint in group.images] for group in page.items]


async def test_the_same_bytes_under_another_id_are_found(house: House) -> None:
    await write(house, "a", b"x", name="First")
    product = await write(house, "b", b"y", b"x")

    identity = image_id(b"x")
    assert await house.duplicates.of(product) == (
        NearDuplicate("a", "First", identity, similarity=1.0, of_image_id=identity),
    )


async def test_a_copy_saved_again_is_found_and_another_picture_is_not(house: House) -> None:
    await write(house, "a", b"x")
    await write(house, "b", b"something else")

    assert await near(house, await write(house, "c", b"x" + AGAIN)) == [("a", 1.0)]


async def test_pictures_of_the_same_product_are_not_duplicates(house: House) -> None:
    product = await write(house, "a", b"x", b"x" + AGAIN)

    assert await near(house, product) == []
    assert await groups(house.duplicates) == []


async def test_of_concurrent_writes_the_last_finds_the_others(house: House) -> None:
    async def write_and_ask(product_id: str) -> list[tuple[str, float]]:
        return await near(house, await write(house, product_id, b"x"))

    answers = await asyncio.gather(*(write_and_ask(name) for name in "abcd"))

    assert max(len(answer) for answer in answers) == 3


async def test_deleted_and_replaced_pictures_are_not_found(house: House) -> None:
    for name in "abc":
        await write(house, name, b"x")
    await house.catalogue.delete("a")
    await write(house, "b", b"new")

    assert await near(house, await write(house, "d", b"x")) == [("c", 1.0)]
    assert await groups(house.duplicates) == [["c", "d"]]


async def test_a_renamed_product_is_found_under_its_new_name(house: House) -> None:
    await write(house, "a", b"x", name="Old")
    await house.catalogue.patch("a", {"name": "New"})

    (found,) = await house.duplicates.of(await write(house, "b", b"x"))

    assert found.name == "New"


async def test_a_write_names_only_the_most_similar_of_many_duplicates(
    house: House,
) -> None:
    for number in range(30):
        product = await write(house, f"p{number}", b"x")

    assert len(await near(house, product)) == MAX_NEAR_DUPLICATES
    assert len((await groups(house.duplicates))[0]) == 30


async def test_groups_are_listed_page_by_page(house: House) -> None:
    for number in range(7):
        await write(house, f"a{number}", f"picture {number}".encode())
        await write(house, f"b{number}", f"picture {number}".encode() + AGAIN)
    await write(house, "c", b"alone")

    first = await house.duplicates.page(limit=3)
    second = await house.duplicates.page(limit=3, cursor=first.next_cursor)
    third = await house.duplicates.page(limit=3, cursor=second.next_cursor)

    found = [
        [fingerprint.product_id for fingerprint in group.images]
        for page in (first, second, third)
        for group in page.items
    ]
    assert found == [[f"a{number}", f"b{number}"] for number in range(7)]
    assert (first.total, third.next_cursor) == (7, None)


@pytest.mark.parametrize("cursor", ["", "nonsense", "W10=", "eyJhIjogMX0=", "\u00e9"])
async def test_a_foreign_cursor_is_refused(house: House, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        await house.duplicates.page(limit=3, cursor=cursor)


async def test_duplicates_are_found_after_a_restart(house: House) -> None:
    await write(house, "a", b"x")
    product = await write(house, "b", b"x")

    restarted = Duplicates(FingerprintIndex(house.store), house.store)

    assert [one.product_id for one in await restarted.of(product)] == ["a"]
    assert await groups(restarted) == [["a", "b"]]


async def test_writes_and_deletes_of_another_process_are_noticed(house: House) -> None:
    await house.fingerprints.ready()
    other = House(outage=house.outage, embedder=house.embedder)
    other.store.points = house.store.points
    await write(other, "a", b"x")
    await write(other, "gone", b"x")

    await house.fingerprints.refill()
    await other.catalogue.delete("gone")

    assert await near(house, await write(house, "b", b"x")) == [("a", 1.0)]
    assert await groups(house.duplicates) == [["a", "b"]]


async def test_a_write_during_an_outage_of_the_index_is_refused_before_it_begins(
    house: House,
) -> None:
    house.outage.after = 0
    with pytest.raises(StoreUnavailable):
        await house.duplicates.prepare()


async def test_an_outage_after_the_write_does_not_make_it_look_failed(house: House) -> None:
    await house.duplicates.prepare()
    await write(house, "a", b"x")
    product = await write(house, "b", b"x")
    house.outage.after = 0

    assert await near(house, product) == [("a", 1.0)]
    with pytest.raises(StoreUnavailable):
        await house.duplicates.page(limit=5)


async def test_changes_while_the_fingerprints_are_read_are_not_lost(house: House) -> None:
    await write(house, "a", b"x")
    await write(house, "b", b"x")
    reading = asyncio.create_task(house.fingerprints.refill())
    await asyncio.sleep(0)
    await house.catalogue.delete("b")
    product = await write(house, "c", b"x")
    await reading

    assert await near(house, product) == [("a", 1.0)]
    assert len(house.fingerprints) == 2


async def test_a_rebuild_adds_missing_fingerprints(house: House) -> None:
    product = await write(house, "a", b"x")
    key = point_id("a", product.images[0].image_id)
    old = house.store.points[key]
    bare = Payload(old.payload.product, old.payload.image_id, old.payload.primary)
    await house.store.apply(Changes(upserts=(Point(key, old.vector, bare),)))

    await house.indexer.rebuild(lambda progress: None)

    assert house.store.points[key].payload.fingerprint == old.payload.fingerprint
    assert await near(house, await write(house, "b", b"x")) == [("a", 1.0)]
