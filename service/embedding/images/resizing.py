"""Resizing to the pixels that the models' own libraries make, and only to those that are kept."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image

Size = tuple[int, int]
"""(width, height) in pixels."""

_MODES = {Image.Resampling.BILINEAR: "bilinear", Image.Resampling.BICUBIC: "bicubic"}
"""The kernels that PyTorch has as well, several times as fast as Pillow."""

_MOST_PIXELS_AT_ONCE = 4_000_000
"""PyTorch takes a copy of the whole picture and gives the whole of the resized one; more than this
of either is left to Pillow, which can do without what is not kept."""


def resized_part(
    image: Image.Image,
    full: Size,
    offset: tuple[int, int],
    size: Size,
    resample: Image.Resampling,
) -> NDArray[np.uint8]:
    """The part of `size` at `offset` (left, top) of an RGB picture resized to `full`.

    (3, height, width).
    """
    # Between the two passes it is as wide as the result and as high as the picture.
    most = max(image.width, full[0]) * max(image.height, full[1])
    at_once = most <= _MOST_PIXELS_AT_ONCE
    if resample in _MODES and at_once:
        return _by_torch(image, full, offset, size, _MODES[resample])
    return _by_pillow(image, full, offset, size, resample)


def _by_torch(
    image: Image.Image, full: Size, offset: tuple[int, int], size: Size, mode: str
) -> NDArray[np.uint8]:
    (left, top), (width, height) = offset, size
    # A view of rows of RGB: channels-last, which the fast operator wants.
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1).unsqueeze(0)
    resized = F.interpolate(pixels, size=(full[1], full[0]), mode=mode, antialias=True)[0]
    part = resized[:, top : top + height, left : left + width]
    return np.ascontiguousarray(part.numpy())


def _by_pillow(
    image: Image.Image,
    full: Size,
    offset: tuple[int, int],
    size: Size,
    resample: Image.Resampling,
) -> NDArray[np.uint8]:
    """Without a temporary as long as the picture.

    In two passes, across and then down, as torchvision does it: Pillow takes the order that is
    cheaper for the box, and after bicubic overshoots are clipped in between the order shows.
    """
    (left, top), (width, height) = offset, size
    across, down = image.width / full[0], image.height / full[1]
    x, right = left * across, (left + width) * across
    y, bottom = top * down, (top + height) * down
    x0, x1 = _reached(x, right, width, image.width)
    y0, y1 = _reached(y, bottom, height, image.height)
    part = image.crop((x0, y0, x1, y1))
    box = (x - x0, 0, min(right - x0, part.width), part.height)
    part = part.resize((width, part.height), resample, box=box)
    part = part.resize(size, resample, box=(0, y - y0, width, min(bottom - y0, part.height)))
    return np.ascontiguousarray(np.asarray(part).transpose(2, 0, 1))


def _reached(start: float, end: float, length: int, available: int) -> tuple[int, int]:
    """The source pixels that the kernel sees; Lanczos, the widest, sees three to each side."""
    reach = 3 * max(1.0, (end - start) / length) + 1
    return max(0, math.floor(start - reach)), min(available, math.ceil(end + reach))
