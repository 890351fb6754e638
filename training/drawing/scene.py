"""Puts one drawn thing before a background, at some angle, size and light."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from training.drawing.geometry import Part, Role, Sketch
from training.drawing.palette import COLOURS, mix_paint
from training.drawing.patterns import patterned

Canvas = npt.NDArray[np.float64]
Background = Callable[[int, np.random.Generator], Canvas]


@dataclass(frozen=True)
class Style:
    """How a set of pictures is drawn; a second one is kept from the network as a test."""

    backgrounds: tuple[Background, ...]
    outlined_share: float
    max_turn_degrees: float


@dataclass(frozen=True)
class Finish:
    """What a thing is painted with: names of COLOURS and one of PATTERNS."""

    colour: str
    second: str
    pattern: str


def draw(
    sketch: Sketch, finish: Finish, style: Style, side: int, rng: np.random.Generator
) -> Image.Image:
    """The sketch, painted and lit, as a (side, side) RGB picture."""
    work = 2 * side
    backdrop = style.backgrounds[int(rng.integers(len(style.backgrounds)))](work, rng)
    placed = _placed(sketch, style.max_turn_degrees, rng)
    canvas = Image.fromarray(backdrop.clip(0, 255).astype(np.uint8))
    _cast_shadow(canvas, placed, rng)
    outline = _pen(work, rng) if rng.random() < style.outlined_share else None
    _paint(canvas, placed, _textures(finish, work, rng), backdrop, outline)
    lit = _light(np.asarray(canvas, np.float64), rng)
    return Image.fromarray(lit.astype(np.uint8)).resize((side, side), Image.Resampling.BOX)


def _placed(sketch: Sketch, max_turn_degrees: float, rng: np.random.Generator) -> Sketch:
    turn = np.radians(rng.normal(0, max_turn_degrees / 2))
    scale = rng.uniform(0.6, 1.0) * np.array([rng.uniform(0.85, 1.15), rng.uniform(0.85, 1.15)])
    flip = np.array([rng.choice([-1.0, 1.0]), 1.0])
    shear = np.array([[1.0, rng.normal(0, 0.08)], [rng.normal(0, 0.04), 1.0]])
    rotate = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = rotate @ shear @ np.diag(scale * flip)
    centre = 0.5 + rng.uniform(-0.1, 0.1, 2)
    return [Part((part.outline - 0.5) @ matrix.T + centre, part.role) for part in sketch]


def _textures(finish: Finish, work: int, rng: np.random.Generator) -> dict[Role, Canvas]:
    paint, second = mix_paint(finish.colour, rng), mix_paint(finish.second, rng)
    body = patterned(finish.pattern, work, paint, second, rng)
    flat = np.ones((work, work, 3))
    shade = body * 0.78 if paint.mean() > 40 else body + 30
    return {
        "body": body,
        "shade": shade,
        "trim": flat * second,
        "light": flat * rng.uniform(205, 245),
        "dark": flat * rng.uniform(20, 60),
        "skin": flat * np.array([225, 180, 150]),
        "glass": flat * np.array([150, 185, 205]) * rng.uniform(0.4, 1),
    }


@dataclass(frozen=True)
class Pen:
    """A line around every part: its sRGB colour and its width in pixels."""

    colour: tuple[int, int, int]
    width: int


def _pen(work: int, rng: np.random.Generator) -> Pen:
    tone = int(rng.integers(5, 60))
    return Pen((tone, tone, tone + 5), max(1, int(work * rng.uniform(0.004, 0.014))))


def _paint(
    canvas: Image.Image,
    sketch: Sketch,
    textures: dict[Role, Canvas],
    backdrop: Canvas,
    pen: Pen | None,
) -> None:
    textures = {**textures, "hole": backdrop}
    pictures = {
        role: Image.fromarray(paint.clip(0, 255).astype(np.uint8))
        for role, paint in textures.items()
    }
    for part in sketch:
        corners = _corners(part, canvas.width)
        mask = Image.new("L", canvas.size)
        ImageDraw.Draw(mask).polygon(corners, fill=255)
        canvas.paste(pictures[part.role], mask=mask)
        if pen is not None:
            line = [*corners, corners[0]]
            ImageDraw.Draw(canvas).line(line, fill=pen.colour, width=pen.width)


def _corners(part: Part, work: int) -> list[tuple[float, float]]:
    return [(float(x * work), float(y * work)) for x, y in part.outline]


def _cast_shadow(canvas: Image.Image, sketch: Sketch, rng: np.random.Generator) -> None:
    offset = rng.uniform(-0.04, 0.06, 2)
    mask = Image.new("L", canvas.size)
    for part in sketch:
        shifted = Part(part.outline + offset, part.role)
        ImageDraw.Draw(mask).polygon(
            _corners(shifted, canvas.width), fill=int(rng.uniform(20, 110))
        )
    canvas.paste((0, 0, 0), mask=mask.filter(ImageFilter.BoxBlur(canvas.width // 40)))


def _light(canvas: Canvas, rng: np.random.Generator) -> Canvas:
    """A lamp to one side, its tint, and the sensor's noise."""
    side = canvas.shape[0]
    y, x = np.mgrid[0:side, 0:side] / side - 0.5
    turn = rng.uniform(0, 2 * np.pi)
    fall = 1 + rng.uniform(0, 0.5) * (x * np.cos(turn) + y * np.sin(turn))
    tint = rng.normal(1, 0.03, 3) * rng.uniform(0.75, 1.1)
    noise = rng.normal(0, rng.uniform(0, 6), canvas.shape)
    return np.asarray((canvas * fall[..., None] * tint + noise).clip(0, 255))


def random_finish(
    rng: np.random.Generator, colours: tuple[str, ...], patterns: tuple[str, ...]
) -> Finish:
    """A colour out of `colours` and any other; half of the things are plain."""
    colour = str(rng.choice(colours))
    second = str(rng.choice([name for name in COLOURS if name != colour]))
    pattern = "plain" if rng.random() < 0.5 else str(rng.choice(patterns))
    return Finish(colour, second, pattern)
