"""A finished picture: one thing, painted, before a background, as a JPEG."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from service.samples.drawing.backgrounds import BACKGROUNDS
from service.samples.drawing.canvas import Finish, View, paint
from service.samples.drawing.layers import Colour, Drawing

SIDE_PX: Final = 640
BACKDROP_PX: Final = 320
"""Backgrounds are out of focus, and a quarter of the pixels is a quarter of the work."""

BICUBIC: Final = Image.Resampling.BICUBIC
JPEG_QUALITY: Final = 90


@dataclass(frozen=True, slots=True)
class Angle:
    """How a thing is turned to the viewer."""

    flipped: bool = False
    turn_degrees: float = 0.0
    slope: float = 0.0
    """How much its right side lies lower than its left, a share of its width."""
    squeeze: float = 1.0
    """Its width, foreshortened."""
    scale: float = 0.92
    centre: tuple[float, float] = (0.5, 0.5)


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a picture is made from; the same scene gives the same picture."""

    artist: Callable[[np.random.Generator], Drawing]
    finish: Finish
    background: str
    """One of BACKGROUNDS."""
    tint: Colour
    angle: Angle
    seed: int


def picture(scene: Scene) -> Image.Image:
    """SIDE_PX by SIDE_PX, RGB."""
    rng = np.random.default_rng(scene.seed)
    backdrop = BACKGROUNDS[scene.background]
    small = backdrop(BACKDROP_PX, np.array(scene.tint, np.float64), rng)
    canvas = np.asarray(_image(small).resize((SIDE_PX, SIDE_PX), BICUBIC), np.float32).copy()
    paint(canvas, scene.artist(rng), scene.finish, _view(scene.angle), rng)
    return _image(canvas)


def jpeg(scene: Scene) -> bytes:
    buffer = io.BytesIO()
    picture(scene).save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return buffer.getvalue()


def _image(canvas: NDArray[np.floating[Any]]) -> Image.Image:
    return Image.fromarray(canvas.clip(0, 255).astype(np.uint8))


def _view(angle: Angle) -> View:
    turn = np.radians(angle.turn_degrees)
    rotate = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    slope = np.array([[1.0, 0.0], [angle.slope, 1.0]])
    width = angle.squeeze * (-1 if angle.flipped else 1)
    return View(angle.scale * rotate @ slope @ np.diag([width, 1.0]), np.array(angle.centre))
