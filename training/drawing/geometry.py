"""Outlines on the unit square, from which every drawn thing is put together.

Coordinates are fractions of the picture: x to the right, y downwards.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Role = Literal["body", "shade", "light", "dark", "trim", "skin", "glass", "hole"]


@dataclass(frozen=True)
class Part:
    """A filled outline, (n, 2) points, and which paint it takes."""

    outline: Points
    role: Role = "body"


Sketch = list[Part]
Artist = Callable[[np.random.Generator], Sketch]


def polygon(*points: tuple[float, float], role: Role = "body") -> Part:
    """Straight edges between the points."""
    return Part(np.array(points, dtype=np.float64), role)


def box(left: float, top: float, right: float, bottom: float, role: Role = "body") -> Part:
    """An upright rectangle."""
    return polygon((left, top), (right, top), (right, bottom), (left, bottom), role=role)


def oval(x: float, y: float, radius_x: float, radius_y: float, role: Role = "body") -> Part:
    """An ellipse about its centre."""
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return Part(np.stack([x + radius_x * np.cos(turn), y + radius_y * np.sin(turn)], 1), role)


def disc(x: float, y: float, radius: float, role: Role = "body") -> Part:
    """A circle about its centre."""
    return oval(x, y, radius, radius, role)


def smooth(*points: tuple[float, float], role: Role = "body", rounds: int = 3) -> Part:
    """A closed outline with its corners cut `rounds` times (Chaikin)."""
    outline = np.array(points, dtype=np.float64)
    for _ in range(rounds):
        following = np.roll(outline, -1, axis=0)
        pairs = np.stack([0.75 * outline + 0.25 * following, 0.25 * outline + 0.75 * following], 1)
        outline = pairs.reshape(-1, 2)
    return Part(outline, role)


def stroke(
    start: tuple[float, float], end: tuple[float, float], width: float, role: Role = "body"
) -> Part:
    """A straight bar of the given width between two points."""
    a, b = np.array(start), np.array(end)
    along = b - a
    across = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-9) * width / 2
    return Part(np.stack([a + across, b + across, b - across, a - across]), role)


def arc(
    x: float,
    y: float,
    radius_x: float,
    radius_y: float,
    span: tuple[float, float],
    width: float,
    role: Role = "body",
) -> Part:
    """A bent bar: the ellipse's line from span[0] to span[1] degrees, clockwise from east."""
    turn = np.radians(np.linspace(span[0], span[1], 24))
    direction = np.stack([np.cos(turn), np.sin(turn)], 1)
    outer = np.array([x, y]) + direction * np.array([radius_x, radius_y])
    inner = np.array([x, y]) + direction * (np.array([radius_x, radius_y]) - width)
    return Part(np.concatenate([outer, inner[::-1]]), role)


def mirrored(part: Part) -> Part:
    """The same part on the other side of the upright middle line."""
    return Part(part.outline * np.array([-1.0, 1.0]) + np.array([1.0, 0.0]), part.role)
