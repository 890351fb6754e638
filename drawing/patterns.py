"""Surface patterns, as the share of a second paint at each point, 0 to 1.

Coordinates and periods are in widths of the picture.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

PATTERNS: Final = ("plain", "striped", "checked", "dotted", "floral", "camouflage")

Field: TypeAlias = NDArray[np.floating[Any]]
Wave: TypeAlias = tuple[float, float, float]
"""Angular frequency along u and along v, and the phase, in radians."""

HARD: Final = 1e9
"""A sharpness without any blending at the edges."""

WAVES: Final = ((13, 5, 0.3), (-7, 15, 2.1), (19, -11, 4.0), (4, 22, 5.2), (-16, -9, 1.1))


def cover(pattern: str, u: Field, v: Field, sharpness: float) -> Field:
    """The pattern in the one size that products have; its edges blend over 1/sharpness."""
    if pattern == "striped":
        return _stripes(v, 0.105, 0.42, sharpness)
    if pattern == "checked":
        return _checks(u, v, 0.12, 0.46, sharpness)
    if pattern == "dotted":
        return _dots(*_staggered(u, v, 0.085), 0.25 * 0.085, sharpness)
    if pattern == "floral":
        return _flowers(u, v, 0.15, 0.24, sharpness)
    if pattern == "camouflage":
        return 0.75 * _blots(u, v, WAVES, 0.4, sharpness / 14)
    return np.zeros_like(u)


def random_cover(pattern: str, u: Field, v: Field, rng: np.random.Generator) -> Field:
    """The pattern in a random size and with hard edges, as sketches have it.

    A seed gives the pictures that the shipped compact encoders learned from.
    """
    period = rng.uniform(0.06, 0.16)
    if pattern == "striped":
        share = rng.uniform(0.25, 0.45)
        return _stripes(u + (1 - share) / 2 * period, period, share, HARD)
    if pattern == "checked":
        share = rng.uniform(0.25, 0.4)
        shift = (1 - share) / 2 * period
        return _checks(u + shift, v + shift, period, share, HARD)
    if pattern == "dotted":
        du, dv = ((place / period % 1 - 0.5) * period for place in (u, v))
        return _dots(du, dv, rng.uniform(0.2, 0.32) * period, HARD)
    if pattern == "floral":
        return _flowers(u, v, 1.8 * period, 0.2, HARD)
    if pattern == "camouflage":
        waves = [(*rng.normal(0, 14, 2), rng.uniform(0, 7)) for _ in range(8)]
        return 0.8 * _blots(u, v, waves, 0.6, HARD)
    return np.zeros_like(u)


def _inside(distance: Field, sharpness: float) -> Field:
    return np.asarray(np.clip(distance * sharpness + 0.5, 0.0, 1.0))


def _stripes(place: Field, period: float, share: float, sharpness: float) -> Field:
    off_middle = np.abs((place / period) % 1 - 0.5) * period
    return _inside(share * period / 2 - off_middle, sharpness)


def _checks(u: Field, v: Field, period: float, share: float, sharpness: float) -> Field:
    rows, columns = (_stripes(place, period, share, sharpness) for place in (u, v))
    return np.asarray(0.5 * rows + 0.5 * columns)


def _staggered(u: Field, v: Field, period: float) -> tuple[Field, Field]:
    """Offsets from the middle of each cell, every other row moved by half a cell."""
    row = np.floor(v / period)
    return ((u / period + 0.5 * (row % 2)) % 1 - 0.5) * period, (v / period % 1 - 0.5) * period


def _dots(du: Field, dv: Field, radius: float, sharpness: float) -> Field:
    return _inside(radius - np.hypot(du, dv), sharpness)


def _flowers(u: Field, v: Field, period: float, petal: float, sharpness: float) -> Field:
    du, dv = _staggered(u, v, period)
    near = np.hypot(du, dv)
    petals = period * (petal + 0.14 * np.cos(5 * np.arctan2(dv, du)))
    return _inside(petals - near, sharpness) * _inside(near - 0.07 * period, sharpness)


def _blots(u: Field, v: Field, waves: Iterable[Wave], level: float, sharpness: float) -> Field:
    height = sum((np.sin(u * a + v * b + c) for a, b, c in waves), np.zeros_like(u))
    return _inside(height - level, sharpness)
