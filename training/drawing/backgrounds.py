"""Backgrounds for the drawn goods, in two families: one to train on, one to test on."""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

Canvas = npt.NDArray[np.float64]


def plain(side: int, rng: np.random.Generator) -> Canvas:
    """One colour, often white."""
    colour = np.full(3, 250.0) if rng.random() < 0.4 else rng.uniform(0, 255, 3)
    return np.ones((side, side, 3)) * colour


def gradient(side: int, rng: np.random.Generator) -> Canvas:
    """From one colour to another, in any direction."""
    y, x = np.mgrid[0:side, 0:side] / side
    turn = rng.uniform(0, 2 * np.pi)
    way = ((x - 0.5) * np.cos(turn) + (y - 0.5) * np.sin(turn) + 0.5)[..., None]
    return rng.uniform(40, 255, 3) * way + rng.uniform(40, 255, 3) * (1 - way)


def room(side: int, rng: np.random.Generator) -> Canvas:
    """A wall above a floor."""
    canvas = np.ones((side, side, 3)) * rng.uniform(60, 255, 3)
    canvas[int(side * rng.uniform(0.5, 0.85)) :] = rng.uniform(30, 230, 3)
    return canvas


def planks(side: int, rng: np.random.Generator) -> Canvas:
    """Wooden boards, lying or standing."""
    board = np.array([170, 125, 80]) * rng.uniform(0.5, 1.3)
    count = int(rng.integers(3, 9))
    tones = rng.normal(1, 0.08, count)[np.arange(side) * count // side]
    grain = rng.normal(0, 6, side) + 4 * np.sin(np.arange(side) * rng.uniform(0.05, 0.4))
    rows = (board * tones[:, None] + grain[:, None])[:, None, :].repeat(side, 1)
    return rows if rng.random() < 0.5 else rows.transpose(1, 0, 2)


def cloudy(side: int, rng: np.random.Generator) -> Canvas:
    """Coloured noise at a random coarseness, like cloth, carpet or shrubs."""
    cells = int(rng.integers(3, 40))
    small = rng.uniform(0, 255, 3) + rng.normal(0, rng.uniform(8, 50), (cells, cells, 3))
    picture = Image.fromarray(small.clip(0, 255).astype(np.uint8))
    return np.asarray(picture.resize((side, side), Image.Resampling.BICUBIC), np.float64)


def bands(side: int, rng: np.random.Generator) -> Canvas:
    """Wide stripes of several colours, in any direction."""
    y, x = np.mgrid[0:side, 0:side] / side
    turn = rng.uniform(0, 2 * np.pi)
    place = (x * np.cos(turn) + y * np.sin(turn) + 2) * rng.uniform(2, 9)
    return rng.uniform(30, 255, (4, 3))[place.astype(int) % 4]


def clutter(side: int, rng: np.random.Generator) -> Canvas:
    """Triangles and boxes of any colour behind each other."""
    picture = Image.new("RGB", (side, side), tuple(int(v) for v in rng.integers(30, 255, 3)))
    pen = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(4, 16))):
        centre, reach = rng.uniform(0, side, 2), rng.uniform(0.05, 0.3) * side
        corners = centre + rng.normal(0, reach, (int(rng.integers(3, 5)), 2))
        colour = tuple(int(v) for v in rng.integers(0, 255, 3))
        pen.polygon([(float(a), float(b)) for a, b in corners], fill=colour)
    return np.asarray(picture, np.float64)


def tiles(side: int, rng: np.random.Generator) -> Canvas:
    """A chequered floor, for tests only."""
    y, x = np.mgrid[0:side, 0:side] * int(rng.integers(4, 9)) // side
    board = ((x + y) % 2)[..., None]
    return rng.uniform(120, 255, 3) * board + rng.uniform(60, 200, 3) * (1 - board)


def bokeh(side: int, rng: np.random.Generator) -> Canvas:
    """Soft discs of light on a dim ground, for tests only."""
    y, x = np.mgrid[0:side, 0:side] / side
    canvas = np.ones((side, side, 3)) * rng.uniform(30, 160, 3)
    for _ in range(10):
        centre, radius = rng.uniform(0, 1, 2), rng.uniform(0.05, 0.16)
        inside = (np.hypot(x - centre[0], y - centre[1]) < radius)[..., None]
        canvas += inside * rng.uniform(0, 90, 3)
    return canvas


TRAINING = (plain, plain, gradient, room, planks, cloudy, bands, clutter)
TESTING = (tiles, bokeh)
