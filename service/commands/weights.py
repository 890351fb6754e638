"""Downloads the weights of CLIP and ResNet50 into a folder, for a service without a network."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from service.config import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", type=Path, help="the folder (default: WEIGHTS_DIR)")


def run(arguments: argparse.Namespace) -> int:
    from service.embedding.loading import encoder_sources
    from service.embedding.model_files.progress import Progress

    def show(progress: Progress) -> None:
        total = f" of {progress.total_bytes / 1e6:.0f}" if progress.total_bytes else ""
        done = f"{progress.done_bytes / 1e6:.0f}{total} MB"
        print(f"\r{progress.step}: {done}", end="", file=sys.stderr)

    settings = Settings()
    target: Path = arguments.to or settings.weights_dir
    for source in encoder_sources("clip+resnet50", settings.model_options).values():
        for weights in source.weights:
            _keep(weights.fetch(show), target / weights.kept_as)
    print(f"\nThe weights are in {target}.", file=sys.stderr)
    return 0


def _keep(fetched: Path, target: Path) -> None:
    """Copies a file or a folder; links, which the hub's cache consists of, become files."""
    if fetched.is_dir():
        shutil.copytree(fetched, target, dirs_exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(fetched, target)
