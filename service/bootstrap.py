"""The composition root: builds every real part from the settings, and closes it at the end."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import structlog

from service.catalogue.indexing import Indexer
from service.catalogue.journal import Journal
from service.catalogue.maintenance import Maintenance
from service.catalogue.products import Catalogue
from service.catalogue.records import ProductRecords
from service.catalogue.vector_check import VectorCheck
from service.confidence.baseline import CatalogueBaseline
from service.config import WEIGHT_SETTINGS, Settings
from service.core.embedding import Embedding, Priority
from service.core.errors import SetupError, StoreUnavailable
from service.core.interfaces import BlobStore, VectorStore
from service.core.locks import KeyedLocks
from service.duplicates.finder import Duplicates
from service.duplicates.index import FingerprintIndex
from service.embedding.embedder import HybridEmbedder, golden_image
from service.embedding.loading import collection_fingerprint, load_encoders_in_background
from service.embedding.model_files.progress import Progress
from service.health.readiness import Readiness
from service.health.room import DiskRoom
from service.observability import Reading
from service.samples.files import sample_queries, samples
from service.samples.installer import SampleCatalogue
from service.scoring.hybrid import split, stored_vector
from service.search.explanation import Explainer
from service.search.query_embedding import QueryEmbedder
from service.search.ranking import Search
from service.search.tokens import QueryTokens
from service.stores import (
    RESERVED_BYTES,
    collection_name,
    filling_lease,
    is_alone,
    open_blobs,
    open_index,
)

OTHER_WRITERS_GRACE = timedelta(minutes=5)
"""How long another process on the same stores may take over one write."""

BATCH_HUNG_S = 60.0

BLOB_STORE_RETRY_S = 2.0

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts that every way of running the service needs."""

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


@dataclass(frozen=True, slots=True)
class Services:
    """The services that the API calls."""

    catalogue: Catalogue
    duplicates: Duplicates
    search: Search
    samples: SampleCatalogue
    readiness: Readiness
    readings: Mapping[str, Reading]


@asynccontextmanager
async def build_parts(settings: Settings, tell: Callable[[str], None]) -> AsyncIterator[Parts]:
    """Encoders, stores and the indexer over them. Raises SetupError, StoreUnavailable."""
    async with AsyncExitStack() as stack:
        blobs = await stack.enter_async_context(open_blobs(settings, tell))
        encoders = await load_encoders_in_background(settings.model_options, _teller(tell))
        encoder_fingerprint = collection_fingerprint(encoders)
        embedder = HybridEmbedder(encoders, settings.embedding_limits)
        embedder.start()
        stack.push_async_callback(embedder.close)
        tell("Opening the index.")
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


@asynccontextmanager
async def build(settings: Settings, tell: Callable[[str], None]) -> AsyncIterator[Services]:
    """Everything that serves requests. Raises SetupError, StoreUnavailable."""
    weights = settings.default_weights
    if not any(weights.values()):
        names = " and ".join(name.upper() for name in WEIGHT_SETTINGS.values())
        raise SetupError(f"{names} are all 0; make one positive.")
    async with build_parts(settings, tell) as parts:
        duplicates = Duplicates(parts.fingerprints, parts.store)
        catalogue = Catalogue(
            parts.records,
            Journal(
                parts.blobs,
                parts.records,
                parts.indexer,
                grace=timedelta(0) if is_alone(settings) else OTHER_WRITERS_GRACE,
            ),
            parts.store,
            parts.embedder,
            parts.indexer,
            duplicates,
            parts.locks,
            max_images=settings.max_images_per_product,
        )
        maintenance = _maintenance(parts, catalogue)
        readiness = await _readiness(parts, maintenance, tell)
        await maintenance.prepare()
        await readiness.ask()
        baseline = CatalogueBaseline(parts.store, parts.embedder)
        vector_check = VectorCheck(parts.records, parts.store, parts.embedder, parts.indexer)
        tasks = [
            asyncio.create_task(maintenance.run(), name="maintenance"),
            asyncio.create_task(readiness.run(), name="readiness"),
            asyncio.create_task(vector_check.run(), name="vector check"),
            asyncio.create_task(baseline.run(), name="baseline"),
            asyncio.create_task(parts.fingerprints.run(), name="fingerprints"),
        ]
        try:
            log.info("ready", collection=parts.collection, encoders=_names(parts))
            yield Services(
                catalogue=catalogue,
                duplicates=duplicates,
                search=_search(parts, weights, baseline, maintenance),
                samples=SampleCatalogue(catalogue, samples(), sample_queries()),
                readiness=readiness,
                readings=_readings(parts.embedder),
            )
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


def _teller(tell: Callable[[str], None]) -> Callable[[Progress], None]:
    """Encoders load in a thread; the message is told on the event loop."""
    loop = asyncio.get_running_loop()

    def pass_on(progress: Progress) -> None:
        loop.call_soon_threadsafe(tell, _sentence(progress))

    return pass_on


def _sentence(progress: Progress) -> str:
    step = progress.step[:1].upper() + progress.step[1:]
    if progress.total_bytes is None:
        return f"{step}."
    return f"{step}: {progress.done_bytes / 1e6:.0f} of {progress.total_bytes / 1e6:.0f} MB."


def _search(
    parts: Parts,
    weights: Mapping[str, float],
    baseline: CatalogueBaseline,
    maintenance: Maintenance,
) -> Search:
    queries = QueryEmbedder(parts.embedder, parts.store, parts.records)
    explainer = Explainer(parts.records, parts.embedder)
    signals = parts.embedder.signals
    return Search(
        queries,
        parts.store,
        signals,
        weights,
        baseline,
        explainer,
        QueryTokens(parts.encoder_fingerprint, signals),
        is_partial=lambda: maintenance.expected_products is not None,
    )


def _maintenance(parts: Parts, catalogue: Catalogue) -> Maintenance:
    lease = filling_lease(parts.settings, parts.blobs, parts.collection)
    return Maintenance(catalogue, parts.indexer, parts.records, parts.store, lease=lease)


async def _readiness(
    parts: Parts, maintenance: Maintenance, tell: Callable[[str], None]
) -> Readiness:
    picture = golden_image()

    async def embed_golden() -> Embedding:
        embedded = await parts.embedder.embed_image(picture, priority=Priority.SEARCH)
        return embedded.embedding

    started = () if parts.warning is None else (parts.warning,)
    room = DiskRoom(parts.settings.data_dir, RESERVED_BYTES)
    room.warnings()  # in the log from the start
    return Readiness(
        embed_golden=embed_golden,
        golden=await _golden(parts, await embed_golden(), tell),
        check_batcher=lambda: _batcher_trouble(parts.embedder),
        embedder=parts.embedder,
        store=parts.store,
        ping_blobs=parts.blobs.ping,
        collection=parts.collection,
        warnings=lambda: (*started, *maintenance.warnings, *room.warnings()),
        expected_products=lambda: maintenance.expected_products,
        ready_at_share=parts.settings.ready_at_share,
    )


async def _golden(parts: Parts, fresh: Embedding, tell: Callable[[str], None]) -> Embedding:
    """The golden picture's vector as these encoders first made it, kept beside the products."""
    while True:
        try:
            return await _kept_golden(parts, fresh)
        except StoreUnavailable as exc:
            tell(f"Waiting for the blob store: {exc.detail}")
            log.warning("waiting for the blob store", reason=exc.detail)
            await asyncio.sleep(BLOB_STORE_RETRY_S)


async def _kept_golden(parts: Parts, fresh: Embedding) -> Embedding:
    key = f"golden/{parts.collection}.npy"
    kept = await parts.blobs.get(key)
    if kept is None:
        buffer = io.BytesIO()
        np.save(buffer, stored_vector(fresh, parts.embedder.signals), allow_pickle=False)
        await parts.blobs.put(key, buffer.getvalue())
        return fresh
    vector = np.load(io.BytesIO(kept), allow_pickle=False)
    return split(vector, parts.embedder.signals)


def _batcher_trouble(embedder: HybridEmbedder) -> str | None:
    if not embedder.batcher.alive:
        return "A thread that runs the models has ended."
    if embedder.batcher.busy_s > BATCH_HUNG_S:
        return f"The models have been at one batch for {embedder.batcher.busy_s:.0f} s."
    return None


def _names(parts: Parts) -> dict[str, str]:
    return {signal.name: signal.encoder for signal in parts.embedder.signals}


def _readings(embedder: HybridEmbedder) -> dict[str, Reading]:
    stats = embedder.batcher.stats
    return {
        "queue_depth": Reading("Items waiting for the models.", lambda: embedder.batcher.depth),
        "batches": Reading("Forward passes.", lambda: stats.batches, "counter"),
        "batched_items": Reading("Items in forward passes.", lambda: stats.items, "counter"),
    }
