"""Surface patterns: how much of a second paint lies on each point."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

PATTERNS: Final = ("plain", "striped", "checked", "dotted", "floral", "camouflage")

Field: TypeAlias = NDArray[np.floating[Any]]

PERIODS: Final = {"striped": 0.105, "checked": 0.12, "dotted": 0.085, "floral": 0.15}
"""In picture widths."""


def cover(pattern: str, u: Field, v: Field, sharpness: float) -> Field:
    """The second paint's share, 0 to 1, at object coordinates; edges blend over 1/sharpness."""
    if pattern == "striped":
        return _stripe(v, PERIODS[pattern], 0.42, sharpness)
    if pattern == "checked":
        period = PERIODS[pattern]
        rows, columns = (_stripe(place, period, 0.46, sharpness) for place in (u, v))
        return np.asarray(0.5 * rows + 0.5 * columns)
    if pattern == "dotted":
        return _dots(u, v, PERIODS[pattern], sharpness)
    if pattern == "floral":
        return _flowers(u, v, PERIODS[pattern], sharpness)
    if pattern == "camouflage":
        return np.asarray(0.75 * _inside(_waves(u, v) - 0.4, sharpness / 14))
    return np.zeros_like(u)


def _inside(distance: Field, sharpness: float) -> Field:
    return np.asarray(np.clip(distance * sharpness + 0.5, 0.0, 1.0))


def _stripe(place: Field, period: float, share: float, sharpness: float) -> Field:
    off_middle = np.abs((place / period) % 1 - 0.5) * period
    return _inside(share * period / 2 - off_middle, sharpness)


def _staggered(u: Field, v: Field, period: float) -> tuple[Field, Field]:
    """Offsets from the middle of each cell, every other row moved by half a cell."""
    row = np.floor(v / period)
    return ((u / period + 0.5 * (row % 2)) % 1 - 0.5) * period, (v / period % 1 - 0.5) * period


def _dots(u: Field, v: Field, period: float, sharpness: float) -> Field:
    du, dv = _staggered(u, v, period)
    return _inside(0.25 * period - np.hypot(du, dv), sharpness)


def _flowers(u: Field, v: Field, period: float, sharpness: float) -> Field:
    du, dv = _staggered(u, v, period)
    near = np.hypot(du, dv)
    petals = period * (0.24 + 0.14 * np.cos(5 * np.arctan2(dv, du)))
    return _inside(petals - near, sharpness) * _inside(near - 0.07 * period, sharpness)


def _waves(u: Field, v: Field) -> Field:
    waves = [(13, 5, 0.3), (-7, 15, 2.1), (19, -11, 4.0), (4, 22, 5.2), (-16, -9, 1.1)]
    return sum((np.sin(u * a + v * b + c) for a, b, c in waves), np.zeros_like(u))
