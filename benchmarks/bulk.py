"""Bulk indexing over HTTP and the same answers: the service beside the naive way, in turns."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

from benchmarks import server
from benchmarks.naive import Naive
from benchmarks.options import Options, Result
from benchmarks.pictures import ONE_MEGAPIXEL, picture

BATCH = 32
TIE = 1e-3
SENDERS = 2


def measure(options: Options) -> Result:
    """Images a second of both, and whether searches give the naive way's answers."""
    rounds, batches = options.size(5, 1), options.size(3, 1)
    size = options.size(BATCH, 4)
    each = options.size(6, 2)
    pictures = [picture(seed, ONE_MEGAPIXEL) for seed in range(rounds * batches * size)]
    naive = Naive(options.clip, options.resnet50)
    naive.embed(pictures[0])
    directory = options.empty("bulk")
    ours_s: list[float] = []
    naive_s: list[float] = []
    with server.service(directory, **options.models()) as running:
        asyncio.run(_index(running, [server.batch_form(10_000_000, pictures[:4])]))
        for turn in range(rounds):
            first = turn * batches * size
            starts = range(first, first + batches * size, size)
            bodies = [server.batch_form(n, pictures[n : n + size]) for n in starts]
            started = time.perf_counter()
            asyncio.run(_index(running, bodies))
            ours_s.append((time.perf_counter() - started) / (batches * size))
            started = time.perf_counter()
            for data in pictures[first : first + each]:
                naive.embed(data)
            naive_s.append((time.perf_counter() - started) / each)
        answers = _same_answers(options, running, naive, pictures)
    # The best round of each: what else the machine does only ever makes one longer.
    ours, theirs = min(ours_s), min(naive_s)
    ratios = [b / a for a, b in zip(ours_s, naive_s, strict=True)]
    return {
        "images": len(pictures),
        "images_per_s": 1 / ours,
        "naive_images_per_s": 1 / theirs,
        "ratio": theirs / ours,
        "ratios": ratios,
        **answers,
    }


async def _index(running: server.Service, bodies: list[bytes]) -> None:
    waiting = iter(bodies)

    async def sender() -> None:
        for body in waiting:
            await server.post_batch(client, body)

    async with running.client() as client:
        await asyncio.gather(*(sender() for _ in range(SENDERS)))


def _same_answers(
    options: Options, running: server.Service, naive: Naive, pictures: list[bytes]
) -> Result:
    """Top tens over HTTP beside float32's: equal but for ties, scores within `TIE`."""
    catalogue = pictures[: options.size(48, 4)]
    naive.fill([naive.embed(data) for data in catalogue])
    queries = [picture(20_000_000 + n, ONE_MEGAPIXEL) for n in range(options.size(8, 2))]
    queries += catalogue[: options.size(8, 2)]
    furthest, same, selves = 0.0, 0, []
    for query in queries:
        hits = asyncio.run(_hits(running, query))
        exact = naive.exact_scores(query)
        known = [(n, score) for n, score in hits if n < len(catalogue)][:10]
        furthest = max(furthest, *(abs(score - float(exact[n])) for n, score in known))
        # Only pictures of the catalogue that both know; a tie may go either way.
        in_order = all(exact[a] >= exact[b] - TIE for (a, _), (b, _) in pairwise(known))
        missed = [n for n, score in enumerate(exact) if score > exact[known[-1][0]] + TIE]
        same += in_order and set(missed) <= {n for n, _ in known}
        selves.append(hits[0][1])
    return {
        "queries": len(queries),
        "same_top_ten": same,
        "largest_score_difference": furthest,
        "least_score_of_an_indexed_picture": min(selves[-options.size(8, 2) :]),
    }


async def _hits(running: server.Service, data: bytes) -> list[tuple[int, float]]:
    """(number, score) of the best hundred: enough to leave out what the naive way does not know."""
    async with running.client() as client:
        answer = await server.search(client, server.search_form(data, limit=100))
    return [(int(hit["product"]["product_id"][1:]), hit["score"]) for hit in answer["hits"]]
