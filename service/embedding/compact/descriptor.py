"""Measures colours and texture of small pictures: histograms by region, without learning."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SIDE = 64
"""Pixels a side of the pictures that are measured."""

CELLS = 6
"""Colours are counted in a grid of so many by so many cells."""

EDGE_CELLS = 4
"""Edges are counted in a grid of so many by so many cells, and in the whole."""

NEAREST = 3
ORIENTATIONS = 8
LEVELS = 32
"""Steps for each of red, green and blue in the table from colour to colour words."""

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Palette:
    """Colour prototypes (k, 3) in CIELAB, and which of them every sRGB colour is made of.

    Row ((r * LEVELS) + g) * LEVELS + b of `nearest` and `shares`, both (LEVELS**3, NEAREST),
    names the prototypes next to that colour and how much of it each one takes.
    """

    prototypes: Floats
    nearest: npt.NDArray[np.int32]
    shares: Floats


def palette_of(prototypes: Floats, softness: float = 9.0) -> Palette:
    """Spread each colour over its nearest prototypes by a Gaussian of `softness` Delta E."""
    steps = (np.arange(LEVELS, dtype=np.float32) + 0.5) * (256 / LEVELS)
    grid = to_lab(np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(-1, 3))
    gaps = (grid**2).sum(1)[:, None] + (prototypes**2).sum(1) - 2 * grid @ prototypes.T
    nearest = np.argpartition(gaps, NEAREST, axis=1)[:, :NEAREST].astype(np.int32)
    close = np.take_along_axis(gaps, nearest, 1)
    shares = np.exp(-(close - close.min(1, keepdims=True)) / (2 * softness**2))
    return Palette(prototypes, nearest, shares / shares.sum(1, keepdims=True))


def to_lab(rgb: npt.NDArray[np.generic]) -> Floats:
    """sRGB 0..255 (..., 3) to CIELAB under D65, L 0..100 (IEC 61966-2-1, CIE 15)."""
    share = np.asarray(rgb, np.float32) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float32
    )
    white = np.array([0.9505, 1.0, 1.089], np.float32)
    xyz = linear @ to_xyz.T / white
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1).astype(np.float32)


MIDDLE, BORDER = 1, 14
"""Rows of `colour_regions`."""


def colour_regions() -> Floats:
    """Weights (15, CELLS * CELLS) of the regions that colours are counted in; rows sum to 1.

    The whole, the middle (a Gaussian), three bands, a grid of three by three, the border.
    """
    axis = (np.arange(CELLS) + 0.5) / CELLS * 2 - 1
    y, x = np.meshgrid(axis, axis, indexing="ij")
    thirds = np.arange(CELLS) * 3 // CELLS
    masks = [np.ones((CELLS, CELLS)), np.exp(-(x**2 + y**2) / (2 * 0.45**2))]
    masks += [np.repeat((thirds == band)[:, None], CELLS, 1) for band in range(3)]
    masks += [np.outer(thirds == row, thirds == column) for row in range(3) for column in range(3)]
    masks.append(np.maximum(np.abs(x), np.abs(y)) > 1 - 1.5 / CELLS)
    stacked = np.stack(masks).reshape(len(masks), -1).astype(np.float32)
    return np.asarray(stacked / stacked.sum(1, keepdims=True), np.float32)


def colour_shares(pictures: Pixels, palette: Palette, regions: Floats) -> Floats:
    """(n, SIDE, SIDE, 3) to the share of each prototype in each region, (n, regions, k)."""
    return np.asarray(regions @ colour_cells(pictures, palette), np.float32)


def colour_cells(pictures: Pixels, palette: Palette) -> Floats:
    """(n, SIDE, SIDE, 3) to the share of each prototype in each cell, (n, CELLS**2, k)."""
    n, k = len(pictures), len(palette.prototypes)
    levels = (pictures >> 3).astype(np.int32).reshape(n, SIDE * SIDE, 3)
    colours = (levels[..., 0] * LEVELS + levels[..., 1]) * LEVELS + levels[..., 2]
    cell = np.arange(SIDE, dtype=np.int32) * CELLS // SIDE
    place = (cell[:, None] * CELLS + cell).reshape(-1)
    place = place + (np.arange(n, dtype=np.int32) * CELLS**2)[:, None]
    bins = place[..., None] * k + palette.nearest[colours]
    sums = np.bincount(bins.ravel(), palette.shares[colours].ravel(), n * CELLS**2 * k)
    cells = sums.astype(np.float32).reshape(n, CELLS**2, k)
    cells /= np.maximum(cells.sum(2, keepdims=True), 1e-6)
    return cells


def edge_shares(pictures: Pixels) -> Floats:
    """How strong edges of each direction are, at two scales: (n, 2 * 17 * ORIENTATIONS).

    Gradient histograms (arXiv of their inventors: Dalal and Triggs, CVPR 2005) over a grid
    of four by four and over the whole, as square roots of shares.
    """
    grey = pictures.astype(np.float32).mean(3) / 255
    halved = grey.reshape(len(grey), SIDE // 2, 2, SIDE // 2, 2).mean((2, 4))
    return np.concatenate([_orientations(grey), _orientations(halved)], 1)


def _orientations(grey: Floats) -> Floats:
    n, side = grey.shape[0], grey.shape[1]
    dx = np.zeros_like(grey)
    dy = np.zeros_like(grey)
    dx[:, :, 1:-1] = grey[:, :, 2:] - grey[:, :, :-2]
    dy[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    strength = np.sqrt(dx * dx + dy * dy)
    direction = (np.arctan2(dy, dx) / np.pi * ORIENTATIONS).astype(np.int32) % ORIENTATIONS
    cell = np.arange(side) * EDGE_CELLS // side
    bins = (cell[:, None] * EDGE_CELLS + cell[None, :]) * ORIENTATIONS + direction
    bins += (np.arange(n, dtype=np.int32) * (EDGE_CELLS**2 * ORIENTATIONS))[:, None, None]
    sums = np.bincount(bins.ravel(), strength.ravel(), n * EDGE_CELLS**2 * ORIENTATIONS)
    cells = sums.reshape(n, EDGE_CELLS**2, ORIENTATIONS).astype(np.float32)
    whole = cells.sum(1, keepdims=True) / 4
    both = np.concatenate([cells, whole], 1).reshape(n, -1)
    return np.asarray(np.sqrt(both / (both.sum(1, keepdims=True) + 1.0)), np.float32)
