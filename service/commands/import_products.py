"""Posts the products of a JSON or JSON Lines file, with their pictures, to a running service.

Each product is an object: `product_id`, `name`, `description`, `attributes`, and `image` or
`images`, paths relative to the file. Any other string, number or boolean becomes an attribute.
Products the service has already, with the same content, are left alone. A product whose picture
cannot be read fails alone, and what the service has no room for now (503) is sent again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from tqdm import tqdm

from service.commands import client as http
from service.config import MIB
from service.core.errors import ServiceError

BATCH_PRODUCTS = 16
BATCH_BYTES = 32 * MIB
"""Half of what the service takes in one request by default."""

RETRIES = 10
PAUSE_S = 2.0
"""Before a retry where the answer names no time."""

LONGEST_PAUSE_S = 30.0
OWN_FIELDS = ("product_id", "name", "description", "attributes", "image", "images")


@dataclass(frozen=True, slots=True)
class Entry:
    """A product as it is sent; `label` is its name in messages."""

    label: str
    manifest: dict[str, Any]
    files: list[tuple[str, tuple[str, bytes]]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="JSON array or JSON Lines")
    http.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(_import(arguments))


async def _import(arguments: argparse.Namespace) -> int:
    products = read_products(arguments.file)
    directory = arguments.file.parent
    results: Counter[str] = Counter()
    slots = asyncio.Semaphore(arguments.concurrency)
    with tqdm(total=len(products), unit=" products", file=sys.stderr, disable=None) as bar:
        async with http.connect(arguments) as client:

            async def send(batch: Sequence[Mapping[str, Any]]) -> None:
                async with slots:
                    results.update(await _send(client, directory, batch))
                    bar.update(len(batch))

            await asyncio.gather(*(send(batch) for batch in batches(products, directory)))
    print(", ".join(f"{count} {status}" for status, count in sorted(results.items())) or "nothing")
    return 1 if results["failed"] else 0


def read_products(path: Path) -> list[dict[str, Any]]:
    """The products of a JSON array or of JSON Lines. Raises ServiceError with the line."""
    try:
        text = path.read_text(encoding="utf-8")
        if text.lstrip().startswith("["):
            products: list[dict[str, Any]] = json.loads(text)
        else:
            products = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (OSError, ValueError) as exc:
        raise ServiceError(f"{path} cannot be read: {exc}") from exc
    if not all(isinstance(product, dict) for product in products):
        raise ServiceError(f"{path} must hold one JSON object a product.")
    return products


def manifest_entry(product: Mapping[str, Any], images: Sequence[str]) -> dict[str, Any]:
    """A product as the batch call takes it; fields it does not know become attributes."""
    more = {
        name: value
        for name, value in product.items()
        if name not in OWN_FIELDS and isinstance(value, str | int | float)
    }
    entry = {name: product[name] for name in OWN_FIELDS[:3] if product.get(name) is not None}
    entry["attributes"] = more | dict(product.get("attributes") or {})
    entry["images"] = list(images)
    return entry


def batches(
    products: Sequence[Mapping[str, Any]], directory: Path
) -> Iterator[Sequence[Mapping[str, Any]]]:
    """At most BATCH_PRODUCTS and BATCH_BYTES of pictures; a product with more goes alone."""
    batch: list[Mapping[str, Any]] = []
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


def _picture_bytes(product: Mapping[str, Any], directory: Path) -> int:
    try:
        return sum((directory / path).stat().st_size for path in _pictures(product))
    except (OSError, TypeError, ValueError):
        return 0  # It fails, and is told, when it is read.


def _pictures(product: Mapping[str, Any]) -> list[Any]:
    """Paths, if the file is right; whatever it has in their place, if not."""
    given = product.get("images") or product.get("image") or []
    return given if isinstance(given, list) else [given]


async def _send(
    client: httpx.AsyncClient, directory: Path, batch: Sequence[Mapping[str, Any]]
) -> list[str]:
    """The status of each product, in no order."""
    entries, statuses = [], []
    for number, product in enumerate(batch):
        try:
            entries.append(await asyncio.to_thread(_entry, number, product, directory))
        except (OSError, TypeError, ValueError) as exc:
            statuses.append(_failed(_label(product), f"cannot be sent: {exc}"))
    for attempt in range(RETRIES + 1):
        if not entries:
            break
        answered, entries, pause_s = await _post(client, entries, last=attempt == RETRIES)
        statuses += answered
        if entries:
            await asyncio.sleep(pause_s)
    return statuses


def _entry(number: int, product: Mapping[str, Any], directory: Path) -> Entry:
    """Raises OSError, TypeError or ValueError where the product cannot be sent."""
    pictures = [(directory / path).read_bytes() for path in _pictures(product)]
    files = [("files", (f"{number}-{n}", data)) for n, data in enumerate(pictures)]
    manifest = manifest_entry(product, [name for _, (name, _) in files])
    return Entry(_label(product), manifest, files)


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
    if response.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE and len(entries) > 1:
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
    """For a service, or a proxy before it, that takes less in one request than the default."""
    middle = len(entries) // 2
    first = await _post(client, entries[:middle], last=last)
    second = await _post(client, entries[middle:], last=last)
    return first[0] + second[0], first[1] + second[1], max(first[2], second[2])


def pause_s(response: httpx.Response) -> float:
    """Seconds that the answer asks to wait, within reason; a date counts as no number."""
    asked = response.headers.get("Retry-After", "")
    return min(float(asked), LONGEST_PAUSE_S) if asked.isdecimal() else PAUSE_S


def _label(product: Mapping[str, Any]) -> str:
    return str(product.get("product_id") or product.get("name") or "a product without an id")


def _failed(label: str, why: str) -> str:
    tqdm.write(f"{label}: {why}", file=sys.stderr)
    return "failed"
