"""The compact visual encoder's similarity by place: its histograms are sums over cells.

The square root of a sum S is shared out among what was summed in proportion, x / sqrt(S) for each
x; what is learned from the roots is linear in their deviations from a mean, but for a length.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from service.core.embedding import Crop, Vector
from service.embedding.attribution.grid import resampled
from service.embedding.compact import descriptor
from service.embedding.compact.descriptor import BORDER, CELLS, EDGE_CELLS, MIDDLE, ORIENTATIONS
from service.embedding.compact.preprocessing import view
from service.embedding.compact.projection import Projection, features_of

TINY = np.float32(1e-12)


class CompactVisualRegions:
    """RegionEncoder: places all but what every cosine of this encoder has in common."""

    def __init__(
        self, palette: descriptor.Palette, regions: Vector, projection: Projection
    ) -> None:
        """`regions` are those of `descriptor.colour_regions`."""
        self._palette, self._regions, self._projection = palette, regions, projection

    def view(self, width: int, height: int) -> Crop:
        return view(width, height)

    def explain(self, batch: NDArray[np.generic], queries: Vector) -> NDArray[np.float32]:
        pictures = np.asarray(batch, np.uint8)
        cells = descriptor.colour_cells(pictures, self._palette)
        sums = np.asarray(self._regions @ cells, np.float32)
        edges = descriptor.edge_shares(pictures)
        kept = self._projection.matrix.shape[1]
        slopes = self._slopes(features_of(sums, edges), queries[:, :kept])
        of_colours = sums[0].size
        colours = self._learned_colours(cells, sums, slopes[:, :of_colours])
        colours += self._foreground(cells, sums, queries[:, kept:-1])
        borders = self._learned_edges(edges, slopes[:, of_colours:])
        return resampled(colours.reshape(-1, CELLS, CELLS)) + resampled(borders)

    def _slopes(self, features: Vector, wanted: Vector) -> Vector:
        """(n, features): what a feature's deviation from the mean gives to the cosine."""
        projection = self._projection
        lengths = np.linalg.norm((features - projection.mean) @ projection.matrix, axis=1)
        share = (1 - projection.common_share) * projection.learned_share
        scaled = share**0.5 * wanted / np.maximum(lengths, 1e-6)[:, None]
        return np.asarray(scaled @ projection.matrix.T, np.float32)

    def _learned_colours(self, cells: Vector, sums: Vector, slopes: Vector) -> Vector:
        """(n, CELLS**2): a colour's root in a region, less its mean, by the region's cells."""
        by_region = slopes.reshape(sums.shape)
        mean = self._projection.mean[: sums[0].size].reshape(sums.shape[1:])
        each = self._regions.T @ (by_region / np.sqrt(np.maximum(sums, TINY)))
        common = (by_region * mean).sum(2) @ self._regions
        return np.asarray((each * cells).sum(2) - common, np.float32)

    def _foreground(self, cells: Vector, sums: Vector, wanted: Vector) -> Vector:
        """(n, CELLS**2): the middle's colours, and against them the border's."""
        middle, border = sums[:, MIDDLE], sums[:, BORDER]
        outdone = middle - 0.6 * border < 0.05 * middle
        squares = np.where(outdone, 0.05 * middle, middle - 0.6 * border)
        share = (1 - self._projection.common_share) * (1 - self._projection.learned_share)
        slopes = share**0.5 * wanted / np.sqrt(np.maximum(squares, TINY))
        slopes /= np.maximum(np.sqrt(squares.sum(1, keepdims=True)), 1e-6)
        of_middle = cells @ (slopes * np.where(outdone, 0.05, 1))[..., None]
        of_border = cells @ (slopes * np.where(outdone, 0, 0.6))[..., None]
        parts = (
            of_middle[..., 0] * self._regions[MIDDLE] - of_border[..., 0] * self._regions[BORDER]
        )
        return np.asarray(parts, np.float32)

    def _learned_edges(self, edges: Vector, slopes: Vector) -> Vector:
        """(n, EDGE_CELLS, EDGE_CELLS): each cell's directions, and its part of the whole's."""
        shape = (len(edges), 2, EDGE_CELLS**2 + 1, ORIENTATIONS)
        roots, by_root = edges.reshape(shape), slopes.reshape(shape)
        mean = self._projection.mean[-edges.shape[1] :].reshape(shape[1:])
        own = by_root[:, :, :-1] * (roots - mean)[:, :, :-1]
        parts = np.square(roots[:, :, :-1]) / 4 / np.maximum(roots[:, :, -1:], TINY)
        of_whole = by_root[:, :, -1:] * (parts - mean[:, -1:] / EDGE_CELLS**2)
        shares = (own + of_whole).sum((1, 3))
        return np.asarray(shares, np.float32).reshape(-1, EDGE_CELLS, EDGE_CELLS)
