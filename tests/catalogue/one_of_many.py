"""One process of many that write one product: `python -m tests.catalogue.one_of_many PORT NUMBER`.

Prints the name of every attribute whose write was acknowledged.
"""

from __future__ import annotations

import asyncio
import sys

from service.core.errors import Unavailable
from tests.catalogue.services import Service
from tests.fakes import BruteForceStore
from tests.s3 import s3_blobs

WRITES = 6


async def main(port: int, number: int) -> None:
    service = Service(s3_blobs(port), BruteForceStore())
    for step in range(WRITES):
        name = f"{number}-{step}"
        try:
            await service.catalogue.patch("a", {"attributes": {name: True}})
        except Unavailable:
            continue
        sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
