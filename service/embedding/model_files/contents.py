"""Recognises files that are not what their names say."""

from __future__ import annotations

from pathlib import Path

_HEADS = {
    b"version https://git-lfs": "is a Git LFS pointer, not the file itself; run `git lfs pull`",
    b"<!doctype html": "is a web page that was saved in its place; download the file again",
    b"<html": "is a web page that was saved in its place; download the file again",
}
_WEIGHTS = ("*.safetensors", "*.bin", "*.pt", "*.pth")


def imposter(path: Path) -> str | None:
    """Says what is wrong with a weights file, or one in a directory; None if nothing is seen."""
    files = [path] if path.is_file() else [f for kind in _WEIGHTS for f in path.rglob(kind)]
    for file in files:
        with file.open("rb") as stream:
            start = stream.read(64).lstrip().lower()
        for head, meaning in _HEADS.items():
            if start.startswith(head):
                return f"{file} {meaning}"
    return None
