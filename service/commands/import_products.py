"""Posts the products of a JSON or JSON Lines file, with their pictures, to a running service.

Each product is an object: `product_id`, `name`, `description`, `attributes`, and `image` or
`images`, paths relative to the file. Any other string, number, boolean or list of strings becomes
an attribute. If a product id occurs more than once, the last line counts.
Products the service has already, with the same content, are left alone. A product that cannot be
sent, or whose picture cannot be read, fails alone, with its line in the file, and what the service
has no room for now (503) is sent again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
from tqdm import tqdm

from service.commands import client as http
from service.commands.importing.entries import (
    OWN_FIELDS,
    Entry,
    entry_of,
    find_picture,
    picture_paths,
)
from service.commands.importing.product_file import FileProduct, read_products, without_earlier
from service.config import MIB
from service.core.errors import ServiceError

BATCH_PRODUCTS = 16
BATCH_BYTES = 32 * MIB
"""Half of what the service takes in one request by default."""

RETRIES = 10
PAUSE_S = 2.0
"""Before a retry where the answer names no time."""

LONGEST_PAUSE_S = 30.0
DIVIDED_STATUSES = {
    httpx.codes.BAD_REQUEST,
    httpx.codes.REQUEST_ENTITY_TOO_LARGE,
    httpx.codes.UNPROCESSABLE_ENTITY,
}
"""Refusals of a whole request, for its size or for one product: its halves are sent again."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="JSON array or JSON Lines")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        type=_renaming,
        metavar="FIELD=NAME",
        help="the file's NAME for a FIELD of the service, as in --map name=title; repeatable",
    )
    http.add_arguments(parser)


def _renaming(text: str) -> tuple[str, str]:
    ours, _, theirs = text.partition("=")
    if ours not in OWN_FIELDS or not theirs:
        raise argparse.ArgumentTypeError(
            f"{text!r} maps nothing; give FIELD=NAME with a FIELD of {', '.join(OWN_FIELDS)}"
        )
    return ours, theirs


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(_import(arguments))


async def _import(arguments: argparse.Namespace) -> int:
    everything = read_products(arguments.file, dict(arguments.map))
    products, left_out = without_earlier(everything)
    for sentence in left_out:
        print(sentence, file=sys.stderr)
    directory = arguments.file.parent
    results: Counter[str] = Counter()
    slots = asyncio.Semaphore(arguments.concurrency)
    with tqdm(total=len(products), unit=" products", file=sys.stderr, disable=None) as bar:
        async with http.connect(arguments) as client:

            async def send(batch: Sequence[FileProduct]) -> None:
                async with slots:
                    results.update(await _send(client, directory, batch))
                    bar.update(len(batch))

            await asyncio.gather(*(send(batch) for batch in batches(products, directory)))
    print(", ".join(f"{count} {status}" for status, count in sorted(results.items())) or "nothing")
    return 1 if results["failed"] else 0


def batches(products: Sequence[FileProduct], directory: Path) -> Iterator[Sequence[FileProduct]]:
    """At most BATCH_PRODUCTS and BATCH_BYTES of pictures; a product with more goes alone."""
    batch: list[FileProduct] = []
    batch_bytes = 0
    for product in products:
        product_bytes = _picture_bytes(product, directory)
        if batch and (len(batch) == BATCH_PRODUCTS or batch_bytes + product_bytes > BATCH_BYTES):
            yield batch
            batch, batch_bytes = [], 0
        batch.append(product)
        batch_bytes += product_bytes
    if batch:
        yield batch


def _picture_bytes(product: FileProduct, directory: Path) -> int:
    try:
        paths = picture_paths(product)
        return sum(find_picture(path, directory).stat().st_size for path in paths)
    except (OSError, ServiceError):
        return 0  # It fails, and is told, when it is read.


async def _send(
    client: httpx.AsyncClient, directory: Path, batch: Sequence[FileProduct]
) -> list[str]:
    """The status of each product, in no order."""
    entries, statuses = [], []
    for number, product in enumerate(batch):
        try:
            entry = await asyncio.to_thread(entry_of, number, product, directory)
        except ServiceError as exc:
            statuses.append(_failed(product.label, exc.detail))
        else:
            entries.append(entry)
            if entry.left_out:
                _tell(entry.label, entry.left_out)
    for attempt in range(RETRIES + 1):
        if not entries:
            break
        answered, entries, pause_s = await _post(client, entries, last=attempt == RETRIES)
        statuses += answered
        if entries:
            await asyncio.sleep(pause_s)
    return statuses


async def _post(
    client: httpx.AsyncClient, entries: Sequence[Entry], *, last: bool
) -> tuple[list[str], list[Entry], float]:
    """Statuses, the entries to send again (none where this was the last try), and the pause."""
    response = await http.post(
        client,
        "/products/batch",
        data={"manifest": json.dumps([entry.manifest for entry in entries])},
        files=[file for entry in entries for file in entry.files],
    )
    if response.status_code == httpx.codes.SERVICE_UNAVAILABLE and not last:
        return [], list(entries), pause_s(response)
    if response.status_code in DIVIDED_STATUSES and len(entries) > 1:
        return await _post_halves(client, entries, last=last)
    if response.status_code != httpx.codes.OK:
        problem = http.problem(response)
        return [_failed(entry.label, problem) for entry in entries], [], 0
    statuses, again = [], []
    for entry, result in zip(entries, response.json()["results"], strict=True):
        if result["status"] != "failed":
            statuses.append(str(result["status"]))
        elif result["problem"]["status"] == httpx.codes.SERVICE_UNAVAILABLE and not last:
            again.append(entry)
        else:
            statuses.append(_failed(entry.label, result["problem"]["detail"]))
    return statuses, again, pause_s(response)


async def _post_halves(
    client: httpx.AsyncClient, entries: Sequence[Entry], *, last: bool
) -> tuple[list[str], list[Entry], float]:
    """Halves a batch that the service, or a proxy in front of it, refuses as a whole."""
    middle = len(entries) // 2
    first = await _post(client, entries[:middle], last=last)
    second = await _post(client, entries[middle:], last=last)
    return first[0] + second[0], first[1] + second[1], max(first[2], second[2])


def pause_s(response: httpx.Response) -> float:
    """Seconds that the answer asks to wait, within reason; a date counts as no number."""
    asked = response.headers.get("Retry-After", "")
    return min(float(asked), LONGEST_PAUSE_S) if asked.isdecimal() else PAUSE_S


def _failed(label: str, why: str) -> str:
    _tell(label, why)
    return "failed"


def _tell(label: str, sentence: str) -> None:
    tqdm.write(f"{label}: {sentence}", file=sys.stderr)
