"""Every `make` target has a help text and installs what it needs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from tests.packaging.documents import MAKEFILE, ROOT, make_targets

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


def _make(*arguments: str) -> str:
    # If make runs these tests, its flags must not reach the make that they run.
    own = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True, env=own)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_make_alone_prints_every_target_with_its_help() -> None:
    printed = dict(re.findall(r"^  make (\S+) +(\S.*)$", _make(), re.MULTILINE))
    assert printed == make_targets()


def test_every_target_is_phony() -> None:
    declared = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert declared is not None
    assert set(declared[1].split()) == set(make_targets())


def test_with_a_fresh_installation_run_starts_the_service_and_nothing_else() -> None:
    fresh = ["-o", ".venv/.installed"]
    assert _make("-n", *fresh, "run").splitlines() == ["exec .venv/bin/python -m service serve"]


def test_the_extra_index_reaches_pip() -> None:
    address = "https://example.com/cpu"
    assert f"--extra-index-url '{address}'" in _make("-n", "-B", "run", f"TORCH_INDEX={address}")
    assert "--extra-index-url" not in _make("-n", "-B", "run", "TORCH_INDEX=")


@pytest.mark.parametrize(
    ("target", "extras"), [("run", ""), ("test", "[dev]"), ("bench", "[dev,bench]")]
)
def test_each_target_installs_what_it_needs(target: str, extras: str) -> None:
    assert f"--editable '.{extras}'" in _make("-n", "-B", target)


@pytest.mark.parametrize(("arguments", "checked"), [([], True), (["ARGS=-k health"], False)])
def test_coverage_is_checked_only_for_the_whole_suite(arguments: list[str], checked: bool) -> None:
    *_, command = _make("-n", "-o", ".venv/.installed-dev", "test", *arguments).splitlines()
    assert command.endswith("--cov" if checked else "-k health")


def test_ci_runs_what_make_check_runs() -> None:
    assert "exec make check" in (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
