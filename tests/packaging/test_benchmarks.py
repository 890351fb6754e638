"""The benchmarks run to their end, here with tiny models and few requests."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.documents import ROOT

PARTS = ["processor", "bulk", "load", "large_photos", "vectors"]
"""The parts to run. `lanes` and `start` start more services and are left to `make bench`."""


@pytest.mark.timeout(300)
def test_a_quick_run_writes_a_report(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "--quick", "--to", str(tmp_path), "--only"]
    run = subprocess.run([*command, *PARTS], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    results = json.loads((tmp_path / "results.json").read_text())
    assert [*results] == [*PARTS, "run"]
    bulk, limit = results["bulk"], results["run"]["limit_images_per_s"]
    assert bulk["same_top_ten"] == bulk["queries"]
    assert bulk["least_score_of_an_indexed_picture"] == pytest.approx(1, abs=1e-3)
    assert min(results["large_photos"]["least_cosine"].values()) >= 0.995
    report = (tmp_path / "REPORT.md").read_text()
    assert "these figures mean nothing" in report
    assert "pictures a second. bfloat16 counts if" in report
    assert 0 < results["bulk"]["share_of_limit"] == bulk["images_per_s"] / limit
