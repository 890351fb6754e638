"""Brings the index in step with the blob store; goes on where an earlier run was cut off.

A directory (DATA_DIR) has one user at a time: stop the service first.
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
        help="throw the index away first, and make every vector anew from the stored pictures",
    )


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(_reindex(Settings(), from_scratch=arguments.from_scratch))


async def _reindex(settings: Settings, *, from_scratch: bool) -> int:
    from service.bootstrap import build_parts

    async with build_parts(settings, lambda message: tqdm.write(message, file=sys.stderr)) as parts:
        if from_scratch:
            await parts.store.discard("a reindex from scratch was asked for")
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
