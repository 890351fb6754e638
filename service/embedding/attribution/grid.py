"""Resamples a model's own grid of cells to the grid that answers have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from service.core.embedding import GRID_SIDE


def resampled(cells: NDArray[np.floating]) -> NDArray[np.float32]:
    """(n, rows, columns) to (n, GRID_SIDE, GRID_SIDE) by the area that cells share.

    What a cell holds goes to the cells it overlaps, in proportion: sums stay.
    """
    rows, columns = (_overlaps(length) for length in cells.shape[1:])
    return np.asarray(rows @ cells.astype(np.float64) @ columns.T, np.float32)


def _overlaps(length: int) -> NDArray[np.float64]:
    """(GRID_SIDE, length): which share of each old cell lies in each new one; columns sum to 1."""
    new = np.arange(GRID_SIDE)[:, None] / GRID_SIDE
    old = np.arange(length) / length
    ends = np.minimum(new + 1 / GRID_SIDE, old + 1 / length)
    return np.asarray(np.clip(ends - np.maximum(new, old), 0, None) * length)
