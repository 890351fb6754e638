"""Measures searches by 1 to 64 concurrent clients against the naive way, and by their parts."""

from __future__ import annotations

import asyncio
import statistics
import time

from benchmarks import server
from benchmarks.naive import Naive
from benchmarks.options import Options, Result, milliseconds, summary
from benchmarks.pictures import ONE_MEGAPIXEL, picture

CLIENTS = (1, 4, 16, 64)


def measure(options: Options) -> Result:
    """Measures throughput and latency for each number of clients, and the naive way in between."""
    pictures = [picture(seed, ONE_MEGAPIXEL) for seed in range(options.size(128, 8))]
    bodies = [server.search_form(data) for data in pictures]
    naive = Naive(options.clip, options.resnet50)
    each = options.size(6, 2)
    naive.fill([naive.embed(data) for data in pictures[: options.size(32, 4)]])
    naive_ms: list[float] = []
    found: Result = {}
    with server.service(options.empty("load"), **options.models()) as running:
        asyncio.run(_fill(running, pictures))
        for clients in CLIENTS:
            for data in pictures[:each]:
                naive_ms.append(milliseconds(lambda data=data: naive.search(data)))
            requests = max(options.size(24, 2), clients * options.size(6, 1))
            found[str(clients)] = asyncio.run(_clients(running, clients, requests, bodies))
        parts = asyncio.run(_parts(running, bodies[: options.size(24, 2)]))
    naive = statistics.median(naive_ms)
    for each_ in found.values():
        each_["throughput_ratio"] = each_["per_s"] * naive / 1e3
        each_["latency_ratio"] = each_["p50_ms"] / naive
        each_["share_of_limit"] = options.share_of_limit(each_["per_s"])
    return {
        "naive_ms": naive,
        "naive_per_s": 1e3 / naive,
        "clients": found,
        "parts_ms": parts,
        "limit_ms": 1e3 / options.limit_images_per_s,
        "lone_to_limit": (found["1"]["p50_ms"] - parts["decode"])
        * options.limit_images_per_s
        / 1e3,
    }


async def _fill(running: server.Service, pictures: list[bytes]) -> None:
    async with running.client() as client:
        for start in range(0, len(pictures), 32):
            await server.post_batch(client, server.batch_form(start, pictures[start : start + 32]))
        await server.search(client, server.search_form(pictures[0]))


async def _clients(
    running: server.Service, clients: int, requests: int, bodies: list[bytes]
) -> Result:
    """Runs clients that each send the next search when the last one is answered."""
    numbers = iter(range(requests))
    taken: list[float] = []

    async def run() -> None:
        for number in numbers:
            started = time.perf_counter()
            await server.search(client, bodies[number % len(bodies)])
            taken.append((time.perf_counter() - started) * 1e3)

    async with running.client() as client:
        started = time.perf_counter()
        await asyncio.gather(*(run() for _ in range(clients)))
        seconds = time.perf_counter() - started
    return {"per_s": requests / seconds, **summary(taken)}


async def _parts(running: server.Service, bodies: list[bytes]) -> dict[str, float]:
    """Times single searches: the parts that the service reports, and HTTP as the rest."""
    parts: dict[str, list[float]] = {}
    async with running.client() as client:
        for body in bodies:
            started = time.perf_counter()
            answer = await server.search(client, body)
            whole = (time.perf_counter() - started) * 1e3
            took = dict(answer["took_ms"])
            took["http"] = whole - took.pop("total")
            for name, value in took.items():
                parts.setdefault(name, []).append(value)
    return {name: statistics.median(values) for name, values in parts.items()}
