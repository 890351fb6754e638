"""Stores the sample products in a running service, deletes them, or writes them to files.

`--to` needs no service. It writes the pictures, `products.json` for the command `import`, and
pictures to search with in the folder `queries`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from shutil import copyfile

import httpx

from service.commands import client as http
from service.commands.import_products import RETRIES, pause_s
from service.core.errors import ServiceError
from service.samples.files import Sample, sample_queries, samples


def add_arguments(parser: argparse.ArgumentParser) -> None:
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--to", type=Path, metavar="DIR", help="write files to this folder instead"
    )
    instead.add_argument("--delete", action="store_true", help="delete the sample products instead")
    http.add_address(parser)


def run(arguments: argparse.Namespace) -> int:
    if arguments.to is not None:
        return _write(arguments.to)
    counts = asyncio.run(_ask(arguments, "DELETE" if arguments.delete else "POST"))
    done = [
        f"{counts[what]} {what}"
        for what in ("created", "replaced", "unchanged", "kept", "deleted")
        if counts.get(what)
    ]
    print(", ".join(done) or "nothing to delete")
    return 0


async def _ask(arguments: argparse.Namespace, method: str) -> dict[str, int]:
    """Returns the answer, and repeats the request if the service is busy. Raises ServiceError."""
    async with http.connect(arguments) as client:
        for attempt in range(RETRIES + 1):
            response = await http.request(client, method, "/samples")
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE or attempt == RETRIES:
                break
            await asyncio.sleep(pause_s(response))
    if response.status_code != httpx.codes.OK:
        raise ServiceError(http.problem(response))
    counts: dict[str, int] = response.json()
    return counts


def _write(directory: Path) -> int:
    try:
        (directory / "queries").mkdir(parents=True, exist_ok=True)
        entries = [_write_sample(directory, sample) for sample in samples()]
        text = json.dumps(entries, indent=1, ensure_ascii=False)
        (directory / "products.json").write_text(text + "\n", encoding="utf-8")
        for query in sample_queries().values():
            copyfile(query.file, directory / "queries" / query.file.name)
    except OSError as exc:
        raise ServiceError(f"{directory} cannot be written: {exc}") from exc
    print(f"{len(entries)} products in {directory / 'products.json'}")
    return 0


def _write_sample(directory: Path, sample: Sample) -> dict[str, object]:
    """Copies the picture, and returns the product in the format of `import`."""
    copyfile(sample.file, directory / sample.file.name)
    return {
        "product_id": sample.product_id,
        "name": sample.fields.name,
        "description": sample.fields.description,
        "attributes": sample.fields.attributes,
        "image": sample.file.name,
    }
