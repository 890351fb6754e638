"""Posts the products of a JSON or JSON Lines file, with their pictures, to a running service.

Each product is an object: `product_id`, `name`, `description`, `attributes`, and `image` or
`images`, paths relative to the file. Any other string, number or boolean becomes an attribute.
Products the service has already, with the same content, are left alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from tqdm import tqdm

from service.commands import client as http
from service.errors import ServiceError

BATCH_PRODUCTS = 16
OWN_FIELDS = ("product_id", "name", "description", "attributes", "image", "images")


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

            await asyncio.gather(*(send(batch) for batch in _batches(products)))
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


def _batches(products: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    for start in range(0, len(products), BATCH_PRODUCTS):
        yield products[start : start + BATCH_PRODUCTS]


async def _send(
    client: httpx.AsyncClient, directory: Path, batch: Sequence[Mapping[str, Any]]
) -> list[str]:
    manifest, files = [], []
    for number, product in enumerate(batch):
        paths = product.get("images") or [product[key] for key in ("image",) if key in product]
        names = [f"{number}-{position}" for position in range(len(paths))]
        manifest.append(manifest_entry(product, names))
        for name, path in zip(names, paths, strict=True):
            files.append(("file", (name, await asyncio.to_thread(_read, directory / path))))
    response = await http.post(
        client, "/products/batch", data={"manifest": json.dumps(manifest)}, files=files
    )
    if response.status_code != httpx.codes.OK:
        tqdm.write(http.problem(response), file=sys.stderr)
        return ["failed"] * len(batch)
    return [_status(result) for result in response.json()["results"]]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise ServiceError(f"{path} cannot be read: {exc}") from exc


def _status(result: Mapping[str, Any]) -> str:
    if result["status"] == "failed":
        tqdm.write(f"{result['product_id']}: {result['problem']['detail']}", file=sys.stderr)
    return str(result["status"])
