"""Connects the readiness checks to the components that they ask."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable

import numpy as np
import structlog

from service.bootstrap.parts import Parts
from service.bootstrap.stores import RESERVED_BYTES
from service.catalogue.maintenance import Maintenance
from service.core.embedding import Embedding, Priority
from service.core.errors import StoreUnavailable
from service.embedding.embedder import HybridEmbedder, golden_image
from service.health.free_space import DiskRoom
from service.health.readiness import Readiness
from service.scoring.hybrid import split, stored_vector

BATCH_HUNG_S = 60.0
"""A batch that takes longer than this counts as hung."""

BLOB_STORE_RETRY_S = 2.0

log = structlog.stdlib.get_logger(__name__)


async def build_readiness(
    parts: Parts, maintenance: Maintenance, report_progress: Callable[[str], None]
) -> Readiness:
    """Builds the checks. Waits for the blob store while it is unavailable."""
    picture = golden_image()

    async def embed_golden() -> Embedding:
        embedded = await parts.embedder.embed_image(picture, priority=Priority.SEARCH)
        return embedded.embedding

    encoder_warnings = () if parts.warning is None else (parts.warning,)
    room = DiskRoom(parts.settings.data_dir, RESERVED_BYTES)
    room.warnings()  # A disk that is nearly full is logged at the start.
    return Readiness(
        embed_golden=embed_golden,
        golden=await _golden_embedding(parts, await embed_golden(), report_progress),
        check_batcher=lambda: _batcher_trouble(parts.embedder),
        embedder=parts.embedder,
        store=parts.store,
        ping_blobs=parts.blobs.ping,
        collection=parts.collection,
        warnings=lambda: (*encoder_warnings, *maintenance.warnings, *room.warnings()),
        expected_products=lambda: maintenance.expected_products,
        ready_at_share=parts.settings.ready_at_share,
    )


async def _golden_embedding(
    parts: Parts, fresh: Embedding, report_progress: Callable[[str], None]
) -> Embedding:
    """Returns the golden picture's stored embedding, and waits for the blob store if need be."""
    while True:
        try:
            return await _stored_golden_embedding(parts, fresh)
        except StoreUnavailable as exc:
            report_progress(f"Waiting for the blob store: {exc.detail}")
            log.warning("waiting for the blob store", reason=exc.detail)
            await asyncio.sleep(BLOB_STORE_RETRY_S)


async def _stored_golden_embedding(parts: Parts, fresh: Embedding) -> Embedding:
    """Returns the embedding that these encoders stored at their first start, or stores `fresh`."""
    key = f"golden/{parts.collection}.npy"
    stored = await parts.blobs.get(key)
    if stored is None:
        buffer = io.BytesIO()
        np.save(buffer, stored_vector(fresh, parts.embedder.signals), allow_pickle=False)
        await parts.blobs.put(key, buffer.getvalue())
        return fresh
    vector = np.load(io.BytesIO(stored), allow_pickle=False)
    return split(vector, parts.embedder.signals)


def _batcher_trouble(embedder: HybridEmbedder) -> str | None:
    if not embedder.batcher.alive:
        return "A thread that runs the models has ended."
    if embedder.batcher.busy_s > BATCH_HUNG_S:
        return f"The models have been busy with one batch for {embedder.batcher.busy_s:.0f} s."
    return None
