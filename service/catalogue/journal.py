"""The write journal: every write holds its product by an intent, until both stores have it.

An intent is an object in the blob store that only one process can create, so that writes to one
product go one after the other among all services on the store. Where a write was cut off, its
intent stays behind, and says what has to be mended.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog

from service.catalogue.formats import (
    DamagedRecord,
    Intent,
    Record,
    read_intent,
    write_intent,
)
from service.catalogue.indexing import Indexer
from service.catalogue.records import ProductRecords, key_hash
from service.core.blob import Blob
from service.core.errors import StoreUnavailable, Unavailable
from service.core.interfaces import BlobStore

PATIENCE_S = 10.0
"""A write of another process that is older than this is not waited for: it may have crashed."""

LONGEST_WAIT_S = 20.0
"""A product that others write to without a pause is not waited for any longer."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.005, 0.1

log = structlog.stdlib.get_logger(__name__)


class ProductBusy(Unavailable):
    """Another process is writing to the product, or was cut off while it did."""


@dataclass(slots=True)
class Claim:
    """The right to write to one product. `intent` is what the store holds of it."""

    intent: Intent
    expires_at: float | None
    """By the monotonic clock; None where no other process may take the claim over."""
    begun: bool = False
    """Whether anything but the intent may have been written."""

    @property
    def write_id(self) -> str:
        return self.intent.write_id

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and time.monotonic() > self.expires_at

    def check(self) -> None:
        """To be called before each step. Raises StoreUnavailable where it took too long so far."""
        if self.has_expired:
            raise StoreUnavailable(
                f"Writing product {self.intent.product_id!r} took too long; try again."
            )


class Journal:
    """Begins and ends writes, and mends those that were cut off.

    `grace` is how long another process may take over one write; it is zero where there is no other
    process. After half of it a write gives up, long before anybody takes its claim over.
    """

    def __init__(
        self,
        blobs: BlobStore,
        records: ProductRecords,
        indexer: Indexer,
        *,
        grace: timedelta,
        longest_wait_s: float = LONGEST_WAIT_S,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._blobs = blobs
        self._records = records
        self._indexer = indexer
        self._grace = grace
        self._longest_wait_s = longest_wait_s
        self._now = now
        self._owner = str(uuid.uuid4())

    @asynccontextmanager
    async def claim(self, product_id: str) -> AsyncIterator[Claim]:
        """Holds the product against other processes; first mends a write that was cut off.

        The caller holds the product's lock of this process. Raises Unavailable where another
        process goes on writing. A write that fails after `begin` leaves its intent to be mended.
        """
        claim = await self._claim(product_id)
        try:
            yield claim
        except BaseException:
            if not claim.begun and not claim.has_expired:
                await self._end(product_id)
            raise
        claim.check()
        await self._end(product_id)

    async def begin(self, claim: Claim, *, existed: bool, image_ids: Iterable[str]) -> None:
        """Says what the write touches; to be called before it touches anything."""
        intent = replace(claim.intent, existed=existed, image_ids=frozenset(image_ids))
        claim.check()
        claim.begun = True
        if intent != claim.intent:
            await self._blobs.put(_key(claim.intent.product_id), write_intent(intent))
            claim.intent = intent

    async def is_acknowledged(self, record: Record | DamagedRecord) -> bool:
        """False while the product's creation has not ended."""
        if isinstance(record, DamagedRecord):
            return True
        data = await self._blobs.get(_key(record.product.product_id))
        intent = None if data is None else read_intent(data)
        return intent is None or not _is_creation(intent, record)

    async def mend(self, product_id: str) -> bool:
        """Mends a write that was cut off; False where another process writes to the product.

        The caller holds the product's lock of this process.
        """
        try:
            async with self.claim(product_id):
                return True
        except ProductBusy:
            return False

    async def pending(self) -> int:
        """How many writes have begun and not ended."""
        return sum([1 async for _ in self._blobs.list("pending/")])

    async def cut_off(self) -> list[str]:
        """The ids of the products whose writes are to be mended.

        A write of another process that is still young is left alone: it may be at it.
        """
        ids = [await self._cut_off(key) async for key in self._blobs.list("pending/")]
        return [product_id for product_id in ids if product_id is not None]

    async def _cut_off(self, key: str) -> str | None:
        data = await self._blobs.get(key)
        intent = None if data is None else read_intent(data)
        if data is not None and intent is None:
            return await self._drop_unreadable(key)
        return None if intent is None or self._may_go_on(intent) else intent.product_id

    async def _drop_unreadable(self, key: str) -> str | None:
        """The product that it belongs to, by its record; without one there is nothing to mend."""
        log.error("the note of a write that was cut off is damaged", key=key)
        product_id = await self._records.id_of(key.removeprefix("pending/").removesuffix(".json"))
        if product_id is None:
            await self._blobs.delete([key])
        return product_id

    async def _claim(self, product_id: str) -> Claim:
        waited_until = time.monotonic() + self._longest_wait_s
        pause_s = FIRST_PAUSE_S
        while True:
            claim = self._new_claim(product_id)
            if await self._take(claim):
                return claim
            if time.monotonic() > waited_until:
                raise _busy(product_id)
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _new_claim(self, product_id: str) -> Claim:
        intent = Intent(
            product_id,
            existed=True,
            image_ids=frozenset(),
            begun_at=self._now(),
            owner=self._owner,
            write_id=uuid.uuid4().hex,
        )
        life_s = self._grace.total_seconds() / 2
        return Claim(intent, time.monotonic() + life_s if life_s else None)

    async def _take(self, claim: Claim) -> bool:
        """Whether the product is this process's now. Raises Unavailable if a wait is no use."""
        product_id = claim.intent.product_id
        data = write_intent(claim.intent)
        if await self._blobs.create(_key(product_id), data):
            return True
        found = await self._blobs.read(_key(product_id))
        if found is None:
            return False
        if found.data == data:  # the store repeated a write whose answer was lost
            return True
        other = read_intent(found.data)
        if other is not None and self._may_go_on(other):
            if self._age(other) > timedelta(seconds=PATIENCE_S):
                raise _busy(product_id)
            return False
        return await self._take_over(claim, other, found)

    def _may_go_on(self, intent: Intent) -> bool:
        """Whether another process began the write, so lately that it may still be at it."""
        return intent.owner != self._owner and self._age(intent) < self._grace

    def _age(self, intent: Intent) -> timedelta:
        """Without its sign: clocks differ, and one that was set back must not hold the product."""
        return abs(self._now() - intent.begun_at)

    async def _take_over(self, claim: Claim, left: Intent | None, found: Blob) -> bool:
        """Mends what the intent `left` speaks of; False where another process was faster."""
        product_id, key = claim.intent.product_id, _key(claim.intent.product_id)
        # Until all is mended, the intent goes on saying what there is to mend.
        held = claim.intent if left is None else replace(left, owner=self._owner)
        held = replace(held, begun_at=self._now())
        if not await self._blobs.replace(key, write_intent(held), found.version):
            return False
        log.info("mending a write that was cut off", product_id=product_id)
        await self._mend(held)
        claim.check()
        await self._blobs.put(key, write_intent(claim.intent))
        return True

    async def _mend(self, intent: Intent) -> None:
        """Takes back a creation that was never acknowledged; carries through everything else.

        What this version cannot read, a damaged record or the work of a newer version, it leaves.
        """
        product_id = intent.product_id
        record = await self._records.find(product_id)
        if isinstance(record, DamagedRecord):
            return
        if record is not None and not intent.is_newer and _is_creation(intent, record):
            await self._records.delete(product_id)
            record = None
        if record is not None:
            await self._indexer.restore(record.product)
        if not intent.is_newer and not (record is not None and record.is_newer):
            await self._drop(product_id, intent.image_ids - _image_ids(record))

    async def _drop(self, product_id: str, image_ids: frozenset[str]) -> None:
        await self._indexer.remove(product_id, image_ids)
        await self._records.delete_images(product_id, image_ids)

    async def _end(self, product_id: str) -> None:
        """From here on, the write is acknowledged."""
        await self._blobs.delete([_key(product_id)])


def _is_creation(intent: Intent, record: Record) -> bool:
    """Whether the write that the intent speaks of made this record, and is the product's first."""
    return not intent.existed and intent.write_id == record.write_id


def _image_ids(record: Record | None) -> frozenset[str]:
    images = () if record is None else record.product.images
    return frozenset(image.image_id for image in images)


def _busy(product_id: str) -> ProductBusy:
    return ProductBusy(
        f"Another process is writing product {product_id!r}; try again.", retry_after_s=5
    )


def _key(product_id: str) -> str:
    return f"pending/{key_hash(product_id)}.json"
