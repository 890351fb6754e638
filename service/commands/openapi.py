"""Writes the OpenAPI document, or with --check tells whether the existing file is up to date."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", type=Path, default=Path("openapi/openapi.json"))
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if the file is out of date"
    )


def run(arguments: argparse.Namespace) -> int:
    from service.app import openapi_document

    path: Path = arguments.path
    text = json.dumps(openapi_document(), indent=2, ensure_ascii=False) + "\n"
    if not arguments.check:
        path.write_text(text, encoding="utf-8")
        return 0
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return 0
    print(f"{path} is out of date: run `make openapi`.", file=sys.stderr)
    return 1
