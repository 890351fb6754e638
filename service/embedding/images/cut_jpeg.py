"""Reads a JPEG whose end is missing, if hardly more than the end is missing.

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

MISSING_SHARE = 0.1
"""The share of the rows that may be missing, or the last row of blocks if that is more."""

WARNING = (
    "This JPEG breaks off before its end marker: up to a tenth of its rows, at the bottom, may be "
    "missing. Send the complete file."
)

_BLOCK_ROWS = 16
_CHANGED_BYTES = 8


def complete(image: Image.Image, data: bytes, height: int, scale: int) -> None:
    """Continues the last row that is there to the bottom of `image`, in place.

    `image` is what `data` with an end marker decodes to, at 1/`scale` of `height` rows. Raises
    EOFError if more rows are missing than may be.
    """
    first = _first_doubtful_row(image, data, scale)
    if first is None:
        return
    last_blocks = (math.ceil(height / _BLOCK_ROWS) - 1) * _BLOCK_ROWS
    if (first + 1) * scale < min((1 - MISSING_SHARE) * height, last_blocks):
        raise EOFError("truncated")
    top = first * scale // _BLOCK_ROWS * _BLOCK_ROWS // scale
    if 0 < top < last_blocks // scale:
        last_row = image.crop((0, top - 1, image.width, top))
        image.paste(last_row.resize((image.width, image.height - top)), (0, top))


def _first_doubtful_row(image: Image.Image, data: bytes, scale: int) -> int | None:
    """The row in which the last bytes of `data` stand; None if they change nothing."""
    other = JpegImageFile(io.BytesIO(_with_other_end(data)))
    if scale > 1:
        other.draft(None, (other.width // scale, other.height // scale))
    other.load()
    differs = np.asarray(image) != np.asarray(other)
    rows = np.flatnonzero(differs.reshape(len(differs), -1).any(axis=1))
    # Chroma is smoothed over the next row, so that the row above the first may differ too.
    return int(rows[0]) + 1 if rows.size else None


def _with_other_end(data: bytes) -> bytes:
    """Changes the last bytes, but for those that are or could become a marker."""
    changed = bytearray(data)
    for place in range(max(2, len(data) - _CHANGED_BYTES), len(data)):
        if 0xFF not in (data[place], data[place - 1]):
            changed[place] = 0x15 if data[place] != 0x15 else 0x2A
    return bytes(changed) + END_MARKER
