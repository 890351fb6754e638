"""Builds the encoders, the stores and the indexer, which commands need as well as the API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from service.bootstrap.stores import collection_name, open_blobs, open_index
from service.catalogue.indexing import Indexer
from service.catalogue.records import ProductRecords
from service.config import Settings
from service.core.interfaces import BlobStore, VectorStore
from service.core.locks import KeyedLocks
from service.duplicates.index import FingerprintIndex
from service.embedding.embedder import HybridEmbedder
from service.embedding.loading import collection_fingerprint, load_encoders_in_background
from service.embedding.model_files.progress import Progress


@dataclass(frozen=True, slots=True)
class Parts:
    """The components that the API and the command `reindex` share."""

    settings: Settings
    embedder: HybridEmbedder
    blobs: BlobStore
    store: VectorStore
    records: ProductRecords
    indexer: Indexer
    locks: KeyedLocks
    fingerprints: FingerprintIndex
    collection: str
    encoder_fingerprint: str
    warning: str | None
    """A sentence about the encoders that operators should read, such as a fall-back to compact."""


@asynccontextmanager
async def build_parts(
    settings: Settings, report_progress: Callable[[str], None]
) -> AsyncIterator[Parts]:
    """Builds the parts and closes them at the end. Raises SetupError, StoreUnavailable."""
    async with AsyncExitStack() as stack:
        blobs = await stack.enter_async_context(open_blobs(settings, report_progress))
        encoders = await load_encoders_in_background(
            settings.model_options, _from_thread(report_progress)
        )
        encoder_fingerprint = collection_fingerprint(encoders)
        embedder = HybridEmbedder(encoders, settings.embedding_limits)
        embedder.start()
        stack.push_async_callback(embedder.close)
        report_progress("Opening the index.")
        dimensions = sum(signal.dimensions for signal in embedder.signals)
        store = await open_index(settings, encoder_fingerprint, dimensions)
        stack.push_async_callback(store.close)
        records, locks, fingerprints = ProductRecords(blobs), KeyedLocks(), FingerprintIndex(store)
        yield Parts(
            settings=settings,
            embedder=embedder,
            blobs=blobs,
            store=store,
            records=records,
            indexer=Indexer(records, store, embedder, locks, fingerprints),
            locks=locks,
            fingerprints=fingerprints,
            collection=collection_name(settings, encoder_fingerprint),
            encoder_fingerprint=encoder_fingerprint,
            warning=encoders.warning,
        )


def _from_thread(report_progress: Callable[[str], None]) -> Callable[[Progress], None]:
    """Returns a callback for the thread that loads encoders; it reports on the event loop."""
    loop = asyncio.get_running_loop()

    def report(progress: Progress) -> None:
        loop.call_soon_threadsafe(report_progress, _sentence(progress))

    return report


def _sentence(progress: Progress) -> str:
    step = progress.step[:1].upper() + progress.step[1:]
    if progress.total_bytes is None:
        return f"{step}."
    return f"{step}: {progress.done_bytes / 1e6:.0f} of {progress.total_bytes / 1e6:.0f} MB."
