"""Encoders on OpenVINO: the libraries' vectors, or not taken at all."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from service.embedding.clip.encoder import ClipEncoder
from service.embedding.inference.exports import Exports
from service.embedding.inference.processor import computes_bfloat16
from service.embedding.inference.tower import Precision, Tower
from service.embedding.resnet50.encoder import Resnet50Encoder
from tests.embedding.checkpoints import write_clip
from tests.embedding.pictures import noise, smooth

PICTURES = [noise(300, 200), smooth(), noise(64, 64, seed=1), smooth(224, 500)]
TEXTS = ["a photo of a red shoe", "mug", "a red lamp, a green bag, a blue mug"]
CPU = torch.device("cpu")


def pixels(encoder: ClipEncoder | Resnet50Encoder) -> NDArray[np.generic]:
    return np.stack([encoder.preprocess(picture) for picture in PICTURES])


def cosines(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.sum(one * other, axis=1))


@pytest.mark.parametrize(
    "options",
    [{"activation": "quick_gelu"}, {"activation": "gelu", "patch_size": 16}],
    ids=lambda options: "-".join(map(str, options.values())),
)
def test_clip_on_openvino_gives_the_librarys_vectors(
    options: dict[str, object], tmp_path: Path
) -> None:
    clip = ClipEncoder.load(write_clip(tmp_path / "clip", **options), name="clip")  # type: ignore[arg-type]
    plain = clip.encode(pixels(clip)), clip.encode_texts(TEXTS)
    fingerprint = clip.fingerprint
    clip.accelerate("float32", Exports(tmp_path / "networks"))
    names = {path.name.partition(".")[0] for path in (tmp_path / "networks").iterdir()}
    assert names == {"clip-pictures", "clip-texts"}
    assert cosines(clip.encode(pixels(clip)), plain[0]).min() >= 0.999999
    assert cosines(clip.encode_texts(TEXTS), plain[1]).min() >= 0.999999
    assert cosines(clip.encode_texts(TEXTS[:1]), plain[1][:1]).min() >= 0.999999
    assert clip.fingerprint == fingerprint


@pytest.fixture(scope="module")
def resnet50_exports(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    return Exports(tmp_path_factory.mktemp("resnet50-networks"))


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "auto"])
def test_resnet50_on_openvino_gives_torchvisions_vectors(
    precision: Precision, resnet50_file: Path, resnet50_exports: Exports
) -> None:
    resnet50 = Resnet50Encoder.load(resnet50_file)
    before, fingerprint = resnet50.encode(pixels(resnet50)), resnet50.fingerprint
    resnet50.accelerate(precision, resnet50_exports)
    assert resnet50.vision.tower.plan.name.startswith("OpenVINO in ")
    assert cosines(resnet50.encode(pixels(resnet50)), before).min() >= 0.9995
    assert resnet50.fingerprint == fingerprint


class Counter:
    """A number that an export leaves alone: what it does to a module's own attributes is undone."""

    def __init__(self) -> None:
        self.runs = 0


class Wide(torch.nn.Module):
    """Slow enough on PyTorch, and dependent enough on its weights."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = torch.nn.Sequential(*(torch.nn.Linear(64, 64) for _ in range(8)))
        self.counter = Counter()

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        self.counter.runs += 1
        return torch.flatten(self.layers(rows), 1)


PROBES = (torch.rand(3, 1, 64),)


def tower(module: torch.nn.Module | None = None) -> Tower:
    return Tower("wide", module or Wide(), CPU)


def test_the_next_start_takes_the_same_plan_without_running_the_plain_model(
    tmp_path: Path,
) -> None:
    first = tower()
    first.accelerate(PROBES, "float32", Exports(tmp_path), "hash")
    module = Wide()
    second = tower(module)
    second.accelerate(PROBES, "float32", Exports(tmp_path), "hash")
    assert second.plan.name == first.plan.name
    assert module.counter.runs == 0


def test_a_network_that_strays_from_the_plain_model_is_not_taken(tmp_path: Path) -> None:
    tower().accelerate(PROBES, "float32", Exports(tmp_path), "hash")
    (weights,) = tmp_path.rglob("network.bin")
    damaged = np.frombuffer(weights.read_bytes(), np.float32)[::-1]
    weights.write_bytes(damaged.tobytes())
    again = tower()
    before = again.vectors(*PROBES)
    again.accelerate(PROBES, "float32", Exports(tmp_path), "hash")
    assert again.plan.name == "PyTorch in float32"
    assert np.array_equal(again.vectors(*PROBES), before)


@pytest.mark.skipif(computes_bfloat16(), reason="this processor calculates in bfloat16")
def test_a_processor_without_bfloat16_refuses_it_and_runs_float32(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    made = tower()
    made.accelerate(PROBES, "bfloat16", Exports(tmp_path), "hash")
    assert "OpenVINO in bfloat16 cannot be used here" in caplog.text
    assert made.plan.name in {"OpenVINO in float32", "PyTorch in float32"}


def test_a_module_that_cannot_be_exported_runs_on_pytorch(tmp_path: Path) -> None:
    class Unsteady(Wide):
        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            return super().forward(rows) * float(rows.sum() > 0)

    made = tower(Unsteady())
    before = made.vectors(*PROBES)
    made.accelerate(PROBES, "float32", Exports(tmp_path), "hash")
    assert made.plan.name == "PyTorch in float32"
    assert np.array_equal(made.vectors(*PROBES), before)


def test_without_openvino_a_module_runs_on_pytorch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)  # as if it were not installed
    made = tower()
    made.accelerate(PROBES, "auto", Exports(tmp_path), "hash")
    assert made.plan.name == "PyTorch in float32"
