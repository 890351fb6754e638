"""Records and intents of other versions, and damaged ones: nothing is lost between versions."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from service.catalogue.products import Catalogue
from service.catalogue.record_json import FORMAT
from service.catalogue.records import image_id, key_hash
from service.core.errors import Conflict, NotFound
from service.core.product import ProductFields
from tests.house import House

FIELDS = ProductFields("Shoe", "", {"colour": "red"})
RECORD, INTENT = f"products/{key_hash('a')}.json", f"pending/{key_hash('a')}.json"
FRONT = image_id(b"front")

Write = Callable[[Catalogue], Awaitable[object]]
CHANGES: list[Write] = [
    lambda catalogue: catalogue.patch("a", {"name": "Boot"}),
    lambda catalogue: catalogue.replace("a", FIELDS, [b"front", b"back"]),
    lambda catalogue: catalogue.add_image("a", b"back"),
]


@pytest.fixture
async def filled(house: House) -> House:
    await house.catalogue.create("a", FIELDS, [b"front", b"side"])
    return house


def record(house: House) -> dict[str, Any]:
    return json.loads(house.blobs.objects[RECORD])


def rewrite(house: House, **fields: object) -> None:
    house.blobs.objects[RECORD] = json.dumps(record(house) | fields).encode()


def leave_intent(house: House, **fields: object) -> None:
    """An intent such as a write of a process that is gone leaves behind."""
    intent = {
        "format": FORMAT,
        "product_id": "a",
        "existed": False,
        "image_ids": [FRONT, image_id(b"side")],
        "begun_at": "2026-01-01T00:00:00+00:00",
        "owner": "gone",
        "write_id": record(house)["revision"],
    }
    house.blobs.objects[INTENT] = json.dumps(intent | fields).encode()


async def test_records_carry_their_format(filled: House) -> None:
    assert record(filled)["format"] == FORMAT


@pytest.mark.parametrize("change", CHANGES)
async def test_a_field_that_is_unknown_is_kept(filled: House, change: Write) -> None:
    images = record(filled)["images"]
    rewrite(filled, brand={"name": "Later"}, images=[one | {"alt": "A view."} for one in images])

    assert (await filled.catalogue.get("a")).name == "Shoe"
    await change(filled.catalogue)

    after = record(filled)
    assert after["brand"] == {"name": "Later"}
    assert after["images"][0] == images[0] | {"alt": "A view."}


async def test_a_record_of_an_older_version_is_read_and_written(filled: House) -> None:
    old = {
        name: value for name, value in record(filled).items() if name not in ("format", "revision")
    }
    filled.blobs.objects[RECORD] = json.dumps(old).encode()

    revision = (await filled.catalogue.get("a")).revision
    patched = await filled.catalogue.patch("a", {"name": "Boot"}, if_match=[revision])

    assert record(filled)["format"] == FORMAT
    assert patched.revision == record(filled)["revision"]


async def test_a_record_of_a_newer_version_is_served(filled: House) -> None:
    rewrite(filled, format=FORMAT + 1, price_history=[1, 2])

    assert (await filled.catalogue.get("a")).attributes == {"colour": "red"}
    assert (await filled.catalogue.image("a", FRONT))[1] == b"front"


@pytest.mark.parametrize(
    "write",
    [
        *CHANGES,
        lambda catalogue: catalogue.create("a", FIELDS, [b"front"]),
        lambda catalogue: catalogue.delete_image("a", FRONT),
        lambda catalogue: catalogue.delete("a"),
    ],
)
@pytest.mark.parametrize("fields", [{}, {"images": "in another place"}])
async def test_a_record_of_a_newer_version_is_not_written(
    filled: House, write: Write, fields: dict[str, object]
) -> None:
    rewrite(filled, format=FORMAT + 1, **fields)
    before = dict(filled.blobs.objects)

    with pytest.raises((Conflict, NotFound), match="newer version"):
        await write(filled.catalogue)

    assert filled.blobs.objects == before
    assert len(filled.store.points) == 2


@pytest.mark.parametrize(
    ("record_fields", "intent_fields"),
    [
        ({"format": FORMAT + 1}, {"format": FORMAT + 1, "steps": ["a"]}),
        ({"format": FORMAT + 1, "images": None}, {"format": FORMAT + 1}),
        ({"format": FORMAT + 1, "images": None}, {}),
        ({"format": FORMAT + 1}, {"existed": True, "image_ids": [FRONT, "another"]}),
        ({}, {"format": FORMAT + 1, "image_ids": ["another"]}),
        ({}, {"format": FORMAT + 1, "owner": None, "begun_at": 7}),
    ],
)
async def test_repairing_deletes_nothing_that_a_newer_version_has_begun(
    filled: House, record_fields: dict[str, object], intent_fields: dict[str, object]
) -> None:
    filled.blobs.objects[f"images/{key_hash('a')}/another"] = b"another"
    rewrite(filled, **record_fields)
    before = dict(filled.blobs.objects)
    leave_intent(filled, **intent_fields)

    await filled.repair()

    if "format" not in record_fields:  # repairing gives the record another revision
        before[RECORD] = filled.blobs.objects[RECORD]
    assert filled.blobs.objects == before
    assert len(filled.store.points) == 2


async def test_after_a_rollback_a_pending_intent_and_its_record_go_on(filled: House) -> None:
    rewrite(filled, brand="Later")
    leave_intent(filled, existed=True, steps=["a"])

    patched = await filled.catalogue.patch("a", {"name": "Boot"})

    assert record(filled)["brand"] == "Later"
    assert {point.payload.product.name for point in filled.store.points.values()} == {"Boot"}
    assert await filled.catalogue.get("a") == patched


DAMAGED = [b"", b'{"product_id": "a", ', b"[]", b"{}", b'{"format": 1, "product_id": "a"}', b"\xff"]


@pytest.mark.parametrize("data", DAMAGED)
async def test_a_damaged_record_is_told_and_only_put_and_delete_write_over_it(
    filled: House, data: bytes
) -> None:
    filled.blobs.objects[RECORD] = data

    with pytest.raises(NotFound, match="damaged"):
        await filled.catalogue.get("a")
    with pytest.raises(Conflict, match="damaged"):
        await filled.catalogue.create("a", FIELDS, [b"front"])
    with pytest.raises(NotFound):
        await filled.catalogue.patch("a", {"name": "Boot"})
    assert filled.blobs.objects[RECORD] == data

    written = await filled.catalogue.replace("a", FIELDS, [b"front"])
    assert await filled.catalogue.get("a") == written.product
    assert [key for key in filled.blobs.objects if "images/" in key] == [
        f"images/{key_hash('a')}/{FRONT}"
    ]

    filled.blobs.objects[RECORD] = data
    await filled.catalogue.delete("a")
    assert (filled.blobs.objects, filled.store.points) == ({}, {})


@pytest.mark.parametrize("data", DAMAGED)
async def test_repairing_and_rebuilding_leave_what_belongs_to_a_damaged_record(
    filled: House, data: bytes
) -> None:
    leave_intent(filled, existed=True)
    filled.blobs.objects[RECORD] = data

    await filled.repair()
    last = await filled.indexer.rebuild(lambda _: None)

    assert last.failed == (RECORD,)
    assert filled.blobs.objects[RECORD] == data
    assert sum(key.startswith("images/") for key in filled.blobs.objects) == 2
    assert len(filled.store.points) == 2


WRONG_VALUES: list[dict[str, object]] = [
    {"product_id": "b"},
    {"product_id": 7},
    {"product_id": "\ud800"},
    {"name": 7},
    {"name": " "},
    {"name": "\ud800"},
    {"description": None},
    {"attributes": {"size": {"eu": 42}}},
    {"attributes": {"price": float("nan")}},
    {"attributes": {"tags": ["\udfff"]}},
    {"images": []},
    {"images": "front"},
    {"created_at": "0001-01-01T00:00:00+14:00"},
    {"updated_at": 7},
    {"revision": ["x"]},
]


async def every_way_to_heal(house: House) -> None:
    """Checks that the record counts as damaged, that a rebuild goes on, and that PUT heals it."""
    await house.catalogue.create("z", FIELDS, [b"other"])
    house.store.points.clear()

    last = await house.indexer.rebuild(lambda _: None)
    assert (last.done, last.failed) == (2, (RECORD,))
    assert {point.payload.product.product_id for point in house.store.points.values()} == {"z"}
    with pytest.raises(NotFound, match="damaged"):
        await house.catalogue.get("a")

    await house.catalogue.replace("a", FIELDS, [b"front", b"side"])
    assert len(house.store.points) == 3
    assert (await house.catalogue.get("a")).name == "Shoe"


@pytest.mark.parametrize("fields", WRONG_VALUES)
async def test_a_record_with_a_wrong_value_is_damaged_and_put_heals_it(
    filled: House, fields: dict[str, object]
) -> None:
    rewrite(filled, **fields)
    await every_way_to_heal(filled)


@pytest.mark.parametrize(
    "fields", [{"image_id": "x"}, {"image_id": 7}, {"width": "wide"}, {"media_type": "image/\n"}]
)
async def test_a_record_with_a_wrong_picture_is_damaged_and_put_heals_it(
    filled: House, fields: dict[str, object]
) -> None:
    first, *others = record(filled)["images"]
    rewrite(filled, images=[first | fields, *others])
    await every_way_to_heal(filled)


async def test_a_record_that_names_a_picture_twice_is_damaged(filled: House) -> None:
    rewrite(filled, images=record(filled)["images"] * 2)
    await every_way_to_heal(filled)


async def test_a_record_that_is_nested_too_deeply_is_damaged(filled: House) -> None:
    filled.blobs.objects[RECORD] = b"[" * 100_000
    await every_way_to_heal(filled)


async def test_half_of_a_surrogate_pair_in_an_unknown_field_is_kept(filled: House) -> None:
    rewrite(filled, brand="\ud800")

    await filled.catalogue.patch("a", {"name": "Boot"})

    assert record(filled)["brand"] == "\ud800"


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"product_id": 7}'])
async def test_a_damaged_intent_does_not_stop_the_repair(filled: House, data: bytes) -> None:
    filled.blobs.objects[INTENT] = data

    await filled.repair()

    assert (await filled.catalogue.get("a")).name == "Shoe"


async def test_a_damaged_picture_is_told_and_neither_served_nor_embedded(filled: House) -> None:
    key = f"images/{key_hash('a')}/{FRONT}"
    filled.blobs.objects[key] = b"fronT"
    filled.store.points.clear()

    with pytest.raises(NotFound, match="damaged"):
        await filled.catalogue.image("a", FRONT)
    with pytest.raises(NotFound, match="damaged"):
        await filled.catalogue.thumbnail("a", FRONT)
    last = await filled.indexer.rebuild(lambda _: None)

    assert last.failed == ("a",)
    assert len(filled.store.points) == 1
    assert filled.records.damage == (f"picture {FRONT} of product 'a'",)

    await filled.catalogue.replace("a", FIELDS, [b"front", b"side"])
    assert len(filled.store.points) == 2
    assert (await filled.catalogue.image("a", FRONT))[1] == b"front"
    assert filled.records.damage == ()


async def test_a_damaged_record_is_told_until_it_is_written_anew(filled: House) -> None:
    filled.blobs.objects[RECORD] = b""
    with pytest.raises(NotFound):
        await filled.catalogue.get("a")

    assert filled.records.damage == ("the record of 'a'",)

    await filled.catalogue.replace("a", FIELDS, [b"front"])
    assert filled.records.damage == ()
