"""Brings an upright RGB picture of any size to the small square that an encoder reads."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from service.core.embedding import Crop

PREPROCESSING_VERSION = "compact-preprocessing-2"
"""Part of the fingerprint: change it whenever the same picture would give other pixels."""

MAX_ASPECT_RATIO = 4.0
"""A picture longer than this is cropped to its middle before it is squeezed square."""


def to_square(image: Image.Image, side: int) -> npt.NDArray[np.uint8]:
    """Squeeze the whole picture into (side, side, 3); only the ends of a strip are lost."""
    if image.mode != "RGB":
        image = image.convert("RGB")
    resized = image.resize(
        (side, side),
        Image.Resampling.BICUBIC,
        box=_middle(image.width, image.height),
        reducing_gap=2.0,
    )
    return np.array(resized, dtype=np.uint8)


def _middle(width: int, height: int) -> tuple[float, float, float, float]:
    """The box (left, top, right, bottom) in pixels, no longer than MAX_ASPECT_RATIO."""
    kept_width = min(width, height * MAX_ASPECT_RATIO)
    kept_height = min(height, width * MAX_ASPECT_RATIO)
    left, top = (width - kept_width) / 2, (height - kept_height) / 2
    return (left, top, left + kept_width, top + kept_height)


def view(width: int, height: int) -> Crop:
    """The part of a picture of this size that is squeezed, in fractions."""
    left, top, right, bottom = _middle(width, height)
    return Crop(left / width, top / height, (right - left) / width, (bottom - top) / height)
