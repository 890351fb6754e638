"""Places a drawn thing in the picture: turned, stretched and moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drawing.outlines import Points
from drawing.raster import Floats


@dataclass(frozen=True, slots=True)
class View:
    """The affine map that places a drawing, both in coordinates of the unit square."""

    matrix: Floats
    """The linear part, of shape (2, 2)."""
    centre: Floats
    """The place of the drawing's middle, of shape (2,)."""

    def place(self, outline: Points) -> Points:
        return (outline - 0.5) @ self.matrix.T + self.centre

    def undo(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """The inverse of `place`, for grids of coordinates."""
        (a, b), (c, d) = np.linalg.inv(self.matrix)
        x, y = x - self.centre[0], y - self.centre[1]
        return a * x + b * y + 0.5, c * x + d * y + 0.5


def rotation(degrees: float) -> Floats:
    """The matrix (2, 2) that turns clockwise, as y points downwards."""
    turn = np.radians(degrees)
    return np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
