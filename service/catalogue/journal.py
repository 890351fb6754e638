"""The write journal. Every write locks its product by an intent until both stores have the write.

An intent is an object in the blob store that only one process can create, so that the writes of all
services to one product happen one after the other. If a write is interrupted, its intent stays
behind and says what has to be repaired.
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

from service.catalogue.indexing import Indexer
from service.catalogue.record_json import (
    DamagedRecord,
    Intent,
    Record,
    image_ids,
    read_intent,
    write_intent,
)
from service.catalogue.records import ProductRecords, key_hash
from service.core.blob import Blob
from service.core.errors import StoreUnavailable, Unavailable
from service.core.interfaces import BlobStore

PATIENCE_S = 10.0
"""A write does not wait for a write of another process that is older: that process may be dead."""

LONGEST_WAIT_S = 20.0
"""The longest wait for a product that others keep writing to."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.005, 0.1

log = structlog.stdlib.get_logger(__name__)


class ProductBusy(Unavailable):
    """Another process is writing to the product, or was interrupted while it did."""


@dataclass(slots=True)
class Claim:
    """The right to write to one product, with the intent that is stored for it."""

    intent: Intent
    expires_at: float | None
    """The end of the claim on the monotonic clock, or None if no other process can take it over."""
    begun: bool = False
    """True if anything but the intent may have been written."""

    @property
    def write_id(self) -> str:
        return self.intent.write_id

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and time.monotonic() > self.expires_at

    def check(self) -> None:
        """Raises StoreUnavailable if the write has taken too long. Call this before each step."""
        if self.has_expired:
            raise StoreUnavailable(
                f"Writing product {self.intent.product_id!r} took too long; try again."
            )


class Journal:
    """Begins and ends writes, and repairs those that were interrupted.

    `grace` is the age at which a write of another process counts as interrupted. It is zero if no
    other process uses the store. A write gives up after half of this time, so that nobody takes
    over its claim while it is still running.
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
        """Locks the product against other processes, and first repairs an interrupted write.

        The caller holds the product's lock of this process. Raises Unavailable if another
        process keeps writing. A write that fails after `begin` leaves its intent to be repaired.
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
        """Stores what the write is going to change. Call this before anything is changed."""
        intent = replace(claim.intent, existed=existed, image_ids=frozenset(image_ids))
        claim.check()
        claim.begun = True
        if intent != claim.intent:
            await self._blobs.put(_key(claim.intent.product_id), write_intent(intent))
            claim.intent = intent

    async def is_acknowledged(self, record: Record | DamagedRecord) -> bool:
        """Returns False while the creation of the product has not ended."""
        if isinstance(record, DamagedRecord):
            return True
        data = await self._blobs.get(_key(record.product.product_id))
        intent = None if data is None else read_intent(data)
        return intent is None or not _is_creation(intent, record)

    async def repair(self, product_id: str) -> bool:
        """Repairs an interrupted write. Returns False if another process writes to the product.

        The caller holds the product's lock of this process.
        """
        try:
            async with self.claim(product_id):
                return True
        except ProductBusy:
            return False

    async def pending(self) -> int:
        """Returns the number of writes that have begun and not ended."""
        return sum([1 async for _ in self._blobs.list("pending/")])

    async def interrupted(self) -> list[str]:
        """Returns the ids of the products with an interrupted write.

        A young write of another process is left alone, because the process may still work on it.
        """
        ids = [await self._interrupted(key) async for key in self._blobs.list("pending/")]
        return [product_id for product_id in ids if product_id is not None]

    async def _interrupted(self, key: str) -> str | None:
        data = await self._blobs.get(key)
        intent = None if data is None else read_intent(data)
        if data is not None and intent is None:
            return await self._drop_unreadable(key)
        return None if intent is None or self._may_go_on(intent) else intent.product_id

    async def _drop_unreadable(self, key: str) -> str | None:
        """Returns the id of a damaged intent's product, which is in the product's record.

        Without a readable record there is nothing to repair, and the intent is deleted.
        """
        log.error("the intent of an interrupted write is damaged", key=key)
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
        """Returns True if this process now holds the product. Raises ProductBusy if waiting is of
        no use."""
        product_id = claim.intent.product_id
        if await self._blobs.create(_key(product_id), write_intent(claim.intent)):
            return True
        found = await self._blobs.read(_key(product_id))
        if found is None:
            return False
        other = read_intent(found.data)
        if other is not None and self._may_go_on(other):
            if self._age(other) > timedelta(seconds=PATIENCE_S):
                raise _busy(product_id)
            return False
        return await self._take_over(claim, other, found)

    def _may_go_on(self, intent: Intent) -> bool:
        """Returns True if another process began the write so recently that it may still be working
        on it."""
        return intent.owner != self._owner and self._age(intent) < self._grace

    def _age(self, intent: Intent) -> timedelta:
        """The age without its sign, so that a clock that is set back does not lock the product."""
        return abs(self._now() - intent.begun_at)

    async def _take_over(self, claim: Claim, left: Intent | None, found: Blob) -> bool:
        """Repairs the write of the intent `left`. Returns False if another process was faster."""
        product_id, key = claim.intent.product_id, _key(claim.intent.product_id)
        # Until the repair is complete, the intent must keep saying what has to be repaired.
        held = claim.intent if left is None else replace(left, owner=self._owner)
        held = replace(held, begun_at=self._now())
        if not await self._blobs.replace(key, write_intent(held), found.version):
            return False
        log.info("repairing an interrupted write", product_id=product_id)
        await self._repair(held)
        claim.check()
        await self._blobs.put(key, write_intent(claim.intent))
        return True

    async def _repair(self, intent: Intent) -> None:
        """Undoes a creation that was never acknowledged, and completes every other write.

        It leaves alone a damaged record, and whatever a newer version of the service wrote.
        """
        product_id = intent.product_id
        record = await self._records.find(product_id)
        if isinstance(record, DamagedRecord):
            return
        if record is not None and not intent.is_newer and _is_creation(intent, record):
            await self._records.delete(product_id)
            record = None
        if record is not None:
            await self._renew(record)
            await self._indexer.restore(record.product)
        if not intent.is_newer and not (record is not None and record.is_newer):
            await self._drop(product_id, intent.image_ids - image_ids(record))

    async def _renew(self, record: Record) -> None:
        """Writes the record again with another revision, which changes its version in the store.

        A write that was only delayed, or whose process was only paused, then finds a version that
        it does not expect, and fails.
        """
        if record.is_newer:
            return
        product = replace(record.product, revision=uuid.uuid4().hex)
        if not await self._records.write(product, record):
            raise StoreUnavailable(f"Product {product.product_id!r} is being written; try again.")

    async def _drop(self, product_id: str, image_ids: frozenset[str]) -> None:
        await self._indexer.remove(product_id, image_ids)
        await self._records.delete_images(product_id, image_ids)

    async def _end(self, product_id: str) -> None:
        """Deletes the intent. The write is acknowledged from then on."""
        key = _key(product_id)
        try:
            await self._blobs.delete([key])
        except StoreUnavailable:
            # The object may have been deleted although the answer was lost.
            if await self._blobs.get(key) is not None:
                raise


def _is_creation(intent: Intent, record: Record) -> bool:
    """Returns True if the write of this intent created the product, and made this record."""
    return not intent.existed and intent.write_id == record.write_id


def _busy(product_id: str) -> ProductBusy:
    return ProductBusy(
        f"Another process is writing product {product_id!r}; try again.", retry_after_s=5
    )


def _key(product_id: str) -> str:
    return f"pending/{key_hash(product_id)}.json"
