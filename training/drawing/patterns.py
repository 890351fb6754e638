"""Surface patterns: a paint, or two of them as stripes, checks, dots and the like."""

from typing import Final

import numpy as np
import numpy.typing as npt

PATTERNS: Final = ("plain", "striped", "checked", "dotted", "floral", "camouflage")

Texture = npt.NDArray[np.float64]


def patterned(
    pattern: str, side: int, paint: Texture, second: Texture, rng: np.random.Generator
) -> Texture:
    """A (side, side, 3) texture in sRGB 0..255; the first paint covers more than half."""
    y, x = np.mgrid[0:side, 0:side] / side
    turn = rng.uniform(0, np.pi)
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    cover = _cover(pattern, u, v, rng)[..., None]
    return paint * (1 - cover) + second * cover


def _cover(pattern: str, u: Texture, v: Texture, rng: np.random.Generator) -> Texture:
    """How much of the second paint lies on each point, 0..1."""
    period = rng.uniform(0.06, 0.16)
    if pattern == "striped":
        return (u / period % 1 < rng.uniform(0.25, 0.45)).astype(float)
    if pattern == "checked":
        width = rng.uniform(0.25, 0.4)
        return (u / period % 1 < width) * 0.5 + (v / period % 1 < width) * 0.5
    if pattern == "dotted":
        near = np.hypot(u / period % 1 - 0.5, v / period % 1 - 0.5)
        return (near < rng.uniform(0.2, 0.32)).astype(float)
    if pattern == "floral":
        return _flowers(u, v, period * 1.8)
    if pattern == "camouflage":
        return _blots(u, v, rng)
    return np.zeros_like(u)


def _flowers(u: Texture, v: Texture, period: float) -> Texture:
    row = np.floor(v / period)
    du, dv = (u / period + 0.5 * (row % 2)) % 1 - 0.5, v / period % 1 - 0.5
    petals = 0.2 + 0.14 * np.cos(5 * np.arctan2(dv, du))
    near = np.hypot(du, dv)
    return ((near < petals) & (near > 0.07)).astype(float)


def _blots(u: Texture, v: Texture, rng: np.random.Generator) -> Texture:
    height = np.zeros_like(u)
    for _ in range(8):
        wave = rng.normal(0, 14, 2)
        height += np.sin(u * wave[0] + v * wave[1] + rng.uniform(0, 7))
    return (height > 0.6).astype(float) * 0.8
