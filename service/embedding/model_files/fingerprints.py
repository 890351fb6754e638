"""Hashes that identify a model by the contents of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

_IDENTIFYING = {".json", ".txt", ".safetensors", ".bin", ".model"}


def fingerprint(
    name: str, hashes: Mapping[str, str], preprocessing_version: str, dimensions: int
) -> str:
    """SHA-256 (hex) over everything that decides what a vector means."""
    facts = [name, dict(sorted(hashes.items())), preprocessing_version, dimensions]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def sha256(file: Path) -> str:
    """SHA-256 (hex) over the bytes of the file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def hash_files(files: Iterable[Path], *, root: Path) -> str:
    """SHA-256 (hex) over contents and names relative to `root`, wherever `root` lies."""
    if not isinstance(files, Sequence):
        files = list(files)
    if len(files) == 1:
        return sha256(files[0])
    facts = {file.relative_to(root).as_posix(): sha256(file) for file in sorted(files)}
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def model_files(directory: Path) -> list[Path]:
    """The files of a model directory that its vectors depend on.

    Where both formats of the weights are there, only the safetensors count: the libraries prefer
    them.
    """
    files = [
        path
        for path in directory.rglob("*")
        if path.suffix in _IDENTIFYING
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(directory).parts)
    ]
    return [file for file in files if file.suffix != ".bin" or not _has_safetensors(file.parent)]


def _has_safetensors(directory: Path) -> bool:
    return next(directory.glob("*.safetensors"), None) is not None
