"""No file but the registry and the encoders' own folders names a signal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.packaging.documents import ROOT

SERVICE = ROOT / "service"
NAME = re.compile("semantic|visual", re.IGNORECASE)
"""The two signals that every installation has. Others may have names that are common words."""
FILES = [
    path
    for folder in (SERVICE, ROOT / "scripts")
    for path in sorted(folder.rglob("*"))
    if path.suffix in {".py", ".js", ".css", ".html"}
]


def may_name_signals(path: Path) -> bool:
    """The registry, and the folders of the encoders in it."""
    embedding = SERVICE / "embedding"
    folders = [embedding / name for name in ("clip", "resnet50", "compact")]
    return path == embedding / "registry.py" or any(path.is_relative_to(one) for one in folders)


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if not may_name_signals(path)],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_it_names_no_signal(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if NAME.search(line)] == []
