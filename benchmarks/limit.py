"""The processor's own pace: how fast it multiplies large matrices."""

from __future__ import annotations

import torch

from benchmarks.options import milliseconds
from service.embedding.inference.processor import computes_bfloat16

_SIDE = 4096
_QUICK_SIDE = 128
_ROUNDS = 5


def peak_gflops(*, quick: bool) -> dict[str, float]:
    """The pace of a large product of matrices, by the precisions that the processor multiplies.

    Where bfloat16 is imitated, it is left out: it is hundreds of times as slow as float32.
    """
    precisions = [torch.float32, *([torch.bfloat16] if computes_bfloat16() else [])]
    side = _QUICK_SIDE if quick else _SIDE
    return {str(dtype).rpartition(".")[2]: _pace(side, dtype) for dtype in precisions}


def _pace(side: int, dtype: torch.dtype) -> float:
    one, other = (torch.randn(side, side).to(dtype) for _ in range(2))
    took_ms = min(milliseconds(lambda: torch.mm(one, other)) for _ in range(_ROUNDS))
    return 2 * side**3 / took_ms / 1e6
