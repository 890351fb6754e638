"""The write journal: other processes' intents, damaged ones, and races that are lost."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest

from service.catalogue.journal import ProductBusy
from service.catalogue.records import image_id, key_hash
from service.core.errors import Conflict, PreconditionFailed, StoreUnavailable
from service.core.product import ProductFields
from tests.catalogue.services import GRACE, Clock, Service
from tests.fakes import BruteForceStore, MemoryBlobs

FIELDS = ProductFields("Shoe", "", {})
RECORD, INTENT = f"products/{key_hash('a')}.json", f"pending/{key_hash('a')}.json"


class Pair:
    """Two services on the same stores."""

    def __init__(self) -> None:
        self.blobs, self.store, self.clock = MemoryBlobs(), BruteForceStore(), Clock()
        self.first, self.second = self.service(), self.service()

    def service(self) -> Service:
        return Service(self.blobs, self.store, clock=self.clock, longest_wait_s=0.05)

    async def cut_off_a_patch(self) -> None:
        """The record has the first service's change; the index does not, and the intent is left."""
        self.first.faults.after = 3
        with pytest.raises(StoreUnavailable):
            await self.first.catalogue.patch("a", {"name": "Boot"})
        self.first.faults.after = None


@pytest.fixture
async def pair() -> Pair:
    pair = Pair()
    await pair.first.catalogue.create("a", FIELDS, [b"front"])
    return pair


async def test_a_write_of_another_process_that_may_go_on_is_left_alone(pair: Pair) -> None:
    await pair.cut_off_a_patch()

    with pytest.raises(ProductBusy) as caught:
        await pair.second.catalogue.patch("a", {"description": "New"})

    assert caught.value.retry_after_s == 5
    assert await pair.second.catalogue.repair() == 0
    assert INTENT in pair.blobs.objects


async def test_a_write_of_a_process_that_is_gone_is_repaired_by_the_next(pair: Pair) -> None:
    await pair.cut_off_a_patch()
    pair.clock.time += GRACE

    product = await pair.second.catalogue.patch("a", {"description": "New"})

    assert (product.name, product.description) == ("Boot", "New")
    assert [point.payload.product for point in pair.store.points.values()] == [product]
    assert INTENT not in pair.blobs.objects


async def test_a_clock_that_is_set_back_does_not_hold_the_product(pair: Pair) -> None:
    await pair.cut_off_a_patch()
    pair.clock.time -= timedelta(days=1)

    assert await pair.second.catalogue.repair() == 1


async def test_a_process_repairs_its_own_write_at_once(pair: Pair) -> None:
    await pair.cut_off_a_patch()

    assert await pair.first.catalogue.repair() == 1
    assert [point.payload.product.name for point in pair.store.points.values()] == ["Boot"]


async def test_a_record_that_arrives_after_its_write_was_repaired_is_refused(pair: Pair) -> None:
    before = await pair.blobs.read(RECORD)
    assert before is not None
    pair.first.faults.after = 2
    with pytest.raises(StoreUnavailable):
        await pair.first.catalogue.patch("a", {"name": "Boot"})
    pair.first.faults.after = None
    pair.clock.time += GRACE

    assert await pair.second.catalogue.repair() == 1

    assert await pair.blobs.replace(RECORD, b"{}", before.version) is False
    assert (await pair.second.catalogue.get("a")).name == "Shoe"


async def test_a_damaged_intent_deletes_nothing_and_holds_nothing_up(pair: Pair) -> None:
    before, product = set(pair.blobs.objects), await pair.first.catalogue.get("a")
    pair.blobs.objects[INTENT] = b'{"product_id": "a", "exis'

    assert await pair.first.catalogue.repair() == 1
    assert pair.blobs.objects.keys() == before
    assert await pair.first.catalogue.get("a") == product

    pair.blobs.objects[INTENT] = b"[]"
    await pair.first.catalogue.patch("a", {"name": "Boot"})
    assert INTENT not in pair.blobs.objects


async def test_a_damaged_intent_without_a_record_is_taken_away(pair: Pair) -> None:
    pair.blobs.objects[f"pending/{key_hash('b')}.json"] = b""

    await pair.first.catalogue.repair()

    assert not any(key.startswith("pending/") for key in pair.blobs.objects)


async def test_a_record_that_somebody_else_changes_during_a_write_is_read_again(
    pair: Pair,
) -> None:
    def change_record() -> None:
        stored = json.loads(pair.blobs.objects[RECORD])
        stored["attributes"]["theirs"], stored["revision"] = True, "another"
        pair.blobs.objects[RECORD] = json.dumps(stored).encode()

    pair.first.faults.after, pair.first.faults.meanwhile = 2, change_record
    product = await pair.first.catalogue.patch("a", {"attributes": {"mine": True}})

    assert product.attributes == {"theirs": True, "mine": True}
    assert [point.payload.product for point in pair.store.points.values()] == [product]


async def test_a_creation_that_somebody_else_was_faster_with_is_a_conflict(
    pair: Pair,
) -> None:
    record, front = pair.blobs.objects[RECORD], image_id(b"front")
    await pair.first.catalogue.delete("a")
    keys = {RECORD: record, f"images/{key_hash('a')}/{front}": b"front"}
    pair.first.faults.after = 5
    pair.first.faults.meanwhile = lambda: pair.blobs.objects.update(keys)

    with pytest.raises(Conflict):
        await pair.first.catalogue.create("a", ProductFields("Mine", "", {}), [b"mine"])

    assert pair.blobs.objects.keys() == keys.keys()
    assert [point.payload.product.name for point in pair.store.points.values()] == ["Shoe"]


async def test_a_write_that_takes_too_long_gives_up_before_others_take_it_over(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = time.monotonic() + GRACE.total_seconds() * 0.6
    pair.first.faults.after = 4
    pair.first.faults.meanwhile = lambda: monkeypatch.setattr("time.monotonic", lambda: later)
    with pytest.raises(StoreUnavailable, match="too long"):
        await pair.first.catalogue.add_image("a", b"back")

    monkeypatch.undo()
    assert len((await pair.second.catalogue.get("a")).images) == 1
    assert INTENT in pair.blobs.objects


@pytest.mark.parametrize("calls", range(10))
async def test_a_store_that_repeats_a_call_whose_answer_was_lost_does_no_harm(
    pair: Pair, calls: int
) -> None:
    pair.first.faults.after, pair.first.faults.kind = calls, "twice"

    product = await pair.first.catalogue.patch("a", {"name": "Boot"})
    other = await pair.first.catalogue.create("b", FIELDS, [b"other"])

    assert await pair.second.catalogue.get("a") == product
    assert await pair.second.catalogue.get("b") == other.product
    assert not any(key.startswith("pending/") for key in pair.blobs.objects)


async def test_every_write_gives_the_product_another_revision(pair: Pair) -> None:
    revisions = [(await pair.first.catalogue.get("a")).revision]
    for name in ("Boot", "Shoe"):
        product = await pair.first.catalogue.patch("a", {"name": name})
        assert (await pair.second.catalogue.get("a")).revision == product.revision
        revisions.append(product.revision)

    assert len(set(revisions)) == 3


async def test_a_write_is_refused_where_the_product_has_another_revision(pair: Pair) -> None:
    old = (await pair.first.catalogue.get("a")).revision
    new = (await pair.first.catalogue.patch("a", {"name": "Boot"})).revision
    catalogue, front = pair.first.catalogue, image_id(b"front")
    for write in (
        lambda match: catalogue.patch("a", {"name": "Shoe"}, if_match=match),
        lambda match: catalogue.add_image("a", b"back", if_match=match),
        lambda match: catalogue.delete_image("a", front, if_match=match),
        lambda match: catalogue.replace("a", FIELDS, [b"front"], if_match=match),
        lambda match: catalogue.delete("a", if_match=match),
    ):
        with pytest.raises(PreconditionFailed):
            await write([old])
        product = await catalogue.get("a")
        assert product.revision == new
        await write([old, product.revision])
        new = (await catalogue.get("a")).revision if RECORD in pair.blobs.objects else ""
    with pytest.raises(PreconditionFailed):
        await catalogue.replace("a", FIELDS, [b"front"], if_match=["*"])
