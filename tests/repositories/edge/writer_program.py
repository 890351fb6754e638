"""Adds points endlessly and prints the acknowledged ones, until a test kills this program.

python writer_program.py <directory>
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from service.core.index import Changes
from service.repositories.edge.store import EdgeStore
from tests.repositories.points import DIMENSIONS, clustered, make_point


def say(what: str, value: object) -> None:
    sys.stdout.write(f"{what} {value}\n")
    sys.stdout.flush()


async def write_for_ever(directory: Path) -> None:
    store = await EdgeStore.open(
        directory, collection="c", dimensions=DIMENSIONS, fingerprint="f", lock_wait_s=0
    )
    say("engine", store.process_id)
    vectors = clustered(500)
    for number in range(1_000_000):
        point = make_point(f"p{number}", vectors[number % len(vectors)], created_us=number)
        await store.apply(Changes(upserts=(point,)))
        say("stored", point.point_id)


if __name__ == "__main__":
    asyncio.run(write_for_ever(Path(sys.argv[1])))
