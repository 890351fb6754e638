"""Measures a forward pass of each model by execution plan and batch size, against the limit."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from benchmarks.options import GFLOP, Options, Result, milliseconds
from service.embedding.clip.encoder import ClipEncoder
from service.embedding.inference.exports import Exports
from service.embedding.resnet50.encoder import Resnet50Encoder

PASS_SIZES = (1, 2, 4, 8)
ROUNDS = 5


def measure(options: Options) -> Result:
    """Measures the plain module, and each precision that the processor multiplies in hardware."""
    clip = ClipEncoder.load(options.clip, name="clip")
    resnet50 = Resnet50Encoder.load(options.resnet50)
    rounds = options.size(ROUNDS, 1)
    passes: Result = {}
    for precision in ("plain", *options.peak_gflops):
        for name, encoder in (("clip", clip), ("resnet50", resnet50)):
            if precision != "plain":
                encoder.accelerate(precision, Exports(options.networks))
            passes.setdefault(name, {})[precision] = {
                "way": encoder.vision.tower.plan.name,
                **{f"ms_per_picture_{n}": _pass_ms(encoder, n, rounds) / n for n in PASS_SIZES},
            }
    return {
        "model": _processor_name(),
        "cores": len(os.sched_getaffinity(0)),
        "peak_gflops": options.peak_gflops,
        "gflop_per_picture": GFLOP,
        "passes": passes,
        "limit_images_per_s": options.limit_images_per_s,
    }


def _pass_ms(encoder: ClipEncoder | Resnet50Encoder, pictures: int, rounds: int) -> float:
    batch = np.random.default_rng(0).integers(0, 256, (pictures, 3, 224, 224)).astype(np.uint8)
    encoder.encode(batch)
    return min(milliseconds(lambda: encoder.encode(batch)) for _ in range(rounds))


def _processor_name() -> str:
    """Returns the name with family and model if known, as generations may share one name."""
    lines = (line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines())
    told = {name.strip(): value.strip() for name, _, value in lines}
    name = told.get("model name", "unknown")
    numbers = [f"{key.split()[-1]} {told[key]}" for key in ("cpu family", "model") if key in told]
    return f"{name} ({', '.join(numbers)})" if numbers else name
