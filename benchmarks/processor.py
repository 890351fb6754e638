"""The processor's own limit: large products of matrices, beside what the models take of it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch

from benchmarks.options import Options, Result, milliseconds
from service.embedding.clip.encoder import ClipEncoder
from service.embedding.resnet50.encoder import Resnet50Encoder

GFLOP = {"clip": 8.7, "resnet50": 8.2}
"""Of one picture at full size: twice the multiplications of the published models."""

PASS_SIZES = (1, 2, 4, 8)
ROUNDS = 5


def measure(options: Options) -> Result:
    """Peak in float32 and bfloat16, and a pass of each model in every way, by batch size."""
    peak = _peak(options.size(4096, 128))
    clip = ClipEncoder.load(options.clip, name="clip")
    resnet50 = Resnet50Encoder.load(options.resnet50)
    rounds = options.size(ROUNDS, 1)
    passes: Result = {}
    for precision in ("plain", "float32", "bfloat16"):
        for name, encoder in (("clip", clip), ("resnet50", resnet50)):
            if precision != "plain":
                encoder.accelerate(precision)
            passes.setdefault(name, {})[precision] = {
                "way": encoder.vision.way.name,
                **{f"ms_per_picture_{n}": _pass_ms(encoder, n, rounds) / n for n in PASS_SIZES},
            }
    return {
        "model": _processor_name(),
        "cores": len(os.sched_getaffinity(0)),
        "peak_gflops": peak,
        "gflop_per_picture": GFLOP,
        "passes": passes,
        "limit_images_per_s": {name: value / sum(GFLOP.values()) for name, value in peak.items()},
    }


def _peak(side: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for dtype in (torch.float32, torch.bfloat16):
        one, other = (torch.randn(side, side).to(dtype) for _ in range(2))
        took_ms = min(milliseconds(lambda: torch.mm(one, other)) for _ in range(ROUNDS))  # noqa: B023
        found[str(dtype).rpartition(".")[2]] = 2 * side**3 / took_ms / 1e6
    return found


def _pass_ms(encoder: ClipEncoder | Resnet50Encoder, pictures: int, rounds: int) -> float:
    batch = np.random.default_rng(0).integers(0, 256, (pictures, 3, 224, 224)).astype(np.uint8)
    encoder.encode(batch)
    return min(milliseconds(lambda: encoder.encode(batch)) for _ in range(rounds))


def _processor_name() -> str:
    """With family and model, where the system tells: one name may stand for several generations."""
    lines = (line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines())
    told = {name.strip(): value.strip() for name, _, value in lines}
    name = told.get("model name", "unknown")
    numbers = [f"{key.split()[-1]} {told[key]}" for key in ("cpu family", "model") if key in told]
    return f"{name} ({', '.join(numbers)})" if numbers else name
