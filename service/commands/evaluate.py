"""Searches labelled photos in a running service and counts how often the right product is found.

The CSV file has the columns `path` (relative to the file) and `label`. A hit is right if its
product id, or the attribute named by --attribute, equals the label.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import random
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from tqdm import tqdm

from service.commands import client as http
from service.core.errors import ServiceError

FIRST = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """The rank of the right product, from 1, or None if it was not among the first hits."""

    rank: int | None
    took_ms: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="CSV with the columns path and label")
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="use only rows with this value",
    )
    parser.add_argument(
        "--sample", type=int, help="number of photos to select at random (default: all)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of the random selection (default: %(default)s)"
    )
    parser.add_argument("--attribute", help="compare this attribute instead of the product id")
    http.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    photos = _photos(arguments)
    print(f"{len(photos)} photos")
    print(f"{'ranking':<16} {'right first':>12} {f'in first {FIRST}':>12} {'median ms':>10}")
    for name, weights in asyncio.run(_rankings(arguments)).items():
        answers = asyncio.run(_search_all(arguments, photos, weights))
        ranks = [answer.rank for answer in answers if answer.rank is not None]
        first = sum(rank == 1 for rank in ranks) / len(answers)
        median_ms = statistics.median(answer.took_ms for answer in answers)
        print(f"{name:<16} {first:>12.1%} {len(ranks) / len(answers):>12.1%} {median_ms:>10.1f}")
    return 0


async def _rankings(
    arguments: argparse.Namespace,
) -> dict[str, dict[str, float] | None]:
    """Returns the rankings to compare: the default weights (None), and each signal alone."""
    async with http.connect(arguments) as client:
        response = await http.request(client, "GET", "/health")
    if response.status_code != httpx.codes.OK:
        raise ServiceError(f"The service is not ready: {http.problem(response)}")
    alone = {f"{s['name']} alone": {s["name"]: 1.0} for s in response.json()["signals"]}
    return {"hybrid": None, **alone}


def _photos(arguments: argparse.Namespace) -> list[Mapping[str, str]]:
    wanted = dict(condition.split("=", 1) for condition in arguments.where)
    with arguments.file.open(encoding="utf-8", newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if all(row.get(column) == value for column, value in wanted.items())
        ]
    if not rows or not {"path", "label"} <= rows[0].keys():
        raise ServiceError(
            f"{arguments.file} has no matching rows with the columns path and label."
        )
    if arguments.sample is not None and arguments.sample < len(rows):
        rows = random.Random(arguments.seed).sample(rows, arguments.sample)
    return list(rows)


async def _search_all(
    arguments: argparse.Namespace,
    photos: list[Mapping[str, str]],
    weights: Mapping[str, float] | None,
) -> list[Answer]:
    slots = asyncio.Semaphore(arguments.concurrency)
    with tqdm(total=len(photos), unit=" photos", leave=False, disable=None) as bar:
        async with http.connect(arguments) as client:

            async def search(photo: Mapping[str, str]) -> Answer:
                async with slots:
                    answer = await _search(client, arguments, photo, weights)
                    bar.update()
                    return answer

            return await asyncio.gather(*(search(photo) for photo in photos))


async def _search(
    client: httpx.AsyncClient,
    arguments: argparse.Namespace,
    photo: Mapping[str, str],
    weights: Mapping[str, float] | None,
) -> Answer:
    data = await asyncio.to_thread((arguments.file.parent / photo["path"]).read_bytes)
    fields = {"limit": str(FIRST)} | ({} if weights is None else {"weights": json.dumps(weights)})
    started = time.perf_counter()
    response = await http.post(client, "/search/image", data=fields, files={"image": data})
    took_ms = (time.perf_counter() - started) * 1000
    if response.status_code != httpx.codes.OK:
        raise ServiceError(f"{photo['path']}: {http.problem(response)}")
    labels = [_label(hit["product"], arguments.attribute) for hit in response.json()["hits"]]
    rank = labels.index(photo["label"]) + 1 if photo["label"] in labels else None
    return Answer(rank, took_ms)


def _label(product: Mapping[str, Any], attribute: str | None) -> object:
    return product["attributes"].get(attribute) if attribute else product["product_id"]
