"""Keeps the stores in step while the service runs: mends writes, rebuilds a lost index."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from service.catalogue.indexing import Indexer, Progress
from service.catalogue.products import Catalogue
from service.catalogue.records import ProductRecords
from service.core.errors import Unavailable
from service.core.interfaces import VectorStore

INTERVAL_S = 30.0
LOOK_EVERY_ROUNDS = 10
"""Counting the records lists them all; an index that has lost everything is looked at at once."""

REINDEX = "python -m service reindex"

log = structlog.stdlib.get_logger(__name__)


class Maintenance:
    """Runs beside the service; `warnings` says what is not in order yet.

    `rebuilds` is for a store that only this process writes to: a shared one is rebuilt by whoever
    runs it, once, with the command `reindex`. `lost` says why an index that was filled is empty,
    until `rebuilt` is told.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        indexer: Indexer,
        records: ProductRecords,
        store: VectorStore,
        *,
        rebuilds: bool,
        lost: Callable[[], str | None] = lambda: None,
        rebuilt: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._indexer = indexer
        self._records = records
        self._store = store
        self._rebuilds = rebuilds
        self._lost = lost
        self._rebuilt = rebuilt
        self._index_warning: str | None = None
        self._rounds = 0
        self._incomplete = False

    @property
    def warnings(self) -> tuple[str, ...]:
        return () if self._index_warning is None else (self._index_warning,)

    async def prepare(self) -> None:
        """Before the first request: mends, and finds out whether the index is complete."""
        await self._attempt(self._mend)
        await self._attempt(self._look)

    async def run(self) -> None:
        """Until cancelled. An outage only puts it off."""
        while True:
            await self._attempt(self._mend)
            await self._attempt(self._round)
            await asyncio.sleep(INTERVAL_S)

    async def _attempt(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Unavailable as exc:
            log.warning("maintenance put off", reason=exc.detail)
        except Exception:
            log.exception("maintenance failed")

    async def _round(self) -> None:
        self._rounds += 1
        if self._rounds % LOOK_EVERY_ROUNDS == 0 or not await self._store.count_products():
            await self._look()
        if self._rebuilds and (self._incomplete or self._lost() is not None):
            await self._rebuild()
            self._incomplete = False

    async def _look(self) -> None:
        """Compares how many products both stores have; writes under way make a difference."""
        recorded, indexed = await self._records.count(), await self._store.count_products()
        under_way = await self._catalogue.pending_writes() if recorded != indexed else 0
        self._incomplete = abs(recorded - indexed) > under_way
        self._index_warning = None
        if self._incomplete:
            self._index_warning = (
                f"The index has {indexed} of {recorded} products and searches see only those;"
                + (" it is being rebuilt." if self._rebuilds else f" run `{REINDEX}`.")
            )
            log.warning(self._index_warning)

    async def _mend(self) -> None:
        mended = await self._catalogue.mend()
        if mended:
            log.info("mended writes that were cut off", writes=mended)

    async def _rebuild(self) -> None:
        reason = self._lost()
        log.info("rebuilding the index from the blob store", because=reason)
        last = await self._indexer.rebuild(self._report)
        # Lost again meanwhile, it lacks what was in it before: the next round goes over it again.
        if self._rebuilt is not None and self._lost() == reason:
            await self._rebuilt()
        self._index_warning = None
        if last.failed:
            self._index_warning = (
                f"{len(last.failed)} products could not be indexed, among them"
                f" {', '.join(last.failed[:3])}: the log says why."
            )
        log.info("the index is rebuilt", products=last.done, failed=len(last.failed))

    def _report(self, progress: Progress) -> None:
        self._index_warning = (
            f"The index is being rebuilt: {progress.done} of {progress.total} products are in;"
            " searches see only those."
        )
        if progress.done % 500 == 0:
            log.info("rebuilding", products=progress.done, of=progress.total)
