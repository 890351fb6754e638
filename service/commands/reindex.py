"""Updates the index from the blob store, and continues where an interrupted run stopped.

Stop the service first, because only one process at a time can use DATA_DIR.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from tqdm import tqdm

from service.catalogue.indexing import Progress
from service.config import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from-scratch",
        action="store_true",
        help="first delete the index, then compute all vectors again from the stored pictures",
    )


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(_reindex(Settings(), from_scratch=arguments.from_scratch))


async def _reindex(settings: Settings, *, from_scratch: bool) -> int:
    from service.bootstrap import build_parts

    async with build_parts(settings, lambda message: tqdm.write(message, file=sys.stderr)) as parts:
        if from_scratch:
            await parts.store.discard("a reindex from scratch was requested")
        with tqdm(unit=" products", disable=None) as bar:

            def show(progress: Progress) -> None:
                bar.total = progress.total
                bar.n = progress.done
                bar.refresh()

            last = await parts.indexer.rebuild(show)
        await parts.store.mark_rebuilt()
    print(f"{last.done} products, {last.embedded_images} images embedded")
    for product_id in last.failed:
        print(f"failed: {product_id}", file=sys.stderr)
    return 1 if last.failed else 0
