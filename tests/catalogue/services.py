"""Several services on one blob store and one index, with faults between their steps."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from service.catalogue.indexing import Indexer
from service.catalogue.journal import Journal
from service.catalogue.products import Catalogue
from service.catalogue.records import ProductRecords
from service.core.errors import StoreUnavailable
from service.core.interfaces import BlobStore, VectorStore
from service.core.locks import KeyedLocks
from service.duplicates.finder import Duplicates
from service.duplicates.index import FingerprintIndex
from tests.fakes import HashEmbedder

GRACE = timedelta(minutes=5)


class Clock:
    """A clock that all services share; it moves a little with every look at it."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        self.time += timedelta(milliseconds=1)
        return self.time


@dataclass
class Faults:
    """After `after` more calls, one call or all calls go wrong.

    They fail before or behind their work, or are made twice, as a store does whose answer is lost.
    With `meanwhile` they go well, after it was called.
    """

    after: int | None = None
    lasting: bool = True
    kind: Literal["before", "behind", "twice"] = "before"
    meanwhile: Callable[[], object] | None = None
    turns: random.Random = field(default_factory=lambda: random.Random(0))

    async def around(self, call: Callable[[], Awaitable[Any]]) -> Any:
        for _ in range(self.turns.randrange(3)):
            await asyncio.sleep(0)  # so that other services get in between
        if self.after is None:
            return await call()
        self.after -= 1
        if self.after >= 0:
            return await call()
        if not self.lasting or self.meanwhile is not None:
            self.after = None
        if self.meanwhile is not None:
            self.meanwhile()
            return await call()
        if self.kind != "before":
            await call()
        if self.kind == "twice":
            return await call()
        raise StoreUnavailable("The store does not answer.")


class Faulty:
    """A store whose calls fail as `faults` says."""

    def __init__(self, store: object, faults: Faults) -> None:
        self._store, self._faults = store, faults

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        async def call(*arguments: Any, **named: Any) -> Any:
            return await self._faults.around(lambda: method(*arguments, **named))

        return call

    async def list(self, prefix: str) -> AsyncIterator[str]:
        for key in [key async for key in self._store.list(prefix)]:  # type: ignore[attr-defined]
            yield key


class Service:
    """One service: its own locks, journal and faults, on stores that it shares."""

    def __init__(
        self,
        blobs: BlobStore,
        store: VectorStore,
        *,
        clock: Clock | None = None,
        longest_wait_s: float = 20.0,
    ) -> None:
        self.faults = Faults()
        now = (clock or Clock()).now
        faulty_blobs: Any = Faulty(blobs, self.faults)
        faulty_store: Any = Faulty(store, self.faults)
        embedder, locks = HashEmbedder(), KeyedLocks()
        self.records = ProductRecords(faulty_blobs)
        index = FingerprintIndex(store)
        self.indexer = Indexer(self.records, faulty_store, embedder, locks, index)
        self.journal = Journal(
            faulty_blobs,
            self.records,
            self.indexer,
            grace=GRACE,
            longest_wait_s=longest_wait_s,
            now=now,
        )
        self.catalogue = Catalogue(
            self.records,
            self.journal,
            faulty_store,
            embedder,
            self.indexer,
            Duplicates(index, faulty_store),
            locks,
            max_images=5,
            now=now,
        )
