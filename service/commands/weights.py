"""Fetches the weights of CLIP and ResNet50 into a directory, so that a start needs no network."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from service.config import Settings
from service.core.errors import SetupError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", type=Path, help="the directory (default: WEIGHTS_DIR)")


def run(arguments: argparse.Namespace) -> int:
    from service.embedding.model_files import download, weights

    settings = Settings()
    target: Path = arguments.to or settings.weights_dir
    name = weights.torchvision_file(settings)
    if name is None:
        raise SetupError("RESNET50_WEIGHTS is a file already; give a torchvision weights name.")

    def show(progress: download.Progress) -> None:
        of = f" of {progress.total_bytes / 1e6:.0f}" if progress.total_bytes else ""
        print(f"\r{progress.step}: {progress.done_bytes / 1e6:.0f}{of} MB", end="", file=sys.stderr)

    fetched = download.fetch_clip(weights.hub_repository(settings), show)
    # The hub's cache is links to blobs; a directory to be carried elsewhere holds the files.
    shutil.copytree(fetched, target / weights.clip_name(settings), dirs_exist_ok=True)
    shutil.copy(download.fetch_torchvision(name, show), target / name)
    print(f"\nin {target}", file=sys.stderr)
    return 0
