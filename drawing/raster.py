"""Turns arrays into Pillow's pictures and polygons."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats: TypeAlias = NDArray[np.floating[Any]]


def image_of(canvas: Floats) -> Image.Image:
    """The picture of an array (height, width, 3) in sRGB, cut off at 0 and 255."""
    return Image.fromarray(canvas.clip(0, 255).astype(np.uint8))


def corners(outline: Floats) -> list[tuple[float, float]]:
    """The points (n, 2) of an outline as Pillow's polygons take them."""
    return [(float(x), float(y)) for x, y in outline]
