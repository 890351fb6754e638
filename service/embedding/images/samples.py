"""Scales the samples of wide pictures to 8 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_CHUNK_SAMPLES = 4_000_000
"""Samples converted at once, so that wide numbers never exist for a whole large picture."""


def black_and_white(values: NDArray[Any]) -> tuple[float, float]:
    """The values that mean black and white.

    32-bit integers and floats do not say it: by convention floats go to 1, and else the numbers
    are those of the narrowest type that holds them all.
    """
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    if finite.size == 0:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    whites = (1.0, 255.0, 65535.0) if values.dtype.kind == "f" else (255.0, 65535.0)
    for white in whites:
        if low >= 0 and high <= white:
            return 0.0, white
    return low, high if high > low else low + 1.0


def eight_bit(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """`low` becomes 0 and `high` 255; what is no number becomes 0. The first axis is the rows."""
    scaled = np.empty(values.shape, np.uint8)
    step = max(1, _CHUNK_SAMPLES // max(1, values[:1].size))
    for top in range(0, len(values), step):
        rows = values[top : top + step].astype(np.float64)
        rows = np.nan_to_num(rows, nan=low, posinf=high, neginf=low)
        scaled[top : top + step] = np.clip((rows - low) * (255 / (high - low)) + 0.5, 0, 255)
    return scaled
