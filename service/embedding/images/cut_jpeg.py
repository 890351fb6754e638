"""Tells how much of a JPEG is there if its end is missing.

A decoder does not say where in the picture the data ended. So the picture is decoded twice, the
second time with other last bytes: the first row that differs is where the data ended.
"""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

END_MARKER = b"\xff\xd9"

MISSING_SHARE = 0.05
"""So much of the rows may be missing, or the last row of blocks if that is more."""

WARNING = (
    "This JPEG breaks off before its end marker: up to 5 % of its rows, at the bottom, may be "
    "missing. Send the complete file."
)

_BLOCK_ROWS = 16
_CHANGED_BYTES = 8


def check_nearly_whole(image: Image.Image, data: bytes, height: int, scale: int) -> None:
    """Raises EOFError if `data` lacks more than its last rows.

    `image` is what `data` with an end marker decodes to, at 1/`scale` of `height` rows.
    """
    changed = bytes(0x15 if byte != 0x15 else 0x2A for byte in data[-_CHANGED_BYTES:])
    other = JpegImageFile(io.BytesIO(data[:-_CHANGED_BYTES] + changed + END_MARKER))
    if scale > 1:
        other.draft(None, (other.width // scale, other.height // scale))
    other.load()
    differs = np.asarray(image) != np.asarray(other)
    rows = np.flatnonzero(differs.reshape(len(differs), -1).any(axis=1))
    last_blocks = (math.ceil(height / _BLOCK_ROWS) - 1) * _BLOCK_ROWS
    needed = min((1 - MISSING_SHARE) * height, last_blocks)
    # Chroma is smoothed over the next row, and a row at reduced scale stands for several.
    if rows.size and (rows[0] + 1) * scale < needed:
        raise EOFError("truncated")
