"""Paints a drawing as a product photo, with light, shade, patterns and a shadow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from drawing.layers import Colour, Drawing, Layer
from drawing.outlines import Points, moved
from drawing.patterns import cover
from drawing.raster import Floats, corners
from drawing.view import View

SUPERSAMPLING: Final = 3
MARGIN_PX: Final = 4
LIGHT: Final = np.array([-0.42, -0.62, 0.66], np.float32)
"""The direction to the lamp, which stands to the upper left, in front of the picture."""
VIEWER: Final = np.array([0.0, 0.0, 1.0], np.float32)
HALFWAY: Final = (LIGHT + VIEWER) / np.linalg.norm(LIGHT + VIEWER)
"""The direction half-way between lamp and viewer, as Blinn and Phong's highlights need it."""
SHININESS: Final = 26
DIFFUSE: Final = 0.8


@dataclass(frozen=True, slots=True)
class Finish:
    """The two paints in sRGB, and one of PATTERNS."""

    body: Colour
    second: Colour
    pattern: str = "plain"


@dataclass(frozen=True, slots=True)
class Patch:
    """The part of the canvas that a layer touches, and how much of each pixel it covers."""

    left: int
    top: int
    alpha: Floats

    @property
    def place(self) -> tuple[slice, slice]:
        height, width = self.alpha.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


def paint(
    canvas: Floats, drawing: Drawing, finish: Finish, view: View, rng: np.random.Generator
) -> None:
    """Paints onto the canvas, (side, side, 3) in sRGB 0..255, in place."""
    _cast_shadow(canvas, drawing, view)
    for layer in drawing.layers:
        patch = _patch(layer, view, len(canvas))
        if patch is None:
            continue
        colour = _paint_of(layer, finish, patch, view, len(canvas)) * layer.tone
        if layer.form != "flat":
            colour = _lit(colour, _normals(layer, patch, view, len(canvas), rng), layer)
        part = canvas[patch.place]
        alpha = patch.alpha[..., None]
        part += alpha * (colour.clip(0, 255) - part)


def _patch(layer: Layer, view: View, side: int) -> Patch | None:
    """None where the layer lies outside the canvas."""
    placed = view.place(layer.outline) * side
    margin = MARGIN_PX + int(3 * layer.blur * side)
    low = np.maximum(np.floor(placed.min(0)) - margin, 0).astype(int)
    high = np.minimum(np.ceil(placed.max(0)) + margin, side).astype(int)
    if (high <= low).any():
        return None
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    mask = _mask(placed - low, size)
    if layer.blur > 0:
        mask = mask.filter(ImageFilter.GaussianBlur(layer.blur * side))
    alpha = np.asarray(mask, np.float32) * (layer.alpha / 255)
    if layer.within is not None:
        alpha *= np.asarray(_mask(view.place(layer.within) * side - low, size), np.float32) / 255
    if layer.fade is not None:
        top, bottom = layer.fade
        way = (np.arange(size[1]) - (placed[:, 1].min() - low[1])) / np.ptp(placed[:, 1])
        alpha *= (top + (bottom - top) * way.clip(0, 1))[:, None]
    return Patch(int(low[0]), int(low[1]), alpha)


def _mask(points: Points, size: tuple[int, int]) -> Image.Image:
    """Coverage 0..255, smooth at the edges."""
    large = Image.new("L", (size[0] * SUPERSAMPLING, size[1] * SUPERSAMPLING))
    ImageDraw.Draw(large).polygon(corners(points * SUPERSAMPLING), fill=255)
    return large.reduce(SUPERSAMPLING)


def _object_grid(patch: Patch, view: View, side: int) -> tuple[Floats, Floats]:
    height, width = patch.alpha.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return view.undo((x + patch.left + 0.5) / side, (y + patch.top + 0.5) / side)


def _paint_of(layer: Layer, finish: Finish, patch: Patch, view: View, side: int) -> Floats:
    if not isinstance(layer.paint, str):
        return np.array(layer.paint, np.float32)
    if layer.paint == "second":
        return np.array(finish.second, np.float32)
    if finish.pattern == "plain":
        return np.array(finish.body, np.float32)
    x, y = _object_grid(patch, view, side)
    share = cover(finish.pattern, x, y, sharpness=side)[..., None]
    return np.array(finish.body) * (1 - share) + np.array(finish.second) * share


def _lit(colour: Floats, normals: Floats, layer: Layer) -> Floats:
    """Diffuse light, and white highlights after Blinn and Phong; what faces us stays as it is."""
    diffuse = np.maximum(normals @ LIGHT, -0.15) - LIGHT[2]
    light = 1 + DIFFUSE * layer.bulge * diffuse
    lit = colour * light[..., None]
    if layer.gloss > 0:
        highlight = np.maximum(normals @ HALFWAY, 0) ** SHININESS - HALFWAY[2] ** SHININESS
        lit = lit + 255 * layer.gloss * np.maximum(highlight, 0)[..., None]
    return np.asarray(lit)


def _normals(layer: Layer, patch: Patch, view: View, side: int, rng: np.random.Generator) -> Floats:
    """Unit normals (height, width, 3) of the form."""
    if layer.form == "puffed":
        return _puffed_normals(layer, patch, side, rng)
    x, y = _object_grid(patch, view, side)
    low, high = layer.outline.min(0), layer.outline.max(0)
    middle, half = (low + high) / 2, (high - low) / 2
    nx = ((x - middle[0]) / half[0]).clip(-0.98, 0.98)
    ny = np.zeros_like(nx)
    if layer.form == "ball":
        ny = ((y - middle[1]) / half[1]).clip(-0.98, 0.98)
        length = np.maximum(np.hypot(nx, ny) / 0.98, 1)
        nx, ny = nx / length, ny / length
    return np.stack([nx, ny, np.sqrt(np.maximum(1 - nx**2 - ny**2, 0.02))], -1)


def _puffed_normals(layer: Layer, patch: Patch, side: int, rng: np.random.Generator) -> Floats:
    """Normals of a surface that rises from its edge like a quarter of a circle."""
    shrink = 3
    height_px, width_px = patch.alpha.shape
    small = _stretched(patch.alpha, (-(-height_px // shrink), -(-width_px // shrink)))
    radius = max(layer.rim * side / shrink, 1.0)
    inside = np.clip(2 * _blurred(small / max(layer.alpha, 1e-6), radius) - 1, 0, 1)
    height = radius * np.sqrt(inside + 1e-3)
    if layer.wrinkle > 0:
        height = height + layer.wrinkle * side / shrink * _folds(small.shape, rng)
    soft, size = _blurred(height, 1.0), patch.alpha.shape
    nx, ny = (-_stretched(np.gradient(soft, axis=axis), size) for axis in (1, 0))
    length = np.sqrt(nx**2 + ny**2 + 1)
    return np.stack([nx / length, ny / length, 1 / length], -1)


def _folds(shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    """Soft slanted waves, as cloth has them."""
    grid = rng.normal(0, 1, (7, 9))
    noise = _stretched(grid, (shape[0], shape[1]))
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]] / max(shape)
    turn = rng.uniform(0, 6.28)
    return np.asarray(noise * 0.6 + np.sin(14 * x + 5 * y + 1.5 * noise + turn) * 0.35)


def _stretched(values: Floats, shape: tuple[int, ...]) -> Floats:
    picture = Image.fromarray(values.astype(np.float32))
    resized = picture.resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.float32)


def _blurred(values: Floats, radius: float) -> Floats:
    """Three box blurs, near to a Gaussian one; beyond the edge lies 0."""
    reach = max(round(radius * 0.8), 1)
    for _ in range(3):
        for axis in (0, 1):
            pad = [(0, 0), (0, 0)]
            pad[axis] = (reach + 1, reach)
            total = np.cumsum(np.pad(values, pad), axis=axis)
            width = 2 * reach + 1
            ends = total[width:] if axis == 0 else total[:, width:]
            starts = total[:-width] if axis == 0 else total[:, :-width]
            values = (ends - starts) / width
    return values


def _cast_shadow(canvas: Floats, drawing: Drawing, view: View) -> None:
    side = len(canvas)
    outlines = [view.place(layer.outline) for layer in drawing.layers if layer.casts]
    if drawing.stands:
        low, high = _foot(np.concatenate(outlines))
        _darken(canvas, [_floor_spot(low, high, 1.04, 0.035)], blur=0.022 * side, alpha=0.42)
        _darken(canvas, [_floor_spot(low, high, 0.94, 0.014)], blur=0.007 * side, alpha=0.5)
        return
    for reach, blur, alpha in ((0.006, 0.006, 0.3), (0.026, 0.024, 0.34)):
        _darken(
            canvas, [moved(points, reach * 0.6, reach) for points in outlines], blur * side, alpha
        )


def _foot(points: Points) -> tuple[Floats, Floats]:
    """The corners of the box around what is near the floor."""
    bottom, height = points[:, 1].max(), np.ptp(points[:, 1])
    near = points[points[:, 1] > bottom - 0.15 * height]
    return near.min(0), near.max(0)


def _floor_spot(low: Floats, high: Floats, width: float, height: float) -> Points:
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    middle, half = (low[0] + high[0]) / 2, (high[0] - low[0]) / 2 * width
    return np.stack([middle + half * np.cos(turn), high[1] - 0.006 + height * np.sin(turn)], 1)


def _darken(canvas: Floats, outlines: list[Points], blur: float, alpha: float) -> None:
    side = len(canvas)
    small = side // 4
    mask = Image.new("L", (small, small))
    pen = ImageDraw.Draw(mask)
    for points in outlines:
        pen.polygon(corners(points * small), fill=255)
    soft = mask.filter(ImageFilter.GaussianBlur(blur * small / side)).resize((side, side))
    share = np.asarray(soft, np.float32)[..., None] * (alpha / 255)
    canvas *= 1 - share
