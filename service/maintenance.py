"""Keeps the stores in step while the service runs: mends writes, rebuilds a lost index."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from service.catalog import Catalog
from service.errors import Unavailable
from service.indexer import Indexer, Progress
from service.interfaces import VectorStore
from service.records import ProductRecords

INTERVAL_S = 30.0
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
        catalog: Catalog,
        indexer: Indexer,
        records: ProductRecords,
        store: VectorStore,
        *,
        rebuilds: bool,
        mend_older_than: timedelta,
        lost: Callable[[], str | None] = lambda: None,
        rebuilt: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._catalog = catalog
        self._indexer = indexer
        self._records = records
        self._store = store
        self._rebuilds = rebuilds
        self._mend_older_than = mend_older_than
        self._lost = lost
        self._rebuilt = rebuilt
        self._index_warning: str | None = None
        self._looked = False
        self._incomplete = False

    @property
    def warnings(self) -> tuple[str, ...]:
        return () if self._index_warning is None else (self._index_warning,)

    async def prepare(self) -> None:
        """Before the first request: mends, and finds out whether the index is complete."""
        await self._attempt(self._look)

    async def run(self) -> None:
        """Until cancelled. An outage only puts it off."""
        while True:
            await self._attempt(self._round)
            await asyncio.sleep(INTERVAL_S)

    async def _attempt(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Unavailable as exc:
            log.warning("maintenance put off", reason=exc.detail)
        except Exception:
            log.exception("maintenance failed")

    async def _look(self) -> None:
        await self._mend()
        recorded, indexed = await self._records.count(), await self._store.count_products()
        self._incomplete = recorded != indexed
        self._looked = True
        if self._incomplete:
            self._index_warning = (
                f"The index has {indexed} of {recorded} products and searches see only those;"
                + (" it is being rebuilt." if self._rebuilds else f" run `{REINDEX}`.")
            )
            log.warning(self._index_warning)

    async def _round(self) -> None:
        await (self._mend() if self._looked else self._look())
        if self._rebuilds and (self._incomplete or self._lost() is not None):
            await self._rebuild()
            self._incomplete = False

    async def _mend(self) -> None:
        mended = await self._catalog.mend(older_than=self._mend_older_than)
        if mended:
            log.info("mended writes that were cut off", writes=mended)

    async def _rebuild(self) -> None:
        log.info("rebuilding the index from the blob store", because=self._lost())
        last = await self._indexer.rebuild(self._report)
        if self._rebuilt is not None:
            await self._rebuilt()
        self._index_warning = None
        if last.failed:
            self._index_warning = (
                f"{len(last.failed)} products could not be indexed, among them"
                f" {', '.join(last.failed[:3])}: their pictures are missing or damaged."
            )
        log.info("the index is rebuilt", products=last.done, failed=len(last.failed))

    def _report(self, progress: Progress) -> None:
        self._index_warning = (
            f"The index is being rebuilt: {progress.done} of {progress.total} products are in;"
            " searches see only those."
        )
        if progress.done % 500 == 0:
            log.info("rebuilding", products=progress.done, of=progress.total)
