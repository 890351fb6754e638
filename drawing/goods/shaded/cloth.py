"""Layers for clothes that lie flat: a soft form with folds, and seams on both sides."""

from __future__ import annotations

from drawing.layers import Layer, puffed, shade
from drawing.outlines import Points, mirrored


def cloth(outline: Points, *, tone: float = 1.0, wrinkle: float = 0.01) -> Layer:
    return puffed(outline, rim=0.035, bulge=0.55, wrinkle=wrinkle, tone=tone)


def shaded_pair(
    outline: Points, alpha: float = 0.3, blur: float = 0.004, within: Points | None = None
) -> list[Layer]:
    return [
        shade(one, alpha=alpha, blur=blur, within=within) for one in (outline, mirrored(outline))
    ]
