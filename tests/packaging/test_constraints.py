"""constraints.txt pins every installed package, and contains only names and versions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.packaging.documents import ROOT

LINES = [
    line
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
PINNED: dict[str, str] = {
    canonicalize_name(line.partition("==")[0]): line.partition("==")[2] for line in LINES
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DIRECT = [
    Requirement(text)
    for text in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
]

BENCH = [Requirement(text) for text in PROJECT["optional-dependencies"]["bench"]]
"""The packages of the benchmarks, which the tests do not install."""


def test_every_line_is_a_name_and_an_exact_version() -> None:
    odd = [line for line in LINES if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", line)]
    assert not odd


def test_no_package_is_pinned_twice_and_all_are_sorted() -> None:
    assert len(PINNED) == len(LINES)
    assert sorted(LINES, key=str.lower) == LINES


def test_every_direct_dependency_is_pinned() -> None:
    assert not [req.name for req in [*DIRECT, *BENCH] if canonicalize_name(req.name) not in PINNED]


def test_every_indirect_dependency_is_pinned() -> None:
    assert not set(_installed(DIRECT)) - PINNED.keys()


def test_the_installed_versions_are_the_pinned_ones() -> None:
    # A wheel of another index may have a local version: torch 2.15.0+cpu is 2.15.0.
    installed = {name: version(name).partition("+")[0] for name in _installed(DIRECT)}
    assert {name: PINNED[name] for name in installed} == installed


def _installed(requirements: list[Requirement]) -> Iterator[str]:
    """Yields the names of the requirements and of their dependencies, each once."""
    waiting, seen = [(req, "") for req in requirements], set()
    while waiting:
        requirement, for_extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": for_extra}):
            continue
        name = canonicalize_name(requirement.name)
        for extra in ["", *requirement.extras]:
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            try:
                needed = requires(name) or []
            except PackageNotFoundError:
                continue
            waiting += [(Requirement(text), extra) for text in needed]
            if not extra:
                yield name
