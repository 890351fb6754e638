"""Builds everything that serves requests, and runs the background tasks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog

from service.bootstrap.parts import Parts, build_parts
from service.bootstrap.readiness import build_readiness
from service.bootstrap.stores import filling_lease, is_alone
from service.catalogue.journal import Journal
from service.catalogue.maintenance import Maintenance
from service.catalogue.products import Catalogue
from service.catalogue.vector_check import VectorCheck
from service.confidence.baseline import CatalogueBaseline
from service.config import WEIGHT_SETTINGS, Settings
from service.core.errors import SetupError
from service.duplicates.finder import Duplicates
from service.embedding.embedder import HybridEmbedder
from service.health.readiness import Readiness
from service.observability import Reading
from service.samples.files import sample_queries, samples
from service.samples.installer import SampleCatalogue
from service.search.explanation import Explainer
from service.search.query_embedding import QueryEmbedder
from service.search.ranking import Search
from service.search.tokens import QueryTokens

OTHER_WRITERS_GRACE = timedelta(minutes=5)
"""A write that another process began is left to it for this long before it is finished here."""

log = structlog.stdlib.get_logger(__name__)


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
async def build(
    settings: Settings, report_progress: Callable[[str], None]
) -> AsyncIterator[Services]:
    """Builds the services and closes them at the end. Raises SetupError, StoreUnavailable."""
    weights = settings.default_weights
    if not any(weights.values()):
        names = " and ".join(name.upper() for name in WEIGHT_SETTINGS.values())
        raise SetupError(f"{names} are all 0; make one positive.")
    async with build_parts(settings, report_progress) as parts:
        duplicates = Duplicates(parts.fingerprints, parts.store)
        catalogue = _catalogue(parts, duplicates)
        maintenance = _maintenance(parts, catalogue)
        readiness = await build_readiness(parts, maintenance, report_progress)
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
            encoders = {signal.name: signal.encoder for signal in parts.embedder.signals}
            log.info("ready", collection=parts.collection, encoders=encoders)
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


def _catalogue(parts: Parts, duplicates: Duplicates) -> Catalogue:
    grace = timedelta(0) if is_alone(parts.settings) else OTHER_WRITERS_GRACE
    return Catalogue(
        parts.records,
        Journal(parts.blobs, parts.records, parts.indexer, grace=grace),
        parts.store,
        parts.embedder,
        parts.indexer,
        duplicates,
        parts.locks,
        max_images=parts.settings.max_images_per_product,
    )


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


def _readings(embedder: HybridEmbedder) -> dict[str, Reading]:
    stats = embedder.batcher.stats
    return {
        "queue_depth": Reading("Items waiting for the models.", lambda: embedder.batcher.depth),
        "batches": Reading("Forward passes.", lambda: stats.batches, "counter"),
        "batched_items": Reading("Items in forward passes.", lambda: stats.items, "counter"),
    }
