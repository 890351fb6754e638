"""The parts of a sketch: the library's outlines, each filled evenly with one of the roles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np

from drawing import outlines
from drawing.layers import Layer, Role
from drawing.outlines import XY

CORNERS: Final = 40
"""Corners of round parts; a sketch is so small that more would not show."""

Sketch: TypeAlias = list[Layer]
Artist: TypeAlias = Callable[[np.random.Generator], Sketch]


def polygon(*points: XY, role: Role = "body") -> Layer:
    return Layer(outlines.polygon(*points), role)


def box(left: float, top: float, right: float, bottom: float, role: Role = "body") -> Layer:
    return Layer(outlines.box(left, top, right, bottom), role)


def oval(x: float, y: float, radius_x: float, radius_y: float, role: Role = "body") -> Layer:
    return Layer(outlines.oval(x, y, radius_x, radius_y, CORNERS), role)


def disc(x: float, y: float, radius: float, role: Role = "body") -> Layer:
    return oval(x, y, radius, radius, role)


def smooth(*points: XY, role: Role = "body", rounds: int = 3) -> Layer:
    return Layer(outlines.smooth(*points, rounds=rounds), role)


def stroke(start: XY, end: XY, width: float, role: Role = "body") -> Layer:
    return Layer(outlines.bar(start, end, width), role)


def arc(
    x: float,
    y: float,
    radius_x: float,
    radius_y: float,
    span: XY,
    width: float,
    role: Role = "body",
) -> Layer:
    return Layer(outlines.ring(x, y, radius_x, radius_y, *span, width), role)


def mirrored(part: Layer) -> Layer:
    """The part on the other side of the upright middle line."""
    return replace(part, outline=outlines.mirrored(part.outline))
