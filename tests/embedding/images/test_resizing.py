"""Both ways to resize give the same pixels, and neither more than is kept."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from service.embedding.images import resizing
from service.embedding.images.resizing import Size, resized_part
from tests.embedding.pictures import noise, smooth

BICUBIC, BILINEAR = Image.Resampling.BICUBIC, Image.Resampling.BILINEAR

PARTS: list[tuple[Size, Size, tuple[int, int], Size]] = [
    ((576, 432), (298, 224), (37, 0), (224, 224)),
    ((431, 577), (256, 342), (16, 59), (224, 224)),
    ((50, 37), (302, 224), (39, 0), (224, 224)),
    ((1, 1), (224, 224), (0, 0), (224, 224)),
    ((3, 200), (224, 14933), (0, 7354), (224, 224)),
    ((300, 200), (128, 96), (0, 0), (128, 96)),
]
"""The picture, what it is resized to, and the part of that."""


@pytest.mark.parametrize("resample", [BICUBIC, BILINEAR])
@pytest.mark.parametrize("draw", [noise, smooth])
@pytest.mark.parametrize(("of", "full", "offset", "size"), PARTS)
def test_the_ways_agree(
    monkeypatch: pytest.MonkeyPatch,
    draw: type[Image.Image],
    resample: Image.Resampling,
    of: Size,
    full: Size,
    offset: tuple[int, int],
    size: Size,
) -> None:
    """Within two of 255 levels everywhere, for noise too, and a twentieth of one on average."""
    image = draw(*of)
    at_once = resized_part(image, full, offset, size, resample)
    monkeypatch.setattr(resizing, "_MOST_PIXELS_AT_ONCE", 0)
    in_parts = resized_part(image, full, offset, size, resample)
    assert at_once.shape == in_parts.shape == (3, size[1], size[0])
    assert at_once.dtype == in_parts.dtype == np.uint8
    difference = np.abs(at_once.astype(int) - in_parts)
    assert difference.max() <= 2
    assert difference.mean() <= 0.05


def test_a_kernel_that_pytorch_lacks_is_pillows() -> None:
    image = noise(120, 90)
    whole = np.asarray(image.resize((64, 48), Image.Resampling.LANCZOS)).transpose(2, 0, 1)
    part = resized_part(image, (64, 48), (10, 4), (40, 40), Image.Resampling.LANCZOS)
    assert np.abs(part.astype(int) - whole[:, 4:44, 10:50]).max() <= 2


@pytest.mark.parametrize("of", [(2_000_001, 2), (1, 20_000_000)])
def test_what_would_be_large_is_never_made(monkeypatch: pytest.MonkeyPatch, of: Size) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the whole picture was taken at once")

    monkeypatch.setattr(resizing, "_by_torch", refuse)
    shorter = min(of)
    full = (of[0] * 224 // shorter, of[1] * 224 // shorter)
    assert resized_part(Image.new("RGB", of), full, (0, 0), (224, 224), BICUBIC).shape[0] == 3
