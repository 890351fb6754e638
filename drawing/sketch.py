"""Paints sketches: evenly filled parts at a random angle, size and light, for training.

`drawing.goods.sketched.kinds` has two styles: one to train on, and one that is kept for tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from drawing.goods.sketched.parts import Sketch
from drawing.layers import Paint
from drawing.palette import COLOURS, mix_paint
from drawing.patterns import random_cover
from drawing.raster import Floats, corners, image_of
from drawing.view import View, rotation

Background: TypeAlias = Callable[[int, np.random.Generator], Floats]


@dataclass(frozen=True, slots=True)
class Style:
    """The choices for a set of pictures: backgrounds, outlines and the greatest turn."""

    backgrounds: tuple[Background, ...]
    outlined_share: float
    max_turn_degrees: float


@dataclass(frozen=True, slots=True)
class Colouring:
    """The names of a sketch's two colours (of COLOURS) and of its pattern (of PATTERNS)."""

    colour: str
    second: str
    pattern: str


def draw(
    sketch: Sketch, colouring: Colouring, style: Style, side: int, rng: np.random.Generator
) -> Image.Image:
    """The sketch, painted and lit, as a (side, side) RGB picture."""
    work = 2 * side
    backdrop = style.backgrounds[int(rng.integers(len(style.backgrounds)))](work, rng)
    view = _random_view(style.max_turn_degrees, rng)
    placed = [replace(part, outline=view.place(part.outline)) for part in sketch]
    canvas = image_of(backdrop)
    _cast_shadow(canvas, placed, rng)
    pen = _pen(work, rng) if rng.random() < style.outlined_share else None
    textures = {**_textures(colouring, work, rng), "hole": backdrop}
    _paint(canvas, placed, {role: image_of(paint) for role, paint in textures.items()}, pen)
    lit = _light(np.asarray(canvas, np.float64), rng)
    return image_of(lit).resize((side, side), Image.Resampling.BOX)


def random_colouring(
    rng: np.random.Generator, colours: tuple[str, ...], patterns: tuple[str, ...]
) -> Colouring:
    """A colour out of `colours` and any other; half of the things are plain."""
    colour = str(rng.choice(colours))
    second = str(rng.choice([name for name in COLOURS if name != colour]))
    pattern = "plain" if rng.random() < 0.5 else str(rng.choice(patterns))
    return Colouring(colour, second, pattern)


def _random_view(max_turn_degrees: float, rng: np.random.Generator) -> View:
    rotate = rotation(rng.normal(0, max_turn_degrees / 2))
    scale = rng.uniform(0.6, 1.0) * np.array([rng.uniform(0.85, 1.15), rng.uniform(0.85, 1.15)])
    flip = np.array([rng.choice([-1.0, 1.0]), 1.0])
    shear = np.array([[1.0, rng.normal(0, 0.08)], [rng.normal(0, 0.04), 1.0]])
    return View(rotate @ shear @ np.diag(scale * flip), 0.5 + rng.uniform(-0.1, 0.1, 2))


def _textures(colouring: Colouring, work: int, rng: np.random.Generator) -> dict[Paint, Floats]:
    """The paint of each role, (work, work, 3) in sRGB."""
    paint, second = mix_paint(colouring.colour, rng), mix_paint(colouring.second, rng)
    body = _patterned(colouring.pattern, paint, second, work, rng)
    flat = np.ones((work, work, 3))
    return {
        "body": body,
        "shade": body * 0.78 if paint.mean() > 40 else body + 30,
        "second": flat * second,
        "light": flat * rng.uniform(205, 245),
        "dark": flat * rng.uniform(20, 60),
        "glass": flat * np.array([150, 185, 205]) * rng.uniform(0.4, 1),
    }


def _patterned(
    pattern: str, paint: Floats, second: Floats, work: int, rng: np.random.Generator
) -> Floats:
    """The pattern at any angle; the first paint covers more than half."""
    y, x = np.mgrid[0:work, 0:work] / work
    turn = rng.uniform(0, np.pi)
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    share = random_cover(pattern, u, v, rng)[..., None]
    return np.asarray(paint * (1 - share) + second * share)


@dataclass(frozen=True, slots=True)
class Pen:
    """A line around every part: its sRGB colour and its width in pixels."""

    colour: tuple[int, int, int]
    width: int


def _pen(work: int, rng: np.random.Generator) -> Pen:
    tone = int(rng.integers(5, 60))
    return Pen((tone, tone, tone + 5), max(1, int(work * rng.uniform(0.004, 0.014))))


def _paint(
    canvas: Image.Image, sketch: Sketch, paints: dict[Paint, Image.Image], pen: Pen | None
) -> None:
    for part in sketch:
        outline = corners(part.outline * canvas.width)
        mask = Image.new("L", canvas.size)
        ImageDraw.Draw(mask).polygon(outline, fill=255)
        canvas.paste(paints[part.paint], mask=mask)
        if pen is not None:
            line = [*outline, outline[0]]
            ImageDraw.Draw(canvas).line(line, fill=pen.colour, width=pen.width)


def _cast_shadow(canvas: Image.Image, sketch: Sketch, rng: np.random.Generator) -> None:
    offset = rng.uniform(-0.04, 0.06, 2)
    mask = Image.new("L", canvas.size)
    for part in sketch:
        outline = corners((part.outline + offset) * canvas.width)
        ImageDraw.Draw(mask).polygon(outline, fill=int(rng.uniform(20, 110)))
    canvas.paste((0, 0, 0), mask=mask.filter(ImageFilter.BoxBlur(canvas.width // 40)))


def _light(canvas: Floats, rng: np.random.Generator) -> Floats:
    """A lamp to one side, its tint, and the sensor's noise."""
    side = canvas.shape[0]
    y, x = np.mgrid[0:side, 0:side] / side - 0.5
    turn = rng.uniform(0, 2 * np.pi)
    fall = 1 + rng.uniform(0, 0.5) * (x * np.cos(turn) + y * np.sin(turn))
    tint = rng.normal(1, 0.03, 3) * rng.uniform(0.75, 1.1)
    noise = rng.normal(0, rng.uniform(0, 6), canvas.shape)
    return np.asarray(canvas * fall[..., None] * tint + noise)
