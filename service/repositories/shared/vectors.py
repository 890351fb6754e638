"""Checks vectors before an engine stores them, as the engines accept NaN without an error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from service.core.embedding import Vector


def check_vectors(vectors: Sequence[Vector], dimensions: int) -> NDArray[np.float32]:
    """Returns the vectors as float32, (n, dimensions).

    Raises ValueError unless every vector is finite and has this length.
    """
    if not vectors:
        return np.empty((0, dimensions), dtype=np.float32)
    for vector in vectors:
        if vector.shape != (dimensions,):
            raise ValueError(f"A vector has the shape {vector.shape}, not ({dimensions},).")
    with np.errstate(over="ignore"):  # the next check refuses what overflows
        stacked = np.stack(vectors).astype(np.float32)
    if not np.isfinite(stacked).all():
        raise ValueError("A vector holds a number that is not finite.")
    return stacked
