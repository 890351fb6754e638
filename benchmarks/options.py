"""Defines how much is measured."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GFLOP = {"clip": 8.7, "resnet50": 8.2}
"""The operations for a picture at full size in billions: twice the models' multiplications."""

_FULL_SIZE_FROM = 20.0
"""A processor that cannot reach this many pictures a second gets smaller measurements."""

Result = dict[str, Any]
"""The result of a measurement, as JSON."""


@dataclass(frozen=True)
class Options:
    """The options of a run.

    `quick` only checks that everything runs; its figures mean nothing. `peak_gflops` is the speed
    of a large matrix product, by precision.
    """

    directory: Path
    clip: Path
    resnet50: Path
    quick: bool
    peak_gflops: dict[str, float]

    def size(self, full: int, quick: int) -> int:
        """Returns how many of something to measure: fewer on a slow processor, to save time."""
        if self.quick:
            return quick
        pace = min(1.0, self.limit_images_per_s / _FULL_SIZE_FROM)
        return max(quick, round(full * pace))

    @property
    def limit_images_per_s(self) -> float:
        """The most pictures a second for which the processor can compute both models."""
        return max(self.peak_gflops.values()) / sum(GFLOP.values())

    def share_of_limit(self, images_per_s: float) -> float:
        return images_per_s / self.limit_images_per_s

    def models(self) -> dict[str, str]:
        from benchmarks.server import large_models

        return large_models(self.clip, self.resnet50)

    @property
    def networks(self) -> Path:
        """The directory of the exported networks, which the services of all measurements share."""
        return self.directory / "networks"

    def empty(self, name: str) -> Path:
        """Makes a directory for one service, with a link to the exported networks alone."""
        made = self.directory / name
        made.mkdir(parents=True)
        self.networks.mkdir(exist_ok=True)
        (made / "networks").symlink_to(self.networks)
        return made


def milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1e3


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def summary(values_ms: Sequence[float]) -> dict[str, float]:
    return {
        "p50_ms": statistics.median(values_ms),
        "p99_ms": percentile(values_ms, 0.99),
        "longest_ms": max(values_ms),
        "count": len(values_ms),
    }
