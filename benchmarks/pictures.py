"""Draws JPEGs with the size and detail of photos, a different one for each seed."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw

SMALL = (320, 240)
ONE_MEGAPIXEL = (1152, 864)
TWELVE_MEGAPIXELS = (4032, 3024)


def picture(seed: int, size: tuple[int, int]) -> bytes:
    """Draws soft light, a few shapes and fine grain."""
    rng = np.random.default_rng(seed)
    width, height = size
    light = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    image = light.resize(size, Image.Resampling.BICUBIC)
    canvas = ImageDraw.Draw(image)
    for _ in range(12):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        across, down = int(rng.integers(width // 16, width // 3)), int(rng.integers(height // 3))
        draw = canvas.ellipse if rng.random() < 0.5 else canvas.rectangle
        draw((x, y, x + across, y + down + 1), fill=tuple(map(int, rng.integers(0, 256, 3))))
    grain = rng.normal(0, 6, (height, width, 1))
    pixels = np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()
