"""Networks on disk: exported once, made anew where they are damaged or their model has changed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from service.embedding.inference import exports as exporting
from service.embedding.inference.engine import Engine
from service.embedding.inference.exports import Exported, Exports

EXAMPLES = (torch.rand(2, 3),)


class Counter:
    """A number that an export leaves alone: what it does to a module's own attributes is undone."""

    def __init__(self) -> None:
        self.runs = 0


class Doubled(torch.nn.Module):
    """Counts how often it runs in Python: exports and plain passes do, networks do not."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.full((1,), 2.0))
        self.counter = Counter()

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        self.counter.runs += 1
        return rows * self.weight


def doubles(exported: Exported) -> bool:
    rows = torch.rand(5, 3)
    return bool(torch.allclose(Engine(exported.network, torch.float32)(rows), rows * 2))


def files(directory: Path) -> set[str]:
    return {path.name for path in directory.rglob("*")}


def test_a_network_is_exported_once(tmp_path: Path) -> None:
    module = Doubled()
    assert doubles(Exports(tmp_path).get("rows", "hash", module, EXAMPLES))
    runs = module.counter.runs
    assert doubles(Exports(tmp_path).get("rows", "hash", module, EXAMPLES))
    assert module.counter.runs == runs > 0


def test_a_network_of_other_weights_takes_its_place(tmp_path: Path) -> None:
    exports = Exports(tmp_path)
    exports.get("rows", "hash", Doubled(), EXAMPLES)
    exports.get("others", "hash", Doubled(), EXAMPLES)
    before = files(tmp_path)
    changed = Doubled()
    exports.get("rows", "another hash", changed, EXAMPLES)
    assert changed.counter.runs > 0
    assert len(files(tmp_path)) == len(before)
    assert files(tmp_path) != before


@pytest.mark.parametrize("file", ["network.xml", "network.bin"])
def test_a_damaged_network_is_made_anew(file: str, tmp_path: Path) -> None:
    exports = Exports(tmp_path)
    exports.get("rows", "hash", Doubled(), EXAMPLES)
    (path,) = tmp_path.rglob(file)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    module = Doubled()
    assert doubles(exports.get("rows", "hash", module, EXAMPLES))
    assert module.counter.runs > 0


def test_what_was_found_is_there_at_the_next_start(tmp_path: Path) -> None:
    first = Exports(tmp_path).get("rows", "hash", Doubled(), EXAMPLES)
    assert first.remembered() == {}
    first.remember(plan=np.array("fast"), expected=np.ones(3))
    again = Exports(tmp_path).get("rows", "hash", Doubled(), EXAMPLES).remembered()
    assert str(again["plan"]) == "fast"
    assert np.array_equal(again["expected"], np.ones(3))
    (file,) = tmp_path.rglob("found.npz")
    file.write_bytes(b"PK no archive")
    assert first.remembered() == {}


def test_where_nothing_can_be_written_the_network_runs_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "no directory"
    file.touch()
    exported = Exports(file).get("rows", "hash", Doubled(), EXAMPLES)
    exported.remember(plan=np.array("fast"))
    assert doubles(exported)
    assert exported.remembered() == {}


def test_an_export_that_takes_too_long_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(Doubled):
        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            time.sleep(0.5)
            return super().forward(rows)

    monkeypatch.setattr(exporting, "EXPORT_TIMEOUT_S", 0.01)
    with pytest.raises(TimeoutError):
        Exports(tmp_path).get("rows", "hash", Slow(), EXAMPLES)


def test_without_openvino_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)  # as if it were not installed
    with pytest.raises(ImportError):
        Exports(tmp_path).get("rows", "hash", Doubled(), EXAMPLES)


def test_openvino_cannot_report_home() -> None:
    script = (
        "import sys; from service.embedding.inference.exports import openvino; openvino(); "
        "from openvino.tools.ovc.telemetry_utils import tm; sys.stdout.write(tm.__name__)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "openvino.tools.ovc.telemetry_stub"
