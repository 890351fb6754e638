"""Measures the embedded vector store by catalogue size: latency, recall, memory and rate."""

from __future__ import annotations

import asyncio
import time

import numpy as np

from benchmarks.options import Options, Result, summary
from benchmarks.server import resident_mib
from benchmarks.store_search_while_indexing import (
    BATCH,
    DIMENSIONS,
    SEMANTIC,
    VISUAL,
    WEIGHTS,
    clustered,
    make_point,
)
from service.core.index import Changes
from service.repositories.edge.store import EdgeStore

SIZES = (1_000, 10_000, 100_000)
QUERIES = 60


def measure(options: Options) -> Result:
    sizes = (100, 200) if options.quick else SIZES
    return {str(points): asyncio.run(_measure(options, points)) for points in sizes}


async def _measure(options: Options, points: int) -> Result:
    rng = np.random.default_rng(0)
    vectors = np.hstack([clustered(points, width, rng) for width in (SEMANTIC, VISUAL)])
    queries = vectors[rng.integers(0, points, QUERIES)] + rng.normal(
        0, 0.01, (QUERIES, DIMENSIONS)
    ).astype(np.float32)
    queries *= np.repeat(np.float32(WEIGHTS), (SEMANTIC, VISUAL))
    store = await EdgeStore.open(
        options.empty(f"vectors-{points}"),
        collection="benchmark",
        dimensions=DIMENSIONS,
        fingerprint="benchmark",
    )
    try:
        assert store.process_id is not None
        empty_mib = resident_mib(store.process_id)
        started = time.perf_counter()
        for start in range(0, points, BATCH):
            stop = min(points, start + BATCH)
            rows = tuple(make_point(n, vectors[n]) for n in range(start, stop))
            await store.apply(Changes(upserts=rows))
        seconds = time.perf_counter() - started
        taken, found = [], 0
        for query in queries:
            started = time.perf_counter()
            hits = await store.search(query, limit=10)
            taken.append((time.perf_counter() - started) * 1e3)
            scores = vectors @ query
            tenth = np.partition(scores, -10)[-10]
            # Scores are compared, as products with equal scores may be in any order.
            found += sum(hit.score >= tenth - 1e-5 for hit in hits)
        full_mib = resident_mib(store.process_id)
    finally:
        await store.close()
    return {
        **summary(taken),
        "recall_at_10": found / (10 * len(queries)),
        "points_per_s": points / seconds,
        "kib_per_product": (full_mib - empty_mib) * 1024 / points,
    }
