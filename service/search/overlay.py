"""Draws an explanation as a transparent picture to lay over the explained one."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from service.core.embedding import Crop, Vector

LONGER_SIDE_PX = 384

MAX_OPACITY = 0.75
"""The picture below the overlay has to stay visible everywhere."""

STEPS = 64
"""Finer steps are invisible and double the size of the file."""

COLOURS = np.array(
    [(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)], np.float32
)
"""The colour map Viridis at even steps.

It runs from dark to light, so that colour-blind people can read it.
"""


def draw_overlay(grid: Vector, box: Crop, width: int, height: int) -> bytes:
    """Returns a PNG (RGBA) with the aspect ratio of the picture and the grid within the box.

    Opacity and colour grow with the share of a cell, from the least share to the largest one. The
    least share, which all cells have in common, says nothing about places. Cells with a negative
    share stay transparent.
    """
    scale = LONGER_SIDE_PX / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    left, right = _span(box.x, box.width, size[0])
    top, bottom = _span(box.y, box.height, size[1])
    strengths = Image.fromarray(_strengths(grid)).resize(
        (right - left, bottom - top), Image.Resampling.BICUBIC
    )
    pixels = np.zeros((size[1], size[0], 4), np.uint8)
    pixels[top:bottom, left:right] = _coloured(np.asarray(strengths))
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def _span(start: float, length: float, available: int) -> tuple[int, int]:
    """Returns the first pixel and the end of a range of at least one pixel inside the picture."""
    first = min(round(start * available), available - 1)
    return first, max(first + 1, min(round((start + length) * available), available))


def _strengths(grid: Vector) -> Vector:
    """Scales the grid to the range 0 to 1. A uniform grid becomes 0."""
    largest = float(grid.max())
    if largest <= 0:
        return np.zeros_like(grid, np.float32)
    common = max(0.0, float(grid.min()))
    return np.asarray(np.clip((grid - common) / largest, 0, 1), np.float32)


def _coloured(strengths: Vector) -> NDArray[np.uint8]:
    """Turns strengths (h, w) into RGBA pixels."""
    steps = np.linspace(0, 1, STEPS)
    anchors = np.linspace(0, 1, len(COLOURS))
    channels = [np.interp(steps, anchors, COLOURS[:, channel]) for channel in range(3)]
    table = np.stack([*channels, 255 * MAX_OPACITY * steps], -1).round().astype(np.uint8)
    places = (np.clip(strengths, 0, 1) * (STEPS - 1)).round().astype(np.uint8)
    return np.asarray(table[places])
