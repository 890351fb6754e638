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
from service.catalogue.maintenance import Maintenance
from service.catalogue.products import Catalogue
from service.catalogue.records import ProductRecords
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
from service.observability import Reading
from service.repositories.blobs import ObstoreBlobs
from service.repositories.edge.store import EdgeStore
from service.repositories.shared.payload import LAYOUT
from service.samples.files import sample_queries, samples
from service.samples.installer import SampleCatalogue
from service.scoring.hybrid import split, stored_vector
from service.search.explanation import Explainer
from service.search.query_embedding import QueryEmbedder
from service.search.ranking import Search

OTHER_WRITERS_GRACE = timedelta(minutes=5)
"""How long another process on the same stores may take over one write."""

BATCH_HUNG_S = 60.0

ENGINE_TIMEOUT_S = 10.0
"""No call of the embedded engine takes a second; one that does not answer is replaced then."""

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
    warning: str | None


@dataclass(frozen=True, slots=True)
class Services:
    """What the API needs."""

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
        encoders = await load_encoders_in_background(settings.model_options, _teller(tell))
        encoder_fingerprint = collection_fingerprint(encoders)
        collection = _collection_name(settings, encoder_fingerprint)
        embedder = HybridEmbedder(encoders, settings.embedding_limits)
        embedder.start()
        stack.push_async_callback(embedder.close)
        tell("Opening the stores.")
        blobs = _blobs(settings)
        stack.push_async_callback(blobs.close)
        store = await _vector_store(settings, collection, encoder_fingerprint, embedder)
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
            collection=collection,
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
        catalogue = Catalogue(
            parts.records,
            parts.store,
            parts.embedder,
            parts.indexer,
            parts.locks,
            max_images=settings.max_images_per_product,
            other_writers_grace=timedelta(0) if _is_alone(settings) else OTHER_WRITERS_GRACE,
        )
        maintenance = _maintenance(parts, catalogue)
        readiness = await _readiness(parts, maintenance, tell)
        await maintenance.prepare()
        baseline = CatalogueBaseline(parts.store, parts.embedder)
        tasks = [
            asyncio.create_task(maintenance.run(), name="maintenance"),
            asyncio.create_task(baseline.run(), name="baseline"),
            asyncio.create_task(parts.fingerprints.run(), name="fingerprints"),
        ]
        try:
            log.info("ready", collection=parts.collection, encoders=_names(parts))
            yield Services(
                catalogue=catalogue,
                duplicates=Duplicates(parts.fingerprints, parts.store),
                search=_search(parts, weights, baseline),
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


def _collection_name(settings: Settings, fingerprint: str) -> str:
    """On a server, one collection a layout, so that an older service beside this one goes on."""
    name = f"{settings.collection_prefix}-{fingerprint}"
    return name if settings.qdrant_url is None else f"{name}-{LAYOUT}"


def _blobs(settings: Settings) -> ObstoreBlobs:
    if settings.blob_url is not None:
        return ObstoreBlobs.from_url(settings.blob_url)
    return ObstoreBlobs.in_directory(settings.data_dir / "blobs")


async def _vector_store(
    settings: Settings, collection: str, fingerprint: str, embedder: HybridEmbedder
) -> VectorStore:
    dimensions = sum(signal.dimensions for signal in embedder.signals)
    if settings.qdrant_url is None:
        return await EdgeStore.open(
            settings.data_dir / "vectors",
            collection=collection,
            dimensions=dimensions,
            fingerprint=fingerprint,
            call_timeout_s=ENGINE_TIMEOUT_S,
        )
    from service.repositories.qdrant.calls import Calls
    from service.repositories.qdrant.collection import Collection
    from service.repositories.qdrant.store import QdrantStore, connect

    key = settings.qdrant_api_key
    client = connect(
        settings.qdrant_url,
        api_key=None if key is None else key.get_secret_value(),
        grpc=settings.qdrant_grpc,
        grpc_port=settings.qdrant_grpc_port,
        timeout_s=settings.qdrant_timeout_s,
    )
    # Nothing is asked of the server yet: where it is away, the service starts and says so.
    return QdrantStore(
        client,
        Collection(
            name=collection,
            dimensions=dimensions,
            fingerprint=fingerprint,
            shards=settings.qdrant_shards,
            replicas=settings.qdrant_replicas,
            write_consistency=settings.qdrant_write_consistency,
            quantization=settings.qdrant_quantization,
        ),
        calls=Calls(timeout_s=settings.qdrant_timeout_s),
        exact_search_max_points=settings.exact_search_max_points,
    )


def _is_alone(settings: Settings) -> bool:
    """The embedded engine has one opener, and with it the directory of blobs beside it."""
    return settings.qdrant_url is None and settings.blob_url is None


def _search(parts: Parts, weights: Mapping[str, float], baseline: CatalogueBaseline) -> Search:
    queries = QueryEmbedder(parts.embedder, parts.store, parts.records)
    explainer = Explainer(parts.records, parts.embedder)
    return Search(queries, parts.store, parts.embedder.signals, weights, baseline, explainer)


def _maintenance(parts: Parts, catalogue: Catalogue) -> Maintenance:
    engine = parts.store if isinstance(parts.store, EdgeStore) else None
    return Maintenance(
        catalogue,
        parts.indexer,
        parts.records,
        parts.store,
        rebuilds=engine is not None,
        lost=lambda: None if engine is None else engine.rebuilt_because,
        rebuilt=None if engine is None else engine.mark_rebuilt,
    )


async def _readiness(
    parts: Parts, maintenance: Maintenance, tell: Callable[[str], None]
) -> Readiness:
    picture = golden_image()

    async def embed_golden() -> Embedding:
        embedded = await parts.embedder.embed_image(picture, priority=Priority.SEARCH)
        return embedded.embedding

    started = () if parts.warning is None else (parts.warning,)
    return Readiness(
        embed_golden=embed_golden,
        golden=await _golden(parts, await embed_golden(), tell),
        check_batcher=lambda: _batcher_trouble(parts.embedder),
        embedder=parts.embedder,
        store=parts.store,
        ping_blobs=parts.blobs.ping,
        collection=parts.collection,
        warnings=lambda: (*started, *maintenance.warnings),
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
