"""Measures single searches during a bulk import, against single searches without one."""

from __future__ import annotations

import asyncio
import statistics
import time

from benchmarks import server
from benchmarks.options import Options, Result, summary
from benchmarks.pictures import ONE_MEGAPIXEL, SMALL, picture

BATCH = 16
SENDERS = 2
PAUSE_S = 0.05


def measure(options: Options) -> Result:
    """Measures the large encoders with large pictures, and the compact ones with small ones."""
    large = _measure(options, "large", ONE_MEGAPIXEL, options.size(12, 1), options.models())
    pictures_per_s = large["imported_per_s_meanwhile"] + large["searches_per_s_meanwhile"]
    large["share_of_limit"] = options.share_of_limit(pictures_per_s)
    compact = _measure(options, "compact", SMALL, options.size(120, 1), {"ENCODERS": "compact"})
    return {"large": large, "compact": compact}


def _measure(
    options: Options, name: str, size: tuple[int, int], batches: int, settings: dict[str, str]
) -> Result:
    per_batch = 2 if options.quick else BATCH
    queries = [server.search_form(picture(30_000_000 + n, size)) for n in range(16)]
    distinct = [picture(n, size) for n in range(min(batches, 20) * per_batch)]
    bodies = [
        # The same pictures under other ids cost as much, as vectors are stored for each product.
        server.batch_form(
            start, [distinct[n % len(distinct)] for n in range(start, start + per_batch)]
        )
        for start in range(0, batches * per_batch, per_batch)
    ]
    with server.service(options.empty(f"lanes-{name}"), **settings) as running:
        return asyncio.run(_both(options, running, queries, bodies, per_batch))


async def _both(
    options: Options,
    running: server.Service,
    queries: list[bytes],
    bodies: list[bytes],
    per_batch: int,
) -> Result:
    async with running.client() as client:
        await server.post_batch(client, bodies[0])
        await _searches(client, queries, 4)
        before = await _searches(client, queries, options.size(30, 2))
        started = time.perf_counter()
        imported = bodies[1:] or bodies
        importing = asyncio.create_task(_import(client, imported))
        during = await _searches(client, queries, None, importing)
        seconds = time.perf_counter() - started
        after = await _searches(client, queries, options.size(30, 2))
    idle = statistics.median([*before, *after])
    return {
        "idle": summary([*before, *after]),
        "importing": summary(during),
        "ratio": statistics.median(during) / idle,
        "imported_per_s_meanwhile": len(imported) * per_batch / seconds,
        "searches_per_s_meanwhile": len(during) / seconds,
    }


async def _import(client: server.httpx.AsyncClient, bodies: list[bytes]) -> None:
    waiting = iter(bodies)

    async def sender() -> None:
        for body in waiting:
            await server.post_batch(client, body)

    await asyncio.gather(*(sender() for _ in range(SENDERS)))


async def _searches(
    client: server.httpx.AsyncClient,
    queries: list[bytes],
    count: int | None,
    until: asyncio.Task[None] | None = None,
) -> list[float]:
    """Returns the latencies of `count` searches, or of those that start before `until` is done."""
    taken: list[float] = []
    while (until is not None and not until.done()) or len(taken) < (count or 1):
        started = time.perf_counter()
        await server.search(client, queries[len(taken) % len(queries)])
        taken.append((time.perf_counter() - started) * 1e3)
        await asyncio.sleep(PAUSE_S)
    if until is not None:
        await until
    return taken
