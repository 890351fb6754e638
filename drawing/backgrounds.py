"""Backgrounds in three families: as product photographers have them, to train on, to test on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from drawing.raster import Floats, corners, image_of

Background: TypeAlias = Callable[[int, Floats, np.random.Generator], Floats]
"""(side, sRGB tint, rng) to (side, side, 3) in sRGB 0..255."""

HORIZON: Final = 0.7


def studio(side: int, tint: Floats, rng: np.random.Generator) -> Floats:
    """A paper sweep: wall and floor in one colour, and a soft light behind the thing."""
    y, x = _grid(side)
    glow = np.exp(-(((x - 0.5) / 0.5) ** 2 + ((y - 0.42) / 0.45) ** 2))
    floor = _step(y, HORIZON, 0.16)
    return _scaled(tint, 0.9 + 0.12 * glow + 0.03 * floor)


def two_tone(side: int, tint: Floats, rng: np.random.Generator) -> Floats:
    """A coloured wall above a lighter table."""
    y, x = _grid(side)
    wall = _scaled(tint, 1.0 - 0.1 * y + 0.06 * (0.5 - x))
    table = _scaled(tint * 0.45 + 255 * 0.55, 0.93 + 0.1 * y)
    canvas = _blend(wall, table, _step(y, HORIZON, 0.004))
    edge = np.exp(-(((y - HORIZON) / 0.012) ** 2))[..., None]
    return np.asarray(canvas * (1 - 0.1 * edge))


def arch(side: int, tint: Floats, rng: np.random.Generator) -> Floats:
    """A round arch in a plastered wall."""
    canvas = two_tone(side, tint, rng)
    y, x = _grid(side)
    middle = 0.5 + rng.uniform(-0.05, 0.05)
    off = np.where(y < 0.42, np.hypot(x - middle, (y - 0.42)), np.abs(x - middle))
    inside = _step(-off, -0.34, 0.004) * (1 - _step(y, HORIZON, 0.004))
    lighter = _scaled(tint * 0.62 + 255 * 0.38, 1.02 - 0.1 * y)
    return _blend(canvas, lighter, inside)


def wood(side: int, tint: Floats, rng: np.random.Generator) -> Floats:
    """Boards seen from above."""
    y, x = _grid(side)
    count = int(rng.integers(4, 6))
    board = np.floor(y * count).clip(0, count - 1).astype(int)
    tone = rng.normal(1.0, 0.035, count)[board]
    shift = rng.uniform(0, 9, count)[board]
    grain = _noise((side, 10), side, rng) * 0.6 + _noise((90, 4), side, rng) * 0.6
    rings = np.sin((y * count % 1) * 16 + 3.4 * _noise((6, 4), side, rng) + shift)
    gap = np.exp(-((((y * count + 0.5) % 1 - 0.5) / 0.016) ** 2))
    light = tone * (1 + 0.028 * grain + 0.022 * rings) * (1 - 0.33 * gap)
    colour = np.array([206.0, 172.0, 132.0]) * 0.75 + tint * 0.25
    return _scaled(colour, light * (1.05 - 0.12 * np.hypot(x - 0.4, y - 0.4)))


def table(side: int, tint: Floats, rng: np.random.Generator) -> Floats:
    """A wooden table top before a wall out of focus."""
    y, x = _grid(side)
    boards = wood(side, tint, rng) * (0.9 + 0.14 * y)[..., None]
    wall = _scaled(tint, 1.0 - 0.16 * np.abs(x - 0.42) - 0.08 * y)
    for _ in range(4):
        spot = np.hypot(x - rng.uniform(0, 1), y - rng.uniform(0, 0.6)) / rng.uniform(0.12, 0.3)
        wall = wall + 9 * np.exp(-(spot**2))[..., None]
    return _blend(wall, boards, _step(y, HORIZON, 0.006))


def plaster(side: int, tint: Floats, rng: np.random.Generator) -> Floats:
    """A sheet of rough paper or plaster from above."""
    y, x = _grid(side)
    rough = 0.012 * _noise((9, 9), side, rng) + 0.007 * _noise((70, 70), side, rng)
    return _scaled(tint, 1.0 + rough + 0.07 * (0.5 - x) + 0.07 * (0.5 - y))


def marble(side: int, tint: Floats, rng: np.random.Generator) -> Floats:
    """White stone with veins."""
    y, x = _grid(side)
    bent = x * 2.2 + y * 3.1 + 0.75 * _noise((5, 5), side, rng) + 0.2 * _noise((14, 14), side, rng)
    veins = np.exp(-((np.sin(bent * 2.1) / 0.07) ** 2)) + 0.4 * np.exp(
        -((np.sin(bent * 4.7 + 1) / 0.09) ** 2)
    )
    light = (
        1 - 0.075 * veins * _between(_noise((4, 4), side, rng)) + 0.01 * _noise((6, 6), side, rng)
    )
    return _scaled(np.array([240.0, 240.0, 241.0]) * 0.9 + tint * 0.1, light)


def showroom(side: int, tint: Floats, rng: np.random.Generator) -> Floats:
    """A hall with a polished floor and a strip of light, for cars."""
    y, x = _grid(side)
    wall = _scaled(tint * 0.5 + 105, 0.82 + 0.32 * np.exp(-(((y - 0.4) / 0.28) ** 2)))
    floor = _scaled(tint * 0.25 + 140, 0.8 + 0.35 * (y - HORIZON) / (1 - HORIZON))
    floor = floor + 26 * np.exp(-((((x - 0.5) / 0.4) ** 2) + ((y - 0.83) / 0.08) ** 2))[..., None]
    canvas = _blend(wall, floor, _step(y, HORIZON - 0.06, 0.03))
    lamp = _step(-np.abs(y - 0.13), -0.016, 0.01) * _step(-np.abs(x - 0.5), -0.38, 0.02)
    return np.asarray(canvas + (250 - canvas) * lamp[..., None] * 0.75)


def street(side: int, tint: Floats, rng: np.random.Generator) -> Floats:
    """A road before a skyline in the haze."""
    y, x = _grid(side)
    sky = np.array([196.0, 216.0, 234.0]) * 0.8 + tint * 0.2
    canvas = _scaled(sky, 0.96 + 0.1 * y)
    for depth, tone in ((0.0, 0.93), (0.05, 0.86)):
        count = int(rng.integers(9, 14))
        tops = rng.uniform(0.24, 0.46, count) + depth
        skyline = tops[(x * count).astype(int).clip(0, count - 1)]
        canvas = np.where((y > skyline)[..., None], sky * tone, canvas)
    road = _scaled(np.array([118.0, 120.0, 124.0]), 0.96 + 0.22 * (y - 0.62))
    road = road * (1 + 0.012 * _noise((120, 120), side, rng))[..., None]
    canvas = _blend(canvas, road, _step(y, 0.62, 0.004))
    pavement = _step(-np.abs(y - 0.635), -0.013, 0.004)[..., None]
    canvas = canvas + (np.array([186.0, 186.0, 184.0]) - canvas) * pavement
    dash = _step(-np.abs(y - 0.9), -0.011, 0.004) * ((x * 3.4 + 0.3) % 1 < 0.62)
    canvas = canvas + (238 - canvas) * 0.8 * dash[..., None]
    return _softened(canvas, 1.2)


def seaside(side: int, tint: Floats, rng: np.random.Generator) -> Floats:
    """A coast road: sky, sea and sand."""
    y, x = _grid(side)
    sky = np.array([150.0, 196.0, 232.0]) + (y / 0.45)[..., None] * np.array([85.0, 45.0, 15.0])
    sea = _scaled(np.array([96.0, 160.0, 190.0]), 1.0 + 0.02 * _noise((90, 6), side, rng))
    sand = _scaled(np.array([231.0, 214.0, 182.0]), 1 + 0.012 * _noise((100, 100), side, rng))
    canvas = _blend(sky.clip(0, 255), sea, _step(y, 0.45, 0.003))
    canvas = _blend(canvas, sand, _step(y + 0.01 * np.sin(7 * x), 0.6, 0.012))
    sun = np.exp(-((np.hypot(x - 0.8, y - 0.16) / 0.16) ** 2))[..., None]
    return np.asarray(canvas + (np.array([255.0, 248.0, 220.0]) - canvas) * 0.75 * sun)


BACKGROUNDS: Final[dict[str, Background]] = {
    "studio": studio,
    "two-tone": two_tone,
    "arch": arch,
    "wood": wood,
    "table": table,
    "plaster": plaster,
    "marble": marble,
    "showroom": showroom,
    "street": street,
    "seaside": seaside,
}


def plain(side: int, rng: np.random.Generator) -> Floats:
    """One colour, often white."""
    colour = np.full(3, 250.0) if rng.random() < 0.4 else rng.uniform(0, 255, 3)
    return np.ones((side, side, 3)) * colour


def gradient(side: int, rng: np.random.Generator) -> Floats:
    """Blends one colour into another, in any direction."""
    y, x = _grid(side)
    turn = rng.uniform(0, 2 * np.pi)
    way = (x - 0.5) * np.cos(turn) + (y - 0.5) * np.sin(turn) + 0.5
    end, start = rng.uniform(40, 255, 3), rng.uniform(40, 255, 3)
    return _blend(start, end, way)


def room(side: int, rng: np.random.Generator) -> Floats:
    """A wall above a floor."""
    canvas = np.ones((side, side, 3)) * rng.uniform(60, 255, 3)
    canvas[int(side * rng.uniform(0.5, 0.85)) :] = rng.uniform(30, 230, 3)
    return canvas


def planks(side: int, rng: np.random.Generator) -> Floats:
    """Wooden boards, lying or standing."""
    board = np.array([170, 125, 80]) * rng.uniform(0.5, 1.3)
    count = int(rng.integers(3, 9))
    tones = rng.normal(1, 0.08, count)[np.arange(side) * count // side]
    grain = rng.normal(0, 6, side) + 4 * np.sin(np.arange(side) * rng.uniform(0.05, 0.4))
    rows = np.asarray(board * tones[:, None] + grain[:, None])[:, None, :].repeat(side, 1)
    return rows if rng.random() < 0.5 else rows.transpose(1, 0, 2)


def cloudy(side: int, rng: np.random.Generator) -> Floats:
    """Coloured noise at a random coarseness, like cloth, carpet or shrubs."""
    cells = int(rng.integers(3, 40))
    small = rng.uniform(0, 255, 3) + rng.normal(0, rng.uniform(8, 50), (cells, cells, 3))
    return np.asarray(image_of(small).resize((side, side), Image.Resampling.BICUBIC), np.float64)


def bands(side: int, rng: np.random.Generator) -> Floats:
    """Wide stripes of several colours, in any direction."""
    y, x = _grid(side)
    turn = rng.uniform(0, 2 * np.pi)
    place = (x * np.cos(turn) + y * np.sin(turn) + 2) * rng.uniform(2, 9)
    return np.asarray(rng.uniform(30, 255, (4, 3))[place.astype(int) % 4])


def clutter(side: int, rng: np.random.Generator) -> Floats:
    """Triangles and boxes of any colour behind each other."""
    picture = Image.new("RGB", (side, side), tuple(int(v) for v in rng.integers(30, 255, 3)))
    pen = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(4, 16))):
        centre, reach = rng.uniform(0, side, 2), rng.uniform(0.05, 0.3) * side
        points = centre + rng.normal(0, reach, (int(rng.integers(3, 5)), 2))
        colour = tuple(int(v) for v in rng.integers(0, 255, 3))
        pen.polygon(corners(points), fill=colour)
    return np.asarray(picture, np.float64)


def tiles(side: int, rng: np.random.Generator) -> Floats:
    """A chequered floor, for tests only."""
    y, x = np.mgrid[0:side, 0:side] * int(rng.integers(4, 9)) // side
    light, dark = rng.uniform(120, 255, 3), rng.uniform(60, 200, 3)
    return _blend(dark, light, (x + y) % 2)


def bokeh(side: int, rng: np.random.Generator) -> Floats:
    """Soft discs of light on a dim ground, for tests only."""
    y, x = _grid(side)
    canvas = np.ones((side, side, 3)) * rng.uniform(30, 160, 3)
    for _ in range(10):
        centre, radius = rng.uniform(0, 1, 2), rng.uniform(0.05, 0.16)
        inside = (np.hypot(x - centre[0], y - centre[1]) < radius)[..., None]
        canvas += inside * rng.uniform(0, 90, 3)
    return canvas


TRAINING: Final = (plain, plain, gradient, room, planks, cloudy, bands, clutter)
TESTING: Final = (tiles, bokeh)


def _grid(side: int) -> tuple[Floats, Floats]:
    y, x = np.mgrid[0:side, 0:side] / side
    return y, x


def _scaled(colour: Floats, light: Floats) -> Floats:
    return colour * light[..., None]


def _blend(under: Floats, over: Floats, share: Floats) -> Floats:
    """Colours between the two: `over` where the share (height, width) is 1."""
    return np.asarray(under * (1 - share[..., None]) + over * share[..., None])


def _step(values: Floats, edge: float, width: float) -> Floats:
    """0 below the edge, 1 above it, smooth over the width."""
    way = ((values - edge) / width + 0.5).clip(0, 1)
    return np.asarray(way * way * (3 - 2 * way))


def _noise(cells: tuple[int, int], side: int, rng: np.random.Generator) -> Floats:
    """Smooth noise about 0 from a coarse grid, rows by columns."""
    small = Image.fromarray(rng.normal(0, 1, cells).astype(np.float32))
    return np.asarray(small.resize((side, side), Image.Resampling.BICUBIC), np.float64)


def _between(values: Floats) -> Floats:
    return (values * 0.5 + 0.5).clip(0, 1)


def _softened(canvas: Floats, radius: float) -> Floats:
    return np.asarray(image_of(canvas).filter(ImageFilter.GaussianBlur(radius)), np.float64)
