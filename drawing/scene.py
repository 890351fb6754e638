"""Makes a JPEG of one shaded thing before a background."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from drawing.backgrounds import BACKGROUNDS
from drawing.canvas import Finish, paint
from drawing.layers import Colour, Drawing
from drawing.raster import image_of
from drawing.view import View, rotation

SIDE_PX: Final = 640
BACKDROP_PX: Final = 320
"""Backgrounds are out of focus, and a quarter of the pixels is a quarter of the work."""

BICUBIC: Final = Image.Resampling.BICUBIC
JPEG_QUALITY: Final = 90


@dataclass(frozen=True, slots=True)
class Angle:
    """The angle, size and place at which a thing is seen."""

    flipped: bool = False
    turn_degrees: float = 0.0
    slope: float = 0.0
    """Drop of its right side below its left one, as a share of its width."""
    squeeze: float = 1.0
    """Its width, foreshortened."""
    scale: float = 0.92
    centre: tuple[float, float] = (0.5, 0.5)


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that a picture depends on; the same scene gives the same picture."""

    artist: Callable[[np.random.Generator], Drawing]
    finish: Finish
    background: str
    """A key of BACKGROUNDS."""
    tint: Colour
    angle: Angle
    seed: int


def picture(scene: Scene) -> Image.Image:
    """SIDE_PX by SIDE_PX, RGB."""
    rng = np.random.default_rng(scene.seed)
    backdrop = BACKGROUNDS[scene.background]
    small = backdrop(BACKDROP_PX, np.array(scene.tint, np.float64), rng)
    canvas = np.asarray(image_of(small).resize((SIDE_PX, SIDE_PX), BICUBIC), np.float32).copy()
    paint(canvas, scene.artist(rng), scene.finish, _view(scene.angle), rng)
    return image_of(canvas)


def jpeg(scene: Scene) -> bytes:
    buffer = io.BytesIO()
    picture(scene).save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return buffer.getvalue()


def _view(angle: Angle) -> View:
    slope = np.array([[1.0, 0.0], [angle.slope, 1.0]])
    width = np.diag([angle.squeeze * (-1 if angle.flipped else 1), 1.0])
    matrix = angle.scale * rotation(angle.turn_degrees) @ slope @ width
    return View(matrix, np.array(angle.centre))
