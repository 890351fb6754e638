"""Everything that the service reads from its folder is part of an installed package."""

from __future__ import annotations

import tomllib

from tests.packaging.documents import ROOT

SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]


def test_every_file_of_the_service_is_packaged() -> None:
    package = ROOT / "service"
    patterns = SETUPTOOLS["package-data"]["service"]
    packaged = {path for pattern in patterns for path in package.glob(pattern)}
    files = {path for path in package.rglob("*") if path.is_file()}
    assert {path for path in files - packaged if path.suffix not in {".py", ".pyc"}} == set()
