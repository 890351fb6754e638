"""The core on stand-ins for stores and encoders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from service.catalogue.indexing import Indexer
from service.catalogue.journal import Journal
from service.catalogue.products import Catalogue
from service.catalogue.records import ProductRecords
from service.confidence.baseline import CatalogueBaseline
from service.core.locks import KeyedLocks
from service.duplicates.finder import Duplicates
from service.duplicates.index import FingerprintIndex
from service.search.explanation import Explainer
from service.search.query_embedding import QueryEmbedder
from service.search.ranking import Search
from service.search.tokens import QueryTokens
from tests.fakes import BruteForceStore, HashEmbedder, MemoryBlobs, Outage


@dataclass
class House:
    """The core on stand-ins, whose stores fail together when `outage` says so."""

    outage: Outage = field(default_factory=Outage)
    embedder: HashEmbedder = field(default_factory=HashEmbedder)
    store: Any = None
    """The vector store; by default one whose points the test can see."""

    def __post_init__(self) -> None:
        self.blobs = MemoryBlobs(self.outage)
        self.store = self.store or BruteForceStore(self.outage)
        self.records = ProductRecords(self.blobs)
        clock = _clock()
        self.fingerprints = FingerprintIndex(self.store)
        self.duplicates = Duplicates(self.fingerprints, self.store)
        locks = KeyedLocks()
        self.indexer = Indexer(self.records, self.store, self.embedder, locks, self.fingerprints)
        self.journal = Journal(self.blobs, self.records, self.indexer, grace=timedelta(0))
        self.catalogue = Catalogue(
            self.records,
            self.journal,
            self.store,
            self.embedder,
            self.indexer,
            self.duplicates,
            locks,
            max_images=5,
            now=lambda: next(clock),
        )
        queries = QueryEmbedder(self.embedder, self.store, self.records)
        weights = {"semantic": 0.6, "visual": 0.4}
        self.baseline = CatalogueBaseline(self.store, self.embedder)
        explainer = Explainer(self.records, self.embedder)
        signals = self.embedder.signals
        tokens = QueryTokens("f1", signals)
        self.search = Search(
            queries, self.store, signals, weights, self.baseline, explainer, tokens
        )

    async def repair(self) -> int:
        return await self.catalogue.repair()


def _clock() -> Iterator[datetime]:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    while True:
        now += timedelta(seconds=1)
        yield now
