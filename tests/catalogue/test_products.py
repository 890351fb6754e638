"""Products: what a write leaves in the two stores, also when it is cut off at any point."""

from __future__ import annotations

import asyncio
import base64

import pytest

from service.catalogue.products import Written
from service.catalogue.records import image_id
from service.core.errors import (
    Conflict,
    InvalidCursor,
    InvalidImage,
    InvalidProduct,
    NotFound,
    StoreUnavailable,
)
from service.core.product import ProductFields
from tests.house import House

SHOE = ProductFields("Shoe", "A shoe.", {"colour": "red"})
BOOT = ProductFields("Boot", "", {"colour": "brown", "price": 80})


FOREIGN_CURSORS = [
    "",
    "x",
    "é",
    *(
        base64.urlsafe_b64encode(text.encode()).decode()
        for text in (
            "nope",
            "[]",
            "[1, 2]",
            '["newest", "2026-01-01T00:00:00", "a"]',
            '["newest", "2026-01-01T00:00:00+00:00", 7]',
            '["newest", "2026-01-01T00:00:00+00:00", "\\ud800"]',
            '["id", "2026-01-01T00:00:00+00:00", "a"]',
            '[["newest"], "2026-01-01T00:00:00+00:00", "a"]',
            "[" * 5000,
        )
    ),
]


def consistent(house: House) -> bool:
    """The two stores hold the same products and pictures, and nothing is left pending."""
    keys = set(house.blobs.objects)
    points = [point.payload for point in house.store.points.values()]
    products = {point.product.product_id for point in points}
    return (
        not any(key.startswith("pending/") for key in keys)
        and sum(key.startswith("products/") for key in keys) == len(products)
        and sum(key.startswith("images/") for key in keys) == len(points)
    )


async def test_a_created_product_is_read_back(house: House) -> None:
    product = (await house.catalogue.create("a", SHOE, [b"front", b"back"])).product

    assert await house.catalogue.get("a") == product
    assert [image.image_id for image in product.images] == [image_id(b"front"), image_id(b"back")]
    assert consistent(house)


async def test_an_id_is_made_where_none_is_given(house: House) -> None:
    first = await house.catalogue.create(None, SHOE, [b"front"])
    second = await house.catalogue.create(None, SHOE, [b"front"])

    assert first.product.product_id != second.product.product_id


async def test_an_id_is_created_once(house: House) -> None:
    await house.catalogue.create("a", SHOE, [b"front"])

    with pytest.raises(Conflict):
        await house.catalogue.create("a", BOOT, [b"front"])


async def test_of_creations_at_the_same_time_one_wins(house: House) -> None:
    answers = await asyncio.gather(
        *(house.catalogue.create("a", SHOE, [b"front"]) for _ in range(5)), return_exceptions=True
    )

    assert sum(isinstance(answer, Written) for answer in answers) == 1
    assert sum(isinstance(answer, Conflict) for answer in answers) == 4


async def test_the_same_content_again_does_no_embedding_work(house: House) -> None:
    await house.catalogue.replace("a", SHOE, [b"front", b"back"])
    house.embedder.embedded.clear()

    written = await house.catalogue.replace("a", SHOE, [b"front", b"back"])

    assert written.status == "unchanged"
    assert house.embedder.embedded == []


@pytest.mark.parametrize("how", ["put", "post"])
@pytest.mark.parametrize(("noticed", "left"), [(False, None), (True, None), (True, b"damaged")])
async def test_the_same_picture_again_replaces_a_lost_or_damaged_copy(
    house: House, how: str, noticed: bool, left: bytes | None
) -> None:
    fields = ProductFields("Shoe", "", {})
    await house.catalogue.create("a", fields, [b"front", b"side"])
    key = next(key for key in house.blobs.objects if key.endswith(image_id(b"front")))
    del house.blobs.objects[key]
    if left:
        house.blobs.objects[key] = left
    if noticed:
        with pytest.raises(NotFound, match="send the same picture again with PUT"):
            await house.catalogue.image("a", image_id(b"front"))

    if how == "put":
        written = await house.catalogue.replace("a", fields, [b"front", b"side"])
        assert written.status == "replaced"
    else:
        assert not (await house.catalogue.add_image("a", b"front")).added

    assert (await house.catalogue.image("a", image_id(b"front")))[1] == b"front"
    product = await house.catalogue.get("a")
    assert [image.image_id for image in product.images] == [image_id(b"front"), image_id(b"side")]
    assert consistent(house)
    again = await house.catalogue.replace("a", fields, [b"front", b"side"])
    assert again.status == "unchanged"


async def test_another_order_of_images_is_a_change_without_embedding(house: House) -> None:
    await house.catalogue.replace("a", SHOE, [b"front", b"back"])
    house.embedder.embedded.clear()

    written = await house.catalogue.replace("a", SHOE, [b"back", b"front"])

    assert written.status == "replaced"
    assert house.embedder.embedded == []
    primary = [p.payload.image_id for p in house.store.points.values() if p.payload.primary]
    assert primary == [image_id(b"back")]


async def test_replacing_embeds_new_images_and_drops_old_ones(house: House) -> None:
    created = await house.catalogue.replace("a", SHOE, [b"front", b"back"])
    house.embedder.embedded.clear()

    written = await house.catalogue.replace("a", BOOT, [b"back", b"side"])

    assert (created.status, written.status) == ("created", "replaced")
    assert house.embedder.embedded == [b"side"]
    assert written.product.created_at == created.product.created_at
    assert {p.payload.product.name for p in house.store.points.values()} == {"Boot"}
    assert consistent(house)


async def test_products_may_share_a_picture(house: House) -> None:
    await house.catalogue.create("a", SHOE, [b"front"])
    await house.catalogue.create("b", BOOT, [b"front"])

    await house.catalogue.delete("a")

    assert (await house.catalogue.image("b", image_id(b"front")))[1] == b"front"
    assert consistent(house)


async def test_a_bad_picture_writes_nothing_and_says_which(house: House) -> None:
    with pytest.raises(InvalidImage) as caught:
        await house.catalogue.create("a", SHOE, [b"front", b"bad"])

    assert caught.value.place == ("images", 1)
    assert house.blobs.objects == {}
    assert house.store.points == {}


async def test_a_product_has_one_to_five_images(house: House) -> None:
    with pytest.raises(InvalidProduct):
        await house.catalogue.create("a", SHOE, [])
    with pytest.raises(InvalidProduct):
        await house.catalogue.create("a", SHOE, [bytes([n]) for n in range(6)])


async def test_a_patch_merges_and_embeds_nothing(house: House) -> None:
    await house.catalogue.create("a", BOOT, [b"front"])
    house.embedder.embedded.clear()

    patched = await house.catalogue.patch(
        "a", {"name": "Wellington", "attributes": {"price": None, "tags": ["rain"]}}
    )

    assert patched.name == "Wellington"
    assert patched.attributes == {"colour": "brown", "tags": ["rain"]}
    assert house.embedder.embedded == []
    assert next(iter(house.store.points.values())).payload.product == patched


@pytest.mark.parametrize(
    ("patch", "place"),
    [
        ({"name": None}, ("name",)),
        ({"name": 3}, ("name",)),
        ({"attributes": [1]}, ("attributes",)),
        ({"attributes": {"size": {"eu": 42}}}, ("attributes", "size")),
    ],
)
async def test_a_patch_that_breaks_a_rule_is_refused(
    house: House, patch: dict[str, object], place: tuple[str, ...]
) -> None:
    product = (await house.catalogue.create("a", BOOT, [b"front"])).product

    with pytest.raises(InvalidProduct) as caught:
        await house.catalogue.patch("a", patch)

    assert caught.value.place == place
    assert await house.catalogue.get("a") == product


async def test_images_are_added_and_taken_away(house: House) -> None:
    await house.catalogue.create("a", SHOE, [b"front"])

    first = await house.catalogue.add_image("a", b"back")
    second = await house.catalogue.add_image("a", b"back")
    product = await house.catalogue.delete_image("a", image_id(b"front"))

    assert (first.added, second.added) == (True, False)
    assert product.images == (first.image,)
    assert [point.payload.primary for point in house.store.points.values()] == [True]
    assert consistent(house)


async def test_the_last_image_stays(house: House) -> None:
    await house.catalogue.create("a", SHOE, [b"front"])

    with pytest.raises(Conflict):
        await house.catalogue.delete_image("a", image_id(b"front"))


async def test_a_deleted_product_is_gone_from_both_stores(house: House) -> None:
    await house.catalogue.create("a", SHOE, [b"front", b"back"])

    await house.catalogue.delete("a")

    assert house.blobs.objects == {}
    assert house.store.points == {}
    with pytest.raises(NotFound):
        await house.catalogue.get("a")
    with pytest.raises(NotFound):
        await house.catalogue.delete("a")


async def test_the_list_pages_through_all_products_newest_first(house: House) -> None:
    ids = [f"p{number}" for number in range(7)]
    for name in ids:
        await house.catalogue.create(name, SHOE, [name.encode(), name.encode() + b"2"])

    seen: list[str] = []
    cursor = None
    while True:
        page = await house.catalogue.page(limit=3, cursor=cursor)
        seen += [product.product_id for product in page.items]
        cursor = page.next_cursor
        assert page.total == 7
        if cursor is None:
            break

    assert seen == ids[::-1]


@pytest.mark.parametrize("cursor", FOREIGN_CURSORS)
async def test_a_foreign_cursor_is_refused(house: House, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        await house.catalogue.page(limit=3, cursor=cursor)


@pytest.mark.parametrize("calls", range(12))
async def test_a_creation_cut_off_is_taken_back_and_may_be_tried_again(
    house: House, calls: int
) -> None:
    house.outage.after = calls
    try:
        await house.catalogue.create("a", SHOE, [b"front", b"back"])
        acknowledged = True
    except StoreUnavailable:
        acknowledged = False
    house.outage.after = None

    await house.repair()
    assert consistent(house)
    assert (len(house.store.points) == 2) is acknowledged

    if not acknowledged:
        await house.catalogue.create("a", SHOE, [b"front", b"back"])
        assert consistent(house)


@pytest.mark.parametrize("calls", range(14))
async def test_a_replacement_cut_off_leaves_the_old_or_the_new(house: House, calls: int) -> None:
    await house.catalogue.create("a", SHOE, [b"front", b"back"])
    house.outage.after = calls
    try:
        await house.catalogue.replace("a", BOOT, [b"back", b"side"])
        acknowledged = True
    except StoreUnavailable:
        acknowledged = False
    house.outage.after = None

    await house.repair()

    product = await house.catalogue.get("a")
    assert product.name == "Boot" or not acknowledged
    indexed = [point.payload.product for point in house.store.points.values()]
    assert indexed == [product] * len(product.images)
    assert consistent(house)


@pytest.mark.parametrize("calls", range(9))
async def test_a_deletion_cut_off_leaves_all_or_nothing(house: House, calls: int) -> None:
    await house.catalogue.create("a", SHOE, [b"front", b"back"])
    house.outage.after = calls
    try:
        await house.catalogue.delete("a")
        acknowledged = True
    except StoreUnavailable:
        acknowledged = False
    house.outage.after = None

    await house.repair()

    assert len(house.store.points) in ({0} if acknowledged else {0, 2})
    assert consistent(house)


async def test_the_next_write_repairs_what_an_outage_cut_off(house: House) -> None:
    await house.catalogue.create("a", SHOE, [b"front"])
    house.outage.after = 5
    with pytest.raises(StoreUnavailable):
        await house.catalogue.replace("a", BOOT, [b"back"])
    house.outage.after = None

    await house.catalogue.replace("a", BOOT, [b"back"])

    assert consistent(house)
