"""Measures searches in the embedded store while products are added as fast as possible.

    python -m benchmarks.store_search_while_indexing --points 20000

Half of the points are added one by one, half in batches of 64. Searches start at a steady pace,
without waiting for earlier ones, and are timed from the moment when they were due.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.core.index import Changes, Payload, Point, point_id
from service.core.product import Product, ProductImage
from service.repositories.edge.store import EdgeStore

SEMANTIC, VISUAL = 512, 2048
DIMENSIONS = SEMANTIC + VISUAL
BATCH = 64
WEIGHTS = (0.6, 0.4)


@dataclass(frozen=True)
class Options:
    points: int
    rate: float
    searches_per_s: float


def clustered(count: int, dimensions: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Returns unit vectors in clusters of fifty."""
    centres = rng.normal(size=(max(1, count // 50), dimensions)).astype(np.float32)
    noise = rng.standard_normal((count, dimensions), dtype=np.float32)
    rows = centres[rng.integers(0, len(centres), count)] + 0.8 * noise
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def make_point(number: int, vector: NDArray[np.float32]) -> Point:
    now = datetime.now(UTC)
    image = ProductImage(f"{number:064x}", "image/jpeg", 1024, 768, 120_000)
    product = Product(
        product_id=f"SKU-{number:06}",
        name=f"Product number {number}",
        description="A product as long in words as products are. " * 4,
        attributes={"colour": "green", "price": number / 100, "tags": ["new", "sale"]},
        images=(image,),
        created_at=now,
        updated_at=now,
    )
    key = point_id(product.product_id, image.image_id)
    return Point(key, vector, Payload(product, image.image_id, primary=True))


def report(name: str, times_ms: list[float]) -> float:
    p50, p99 = np.percentile(times_ms, [50, 99])
    write(
        f"{name}: {len(times_ms)} searches, p50 {p50:.1f} ms, p99 {p99:.1f} ms, "
        f"longest {max(times_ms):.1f} ms"
    )
    return float(p50)


def write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def add(store: EdgeStore, points: list[Point], size: int, rate: float) -> None:
    """Adds `rate` points a second, or for 0 as many as the store accepts."""
    begun = time.perf_counter()
    for start in range(0, len(points), size):
        await store.apply(Changes(upserts=tuple(points[start : start + size])))
        if rate:
            ahead_s = (start + size) / rate - (time.perf_counter() - begun)
            await asyncio.sleep(max(0.0, ahead_s))


async def search_steadily(
    store: EdgeStore, queries: NDArray[np.float32], per_s: float, stop: asyncio.Event
) -> list[float]:
    times_ms: list[float] = []

    async def search(due: float, query: NDArray[np.float32]) -> None:
        await store.search(query, limit=15)
        times_ms.append((time.perf_counter() - due) * 1e3)

    running = []
    begun = time.perf_counter()
    while not stop.is_set():
        due = begun + len(running) / per_s
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        running.append(asyncio.create_task(search(due, queries[len(running) % len(queries)])))
    await asyncio.gather(*running)
    return times_ms


async def recall_at_10(
    store: EdgeStore,
    vectors: NDArray[np.float32],
    points: list[Point],
    queries: NDArray[np.float32],
) -> float:
    found = 0
    for query in queries:
        best = np.argsort(vectors @ query)[::-1][:10]
        hits = await store.search(query, limit=10)
        found += len({points[i].point_id for i in best} & {hit.point_id for hit in hits})
    return found / (10 * len(queries))


def resident_mib(process: int, field: str) -> float:
    line = Path(f"/proc/{process}/status").read_text().split(f"{field}:")[1].split("\n")[0]
    return int(line.split()[0]) / 1024


async def measure(options: Options, directory: Path) -> None:
    rng = np.random.default_rng(0)
    vectors = np.hstack([clustered(options.points, d, rng) for d in (SEMANTIC, VISUAL)])
    points = [make_point(number, vector) for number, vector in enumerate(vectors)]
    picked = vectors[rng.integers(0, options.points, 200)]
    queries = picked * np.repeat(np.float32(WEIGHTS), (SEMANTIC, VISUAL))
    store = await EdgeStore.open(
        directory, collection="benchmark", dimensions=DIMENSIONS, fingerprint="benchmark"
    )
    half = options.points // 2
    stop = asyncio.Event()
    searching = asyncio.create_task(search_steadily(store, queries, options.searches_per_s, stop))
    begun = time.perf_counter()
    await asyncio.gather(
        add(store, points[:half], 1, options.rate / 2),
        add(store, points[half:], BATCH, options.rate / 2),
    )
    took_s = time.perf_counter() - begun
    stop.set()
    write(
        f"added {options.points} points in {took_s:.1f} s, {options.points / took_s:.0f} a second"
    )
    busy = report("while adding", await searching)

    stop = asyncio.Event()
    searching = asyncio.create_task(search_steadily(store, queries, options.searches_per_s, stop))
    await asyncio.sleep(10)
    stop.set()
    idle = report("with all points, at rest", await searching)
    write(f"p50 while adding is {busy / idle:.2f} of that at rest")
    write(f"recall@10 {await recall_at_10(store, vectors, points, queries[:50]):.3f}")
    assert store.process_id is not None
    for field in ("VmRSS", "RssAnon"):
        write(f"{field} of the engine {resident_mib(store.process_id, field):.0f} MiB")
    await restarts(store, directory)


async def restarts(store: EdgeStore, directory: Path) -> None:
    assert store.process_id is not None
    os.kill(store.process_id, signal.SIGKILL)
    begun = time.perf_counter()
    count = await store.count_points()
    write(f"answers {time.perf_counter() - begun:.2f} s after kill -9, {count} points")
    begun = time.perf_counter()
    await store.close()
    write(f"closed in {time.perf_counter() - begun:.2f} s")
    begun = time.perf_counter()
    store = await EdgeStore.open(
        directory, collection="benchmark", dimensions=DIMENSIONS, fingerprint="benchmark"
    )
    write(f"opened in {time.perf_counter() - begun:.2f} s")
    await store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=0, help="points a second; 0: no limit")
    parser.add_argument("--searches-per-s", type=float, default=20)
    parser.add_argument("--directory", type=Path, help="default: a temporary one")
    arguments = parser.parse_args()
    options = Options(arguments.points, arguments.rate, arguments.searches_per_s)
    with tempfile.TemporaryDirectory(dir=arguments.directory) as directory:
        asyncio.run(measure(options, Path(directory)))


if __name__ == "__main__":
    main()
