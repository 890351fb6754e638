"""How much is measured, and how long steps take."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Result = dict[str, Any]
"""What a measurement found, as JSON."""


@dataclass(frozen=True)
class Options:
    """`quick` shows that everything runs; its figures mean nothing."""

    directory: Path
    clip: Path
    resnet50: Path
    quick: bool

    def size(self, full: int, quick: int) -> int:
        return quick if self.quick else full

    def models(self) -> dict[str, str]:
        from benchmarks.server import large_models

        return large_models(self.clip, self.resnet50)

    def empty(self, name: str) -> Path:
        """A directory for one service."""
        made = self.directory / name
        made.mkdir(parents=True)
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
