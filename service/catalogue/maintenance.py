"""Keeps the stores in step while the service runs: mends writes, fills an incomplete index."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from service.catalogue.indexing import Indexer, Progress
from service.catalogue.products import Catalogue
from service.catalogue.records import ProductRecords
from service.core.errors import Unavailable
from service.core.interfaces import VectorStore
from service.repositories.ownership import Lease

INTERVAL_S = 5.0
"""An index that has lost everything is noticed after so long at the latest."""

MEND_EVERY_ROUNDS = 6
LOOK_EVERY_ROUNDS = 60
"""Comparing lists all records, which takes 1,000 requests a million products in a bucket."""

log = structlog.stdlib.get_logger(__name__)


class Maintenance:
    """Runs beside the service; `warnings` says what is not in order yet.

    Where several services share an index, the one that holds the `lease` fills it. None is for an
    index that only this service writes to.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        indexer: Indexer,
        records: ProductRecords,
        store: VectorStore,
        *,
        lease: Lease | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._indexer = indexer
        self._records = records
        self._store = store
        self._lease = lease
        self._warning: str | None = None
        self._rounds = 0
        self._differs = False
        self._expected: int | None = None
        self._cannot_be_indexed = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        index = () if self._warning is None else (self._warning,)
        return index + _damage_warning(self._records.damage)

    @property
    def expected_products(self) -> int | None:
        """How many products the complete index has; None unless some are known to be missing."""
        return self._expected

    async def prepare(self) -> None:
        """Before the first request: mends, and finds out whether the index is complete."""
        await self._attempt(self._mend)
        await self._attempt(self._look)

    async def run(self) -> None:
        """Works until it is cancelled. An outage only puts the work off."""
        while True:
            if self._rounds % MEND_EVERY_ROUNDS == 0:
                await self._attempt(self._mend)
            await self._attempt(self._round)
            self._rounds += 1
            await asyncio.sleep(INTERVAL_S)

    async def _attempt(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Unavailable as exc:
            log.warning("maintenance put off", reason=exc.detail)
        except Exception:
            log.exception("maintenance failed")

    async def _round(self) -> None:
        if self._look_is_due(indexed=await self._store.count_products()):
            await self._look()
        if self._differs or self._store.rebuilt_because is not None:
            await self._fill()

    def _look_is_due(self, *, indexed: int) -> bool:
        if self._expected is None:
            return indexed == 0 or (self._rounds + 1) % LOOK_EVERY_ROUNDS == 0
        # Another service may be filling the index; this one sees when it is complete.
        return (self._rounds + 1) % MEND_EVERY_ROUNDS == 0

    async def _look(self) -> None:
        """Compares how many products both stores have; writes under way make a difference."""
        recorded, indexed = await self._records.count(), await self._store.count_products()
        under_way = await self._catalogue.pending_writes() if recorded != indexed else 0
        is_short = recorded - indexed > under_way + self._cannot_be_indexed
        self._differs = is_short or indexed - recorded > under_way
        self._expected = recorded if is_short else None
        if recorded == 0 and self._differs:
            # Products are taken out of the index first: their records cannot all have been deleted.
            self._differs = False
            self._tell(
                f"The blob store is empty, and the index has {indexed} products: restore the blob"
                " store, or delete the index as well."
            )
        elif is_short:
            self._tell(f"The index has {indexed} of {recorded} products; searches see only those.")
        elif not self._cannot_be_indexed:
            self._warning = None

    async def _mend(self) -> None:
        mended = await self._catalogue.mend()
        if mended:
            log.info("repaired interrupted writes", writes=mended)

    async def _fill(self) -> None:
        if self._lease is None:
            await self._rebuild()
        elif not await self._lease.take():
            holder = self._lease.holder or "another service"
            self._tell(f"The index is incomplete; {holder} is filling it.")
        elif not await self._lease.while_held(self._rebuild()):
            log.warning("another service goes on filling the index", holder=str(self._lease.holder))

    async def _rebuild(self) -> None:
        reason = self._store.rebuilt_because
        log.info("filling the index from the blob store", because=reason)
        last = await self._indexer.rebuild(self._report)
        # Lost again meanwhile, it lacks what was in it before: the next round goes over it again.
        if self._store.rebuilt_because == reason:
            await self._store.mark_rebuilt()
        self._differs, self._expected, self._warning = False, None, None
        self._cannot_be_indexed = len(last.failed)
        if last.failed:
            self._tell(
                f"{len(last.failed)} products could not be indexed, among them"
                f" {', '.join(last.failed[:3])}: the log says why."
            )
        log.info("the index is complete", products=last.done, failed=len(last.failed))

    def _report(self, progress: Progress) -> None:
        if self._expected is not None:
            self._expected = progress.total
        self._warning = (
            f"The index is being filled: {progress.done} of {progress.total} products have been"
            " checked; searches see only what is in it."
        )
        if progress.done % 500 == 0:
            log.info("filling the index", products=progress.done, of=progress.total)

    def _tell(self, warning: str) -> None:
        if warning != self._warning:
            log.warning(warning)
        self._warning = warning


def _damage_warning(damage: tuple[str, ...]) -> tuple[str, ...]:
    if not damage:
        return ()
    return (
        f"The blob store has {len(damage)} damaged objects, among them {', '.join(damage[:3])}:"
        " write them anew, or restore them from a backup.",
    )
