"""Things with wheels."""

import numpy as np

from drawing.goods.sketched.parts import Sketch, arc, box, disc, polygon, smooth, stroke
from drawing.layers import Role


def _wheels(places: tuple[float, float], y: float, radius: float) -> Sketch:
    parts: Sketch = []
    for x in places:
        parts += [disc(x, y, radius, "dark"), disc(x, y, radius * 0.55, "light")]
        parts.append(disc(x, y, radius * 0.15, "dark"))
    return parts


def car(rng: np.random.Generator) -> Sketch:
    """A saloon, an estate or a small hatchback from the side."""
    roof = rng.uniform(0.28, 0.36)
    back = rng.uniform(0.12, 0.26)
    front = rng.uniform(0.62, 0.72)
    waist = rng.uniform(0.45, 0.5)
    body = smooth(
        (0.04, waist),
        (back, waist),
        (back + 0.1, roof),
        (front - 0.1, roof),
        (front + 0.03, waist),
        (0.93, waist + 0.04),
        (0.97, 0.64),
        (0.04, 0.64),
        rounds=2,
    )
    glass = polygon(
        (back + 0.06, waist),
        (back + 0.12, roof + 0.04),
        (front - 0.11, roof + 0.04),
        (front - 0.02, waist),
        role="glass",
    )
    middle = (back + front) / 2
    parts = [
        body,
        glass,
        stroke((middle, roof), (middle, waist), 0.02),
        stroke((middle, waist), (middle, 0.62), 0.006, "shade"),
        box(0.9, 0.53, 0.96, 0.57, "light"),
        box(0.04, 0.52, 0.08, 0.57, "second"),
    ]
    return parts + _wheels((0.22, 0.77), 0.65, rng.uniform(0.08, 0.1))


def sports_car(rng: np.random.Generator) -> Sketch:
    """Low, long and wedge-shaped, with big wheels and perhaps a spoiler."""
    roof = rng.uniform(0.4, 0.44)
    nose = rng.uniform(0.55, 0.59)
    body = smooth(
        (0.03, 0.5),
        (0.18, 0.49),
        (0.34, roof),
        (0.5, roof),
        (0.68, 0.51),
        (0.9, nose),
        (0.98, 0.65),
        (0.03, 0.65),
        rounds=2,
    )
    glass = polygon((0.3, 0.49), (0.37, roof + 0.03), (0.5, roof + 0.03), (0.62, 0.5), role="glass")
    parts = [
        body,
        glass,
        stroke((0.3, 0.56), (0.7, 0.58), 0.012, "shade"),
        polygon((0.84, 0.56), (0.92, 0.58), (0.9, 0.6), role="light"),
    ]
    if rng.random() < 0.6:
        parts += [stroke((0.06, 0.5), (0.05, 0.43), 0.02), stroke((0.0, 0.43), (0.15, 0.42), 0.025)]
    return parts + _wheels((0.21, 0.78), 0.64, rng.uniform(0.085, 0.105))


def van(rng: np.random.Generator) -> Sketch:
    """A delivery van or a lorry with a box."""
    split = rng.uniform(0.6, 0.72)
    roof = rng.uniform(0.24, 0.32)
    cabin = rng.uniform(roof, 0.42)
    parts = [
        box(0.04, roof, split, 0.7),
        smooth((split, cabin), (0.86, cabin), (0.96, 0.54), (0.97, 0.7), (split, 0.7), rounds=1),
        polygon(
            (split + 0.04, cabin + 0.04),
            (0.84, cabin + 0.04),
            (0.9, 0.53),
            (split + 0.04, 0.53),
            role="glass",
        ),
        box(split - 0.01, roof, split + 0.01, 0.7, "shade"),
    ]
    return parts + _wheels((0.22, 0.8), 0.71, 0.08)


def bicycle(rng: np.random.Generator) -> Sketch:
    """Two thin wheels and a frame."""
    size = rng.uniform(0.17, 0.21)
    bar = rng.uniform(0.024, 0.036)
    rear, front, y = 0.24, 0.76, 0.64
    parts: Sketch = []
    for x in (rear, front):
        parts.append(arc(x, y, size, size, (0, 360), 0.022, "dark"))
        for turn in np.arange(0, np.pi, np.pi / 4):
            dx, dy = size * np.cos(turn), size * np.sin(turn)
            parts.append(stroke((x - dx, y - dy), (x + dx, y + dy), 0.005, "light"))
    joints = {"seat": (0.4, 0.4), "crank": (0.47, 0.66), "head": (0.68, 0.38)}
    lines = [
        ((rear, y), joints["seat"]),
        ((rear, y), joints["crank"]),
        (joints["seat"], joints["crank"]),
        (joints["seat"], joints["head"]),
        (joints["crank"], joints["head"]),
        (joints["head"], (front, y)),
    ]
    parts += [stroke(a, b, bar) for a, b in lines]
    parts += [
        stroke((0.38, 0.33), joints["seat"], 0.015, "dark"),
        box(0.31, 0.31, 0.45, 0.34, "dark"),
    ]
    parts += [
        stroke((0.66, 0.31), joints["head"], 0.015, "dark"),
        stroke((0.62, 0.3), (0.74, 0.31), 0.02, "dark"),
    ]
    return [*parts, disc(*joints["crank"], 0.035, "light")]


def scooter(rng: np.random.Generator) -> Sketch:
    """A kick scooter."""
    height = rng.uniform(0.2, 0.28)
    return [
        stroke((0.2, 0.74), (0.72, 0.74), 0.045),
        stroke((0.72, 0.76), (0.64, height), 0.03),
        stroke((0.55, height), (0.75, height - 0.02), 0.03, "dark"),
        *_wheels((0.2, 0.76), 0.79, 0.06),
    ]


def ball(rng: np.random.Generator) -> Sketch:
    """A ball with seams."""
    radius = rng.uniform(0.28, 0.38)
    seam: Role = "shade" if rng.random() < 0.5 else "second"
    parts = [disc(0.5, 0.5, radius)]
    parts.append(arc(0.5, 0.5, radius * 0.5, radius, (0, 360), 0.015, seam))
    return [*parts, stroke((0.5 - radius, 0.5), (0.5 + radius, 0.5), 0.015, seam)]
