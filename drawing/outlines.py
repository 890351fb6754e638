"""Closed outlines on the unit square: x to the right, y downwards."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Points: TypeAlias = NDArray[np.float64]
XY: TypeAlias = tuple[float, float]


def polygon(*points: XY) -> Points:
    """Straight edges between the points, (n, 2)."""
    return np.array(points, dtype=np.float64)


def box(left: float, top: float, right: float, bottom: float, corner: float = 0.0) -> Points:
    """An upright rectangle, with rounded corners where `corner` has a radius."""
    if corner <= 0:
        return polygon((left, top), (right, top), (right, bottom), (left, bottom))
    turn = np.radians(np.linspace(0, 90, 8))
    quarter = corner * np.stack([np.cos(turn), np.sin(turn)], 1)
    corners = []
    for n, (x, y) in enumerate(
        [
            (right - corner, bottom - corner),
            (left + corner, bottom - corner),
            (left + corner, top + corner),
            (right - corner, top + corner),
        ]
    ):
        cosine, sine = [(1, 0), (0, 1), (-1, 0), (0, -1)][n]
        corners.append(np.array([x, y]) + quarter @ np.array([[cosine, sine], [-sine, cosine]]))
    return np.concatenate(corners)


def oval(x: float, y: float, radius_x: float, radius_y: float, corners: int = 72) -> Points:
    """An ellipse about its centre."""
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.stack([x + radius_x * np.cos(turn), y + radius_y * np.sin(turn)], 1)


def disc(x: float, y: float, radius: float) -> Points:
    """A circle about its centre."""
    return oval(x, y, radius, radius)


def smooth(*points: XY, rounds: int = 4) -> Points:
    """A closed outline with its corners cut `rounds` times (Chaikin); a point twice is sharper."""
    outline = polygon(*points)
    for _ in range(rounds):
        following = np.roll(outline, -1, axis=0)
        pairs = np.stack([0.75 * outline + 0.25 * following, 0.25 * outline + 0.75 * following], 1)
        outline = pairs.reshape(-1, 2)
    return outline


def rounded(*points: XY, corner: float) -> Points:
    """Straight edges, and corners that are round from `corner` before each point on."""
    outline = polygon(*points)
    way = np.linspace(0, 1, 9)[:, None]
    corners = []
    for here, before, after in zip(
        outline, np.roll(outline, 1, axis=0), np.roll(outline, -1, axis=0), strict=True
    ):
        start, end = (
            here + (other - here) * min(corner / max(float(np.hypot(*(other - here))), 1e-9), 0.5)
            for other in (before, after)
        )
        corners.append((1 - way) ** 2 * start + 2 * way * (1 - way) * here + way**2 * end)
    return np.concatenate(corners)


def bend(*points: XY, rounds: int = 4) -> Points:
    """An open line with its inner corners cut (Chaikin); it keeps its ends."""
    line = polygon(*points)
    for _ in range(rounds):
        pairs = np.stack(
            [0.75 * line[:-1] + 0.25 * line[1:], 0.25 * line[:-1] + 0.75 * line[1:]], 1
        )
        line = np.concatenate([line[:1], pairs.reshape(-1, 2)[1:-1], line[-1:]])
    return line


def ribbon(line: Points, width: float, *, end_width: float | None = None) -> Points:
    """A band along an open line, with round ends; `end_width` lets it taper."""
    widths = np.linspace(width, width if end_width is None else end_width, len(line)) / 2
    along = np.gradient(line, axis=0)
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    turn = np.radians(np.linspace(90, -90, 7))[1:-1, None]
    caps = [
        place + sign * radius * (np.cos(turn) * way + sign * np.sin(turn) * side)
        for place, radius, way, side, sign in (
            (line[-1], widths[-1], along[-1], across[-1], 1),
            (line[0], widths[0], along[0], across[0], -1),
        )
    ]
    one, other = line + across * widths[:, None], line - across * widths[:, None]
    return np.concatenate([one, caps[0], other[::-1], caps[1]])


def stroke(*points: XY, width: float) -> Points:
    """A band of the given width along a bent line through the points."""
    return ribbon(bend(*points) if len(points) > 2 else _straight(*points), width)


def bar(start: XY, end: XY, width: float) -> Points:
    """A straight band with square ends."""
    a, b = np.array(start), np.array(end)
    along = b - a
    across = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-9) * width / 2
    return np.stack([a + across, b + across, b - across, a - across])


def arc(
    x: float, y: float, radius_x: float, radius_y: float, start: float, end: float, width: float
) -> Points:
    """A band along an ellipse's line from `start` to `end` degrees, clockwise from east."""
    turn = np.radians(np.linspace(start, end, 48))
    line = np.stack([x + radius_x * np.cos(turn), y + radius_y * np.sin(turn)], 1)
    return ribbon(line, width)


def ring(
    x: float, y: float, radius_x: float, radius_y: float, start: float, end: float, width: float
) -> Points:
    """A band with square ends along the inside of an ellipse, between angles as in `arc`."""
    turn = np.radians(np.linspace(start, end, 24))
    direction = np.stack([np.cos(turn), np.sin(turn)], 1)
    radii = np.array([radius_x, radius_y])
    outer, inner = (np.array([x, y]) + direction * size for size in (radii, radii - width))
    return np.concatenate([outer, inner[::-1]])


def moved(outline: Points, right: float, down: float) -> Points:
    return np.asarray(outline + np.array([right, down]))


def mirrored(outline: Points, middle: float = 0.5) -> Points:
    """The outline on the other side of an upright line."""
    return np.asarray(outline * np.array([-1.0, 1.0]) + np.array([2 * middle, 0.0]))


def both_sides(half: Points, middle: float = 0.5) -> Points:
    """A whole outline from its left half, given from the top middle to the bottom middle."""
    return np.concatenate([half, mirrored(half, middle)[::-1]])


def _straight(start: XY, end: XY) -> Points:
    return np.linspace(start, end, 6)
