"""Measures how fast the processor multiplies large matrices."""

from __future__ import annotations

import torch

from benchmarks.options import milliseconds
from service.embedding.inference.processor import computes_bfloat16

_SIDE = 4096
_QUICK_SIDE = 128
_ROUNDS = 5


def peak_gflops(*, quick: bool) -> dict[str, float]:
    """Returns the speed of a large matrix product in GFLOP/s, by precision.

    bfloat16 is left out if the processor emulates it, hundreds of times as slowly as float32.
    """
    precisions = [torch.float32, *([torch.bfloat16] if computes_bfloat16() else [])]
    side = _QUICK_SIDE if quick else _SIDE
    return {str(dtype).rpartition(".")[2]: _pace(side, dtype) for dtype in precisions}


def _pace(side: int, dtype: torch.dtype) -> float:
    one, other = (torch.randn(side, side).to(dtype) for _ in range(2))
    took_ms = min(milliseconds(lambda: torch.mm(one, other)) for _ in range(_ROUNDS))
    return 2 * side**3 / took_ms / 1e6
