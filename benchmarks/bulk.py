"""Measures bulk indexing over HTTP against the naive way, and compares the answers."""

from __future__ import annotations

import asyncio
import statistics
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks import server
from benchmarks.naive import SIGNALS, Naive, Vectors
from benchmarks.options import Options, Result
from benchmarks.pictures import ONE_MEGAPIXEL, picture
from service.catalogue.records import image_id
from service.core.index import point_id
from service.repositories.edge.shard import Shard

BATCH = 32
TIE = 1e-3
SENDERS = 2
WARM_UP = 10_000_000
"""The number of the first product that is indexed before the measurement and deleted again."""


def measure(options: Options) -> Result:
    """Returns the images a second of both, and compares their vectors and searches."""
    rounds, per_round = options.size(2, 1), options.size(8 * BATCH, 4)
    pictures = [picture(seed, ONE_MEGAPIXEL) for seed in range(rounds * per_round)]
    naive = Naive(options.clip, options.resnet50)
    naive.embed(pictures[0])
    directory = options.empty("bulk")
    ours_s: list[float] = []
    naive_s: list[float] = []
    exact: list[Vectors] = []
    with server.service(directory, **options.models()) as running:
        asyncio.run(_warm_up(running, pictures[:4]))
        for first in range(0, len(pictures), per_round):
            numbers = range(first, first + per_round)
            bodies = [
                server.batch_form(n, pictures[n : min(n + BATCH, numbers.stop)])
                for n in numbers[::BATCH]
            ]
            started = time.perf_counter()
            asyncio.run(_index(running, bodies))
            ours_s.append((time.perf_counter() - started) / per_round)
            running.rest()
            started = time.perf_counter()
            exact += [naive.embed(pictures[n]) for n in numbers]
            naive_s.append((time.perf_counter() - started) / per_round)
        naive.fill(exact)
        answers = _same_answers(options, running, naive, pictures)
    ours, theirs = statistics.median(ours_s), statistics.median(naive_s)
    return {
        "images": len(pictures),
        "images_per_s": 1 / ours,
        "naive_images_per_s": 1 / theirs,
        "images_per_s_by_round": [1 / seconds for seconds in ours_s],
        "naive_images_per_s_by_round": [1 / seconds for seconds in naive_s],
        "ratio": theirs / ours,
        "share_of_limit": options.share_of_limit(1 / ours),
        "ratios": [b / a for a, b in zip(ours_s, naive_s, strict=True)],
        "least_cosine": _least_cosines(directory, pictures, exact),
        **answers,
    }


async def _warm_up(running: server.Service, pictures: list[bytes]) -> None:
    await _index(running, [server.batch_form(WARM_UP, pictures)])
    async with running.client() as client:
        for n in range(len(pictures)):
            response = await client.delete(f"/products/{server.product_id(WARM_UP + n)}")
            response.raise_for_status()


async def _index(running: server.Service, bodies: list[bytes]) -> None:
    waiting = iter(bodies)

    async def sender() -> None:
        for body in waiting:
            await server.post_batch(client, body)

    async with running.client() as client:
        await asyncio.gather(*(sender() for _ in range(SENDERS)))


def _least_cosines(
    directory: Path, pictures: list[bytes], exact: list[Vectors]
) -> dict[str, float]:
    """Returns the cosines between the vectors in the index on disk and those in float32."""
    semantic_size, visual_size = (len(vector) for vector in exact[0])
    (collection,) = (directory / "vectors").iterdir()
    shard = Shard.load(collection / "shard", semantic_size + visual_size)
    try:
        ids = [point_id(server.product_id(n), image_id(data)) for n, data in enumerate(pictures)]
        stored = shard.vectors(ids)
    finally:
        shard.close()
    ours = np.stack([stored[key] for key in ids])
    cosines = ours * np.stack([np.concatenate(vectors) for vectors in exact])
    return {
        SIGNALS[0]: float(cosines[:, :semantic_size].sum(axis=1).min()),
        SIGNALS[1]: float(cosines[:, semantic_size:].sum(axis=1).min()),
    }


def _same_answers(
    options: Options, running: server.Service, naive: Naive, pictures: list[bytes]
) -> Result:
    """Counts top tens over HTTP that equal those in float32, except for ties within `TIE`."""
    each = options.size(16, 2)
    fresh = [picture(2 * WARM_UP + n, ONE_MEGAPIXEL) for n in range(each)]
    furthest, same = 0.0, 0
    selves: list[float] = []
    for query in [*fresh, *pictures[:each]]:
        hits = asyncio.run(_hits(running, query))
        exact = naive.exact_scores(query)
        furthest = max(furthest, *(abs(score - float(exact[n])) for n, score in hits))
        # Products with equal scores may be in either order.
        in_order = all(exact[a] >= exact[b] - TIE for (a, _), (b, _) in pairwise(hits))
        missed = {n for n, score in enumerate(exact) if score > exact[hits[-1][0]] + TIE}
        same += in_order and missed <= {n for n, _ in hits}
        selves.append(hits[0][1])
    return {
        "queries": len(selves),
        "same_top_ten": same,
        "largest_score_difference": furthest,
        "least_score_of_an_indexed_picture": min(selves[each:]),
    }


async def _hits(running: server.Service, data: bytes) -> list[tuple[int, float]]:
    """Returns (number, score) of the best ten."""
    async with running.client() as client:
        answer = await server.search(client, server.search_form(data))
    return [(server.number(hit["product"]["product_id"]), hit["score"]) for hit in answer["hits"]]
