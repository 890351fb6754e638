"""Overlays are opaque at the largest shares, transparent elsewhere, and in the right place."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from service.core.embedding import Crop
from service.search.overlay import LONGER_SIDE_PX, MAX_OPACITY, draw_overlay

FULL = Crop(0, 0, 1, 1)


def drawn(grid: np.ndarray, box: Crop = FULL, size: tuple[int, int] = (600, 600)) -> np.ndarray:
    image = Image.open(io.BytesIO(draw_overlay(grid.astype(np.float32), box, *size)))
    assert (image.format, image.mode) == ("PNG", "RGBA")
    return np.asarray(image)


def one_cell(row: int, column: int, others: float = 0.0) -> np.ndarray:
    grid = np.full((7, 7), others)
    grid[row, column] = 0.5
    return grid


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((600, 600), (384, 384)),
        ((1600, 1200), (384, 288)),
        ((30, 60), (192, 384)),
        ((10_000, 10), (384, 1)),
        ((1, 20_000), (1, 384)),
        ((1, 1), (384, 384)),
    ],
)
def test_it_has_the_aspect_ratio_of_the_picture(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    pixels = drawn(one_cell(3, 3), size=size)

    assert (pixels.shape[1], pixels.shape[0]) == expected
    assert max(expected) <= LONGER_SIDE_PX


def test_it_is_most_opaque_at_the_largest_share_and_transparent_without_one() -> None:
    opacity = drawn(one_cell(1, 5))[..., 3]
    row, column = np.unravel_index(opacity.argmax(), opacity.shape)

    assert row / 384 == pytest.approx(1.5 / 7, abs=0.05)
    assert column / 384 == pytest.approx(5.5 / 7, abs=0.05)
    assert opacity.max() == pytest.approx(255 * MAX_OPACITY, abs=12)
    assert (opacity[200:, :150] == 0).all()


def test_it_lies_within_the_box() -> None:
    pixels = drawn(np.arange(49).reshape(7, 7) / 49, Crop(0.25, 0, 0.5, 1), (800, 400))

    assert pixels.shape == (192, 384, 4)
    assert (pixels[:, :96, 3] == 0).all()
    assert (pixels[:, 288:, 3] == 0).all()
    assert (pixels[-20:, 96:288, 3] > 0).all()


@pytest.mark.parametrize("box", [Crop(0, 0.9999, 1, 0.0001), Crop(0.49999, 0.2, 0.00002, 0.1)])
def test_a_box_smaller_than_a_pixel_is_visible(box: Crop) -> None:
    assert drawn(np.arange(49).reshape(7, 7), box)[..., 3].max() > 0


@pytest.mark.parametrize("share", [0.0, 0.01, -0.01])
def test_a_uniform_grid_is_transparent(share: float) -> None:
    assert (drawn(np.full((7, 7), share))[..., 3] == 0).all()


def test_the_share_that_all_cells_have_is_not_drawn() -> None:
    assert (drawn(one_cell(3, 3, others=0.1))[:40, :, 3] == 0).all()


def test_a_nearly_uniform_grid_is_faint() -> None:
    opacity = drawn(one_cell(3, 3, others=0.45))[..., 3]

    assert 0 < opacity.max() < 0.2 * 255


def test_cells_with_negative_shares_are_transparent() -> None:
    grid = one_cell(1, 1)
    grid[5, 5] = -2.0

    opacity = drawn(grid)[..., 3]

    assert (opacity[250:, 250:] == 0).all()
    assert opacity.max() > 100


def test_colours_go_from_dark_to_light() -> None:
    """Brightness alone distinguishes the colours, for people who are colour-blind."""
    pixels = drawn(np.tile(np.arange(7) / 6, (7, 1))).astype(float)
    brightness = pixels[192, 30:-30, :3] @ [0.2126, 0.7152, 0.0722]

    assert (np.diff(brightness) >= -1.0).all()
    assert brightness[-1] - brightness[0] > 100
