"""Things for the home, the table and the desk."""

import numpy as np

from drawing.goods.sketched.parts import Sketch, arc, box, disc, oval, polygon, smooth, stroke


def mug(rng: np.random.Generator) -> Sketch:
    """A cup with a handle."""
    right, top = rng.uniform(0.58, 0.68), rng.uniform(0.22, 0.34)
    return [
        arc(right, 0.54, 0.18, 0.18, (-90, 90), 0.05),
        polygon((0.2, top), (right, top), (right - 0.02, 0.82), (0.22, 0.82)),
        oval((0.2 + right) / 2, top, (right - 0.2) / 2, 0.05, "shade"),
        oval((0.2 + right) / 2, top, (right - 0.2) / 2 - 0.025, 0.03, "dark"),
    ]


def plate(rng: np.random.Generator) -> Sketch:
    """A plate from above or at a slant."""
    slant = rng.uniform(0.45, 1.0)
    return [
        oval(0.5, 0.5, 0.42, 0.42 * slant),
        oval(0.5, 0.5, 0.29, 0.29 * slant, "shade"),
        oval(0.5, 0.505, 0.275, 0.275 * slant),
    ]


def bottle(rng: np.random.Generator) -> Sketch:
    """A neck with a cap, and a label."""
    half, shoulder = rng.uniform(0.12, 0.18), rng.uniform(0.34, 0.44)
    neck = rng.uniform(0.04, 0.06)
    body = smooth(
        (0.5 - neck, 0.12),
        (0.5 + neck, 0.12),
        (0.5 + neck, shoulder - 0.12),
        (0.5 + half, shoulder),
        (0.5 + half, 0.93),
        (0.5 - half, 0.93),
        (0.5 - half, shoulder),
        (0.5 - neck, shoulder - 0.12),
        rounds=1,
    )
    return [
        body,
        box(0.5 - neck - 0.01, 0.06, 0.5 + neck + 0.01, 0.13, "dark"),
        box(0.5 - half, 0.54, 0.5 + half, 0.74, "light"),
    ]


def book(rng: np.random.Generator) -> Sketch:
    """A closed book with title lines, from the front or at a slant."""
    lean, top = rng.uniform(-0.08, 0.08), rng.uniform(0.1, 0.2)
    parts = [
        polygon(
            (0.26 + lean, top + 0.02),
            (0.8 + lean, top + 0.02),
            (0.8, 0.9),
            (0.26, 0.9),
            role="light",
        ),
        polygon((0.22 + lean, top), (0.76 + lean, top), (0.76, 0.88), (0.22, 0.88)),
        polygon((0.22 + lean, top), (0.28 + lean, top), (0.28, 0.88), (0.22, 0.88), role="shade"),
    ]
    lines = rng.integers(1, 4)
    return parts + [
        box(0.36, 0.3 + 0.08 * k, rng.uniform(0.55, 0.68), 0.34 + 0.08 * k, "second")
        for k in range(int(lines))
    ]


def lamp(rng: np.random.Generator) -> Sketch:
    """A table lamp: shade, stem and foot."""
    top, wide = rng.uniform(0.12, 0.2), rng.uniform(0.26, 0.36)
    return [
        box(0.48, 0.45, 0.52, 0.86, "dark"),
        oval(0.5, 0.88, 0.17, 0.04, "dark"),
        polygon((0.5 - top, 0.1), (0.5 + top, 0.1), (0.5 + wide, 0.5), (0.5 - wide, 0.5)),
        oval(0.5, 0.5, wide, 0.03, "light"),
    ]


def chair(rng: np.random.Generator) -> Sketch:
    """A back, a seat and four legs."""
    top, leg = rng.uniform(0.08, 0.18), rng.uniform(0.02, 0.04)
    return [
        box(0.28, top, 0.34, 0.94),
        box(0.3, top, 0.68, top + rng.uniform(0.12, 0.36)),
        box(0.63, top, 0.68, 0.55),
        polygon((0.28, 0.54), (0.68, 0.54), (0.78, 0.62), (0.26, 0.62), role="shade"),
        stroke((0.76, 0.6), (0.78, 0.94), leg),
        stroke((0.28, 0.6), (0.27, 0.94), leg),
        stroke((0.64, 0.6), (0.65, 0.88), leg, "shade"),
    ]


def table(rng: np.random.Generator) -> Sketch:
    """A top on four legs, no back."""
    thick, y = rng.uniform(0.03, 0.07), rng.uniform(0.34, 0.46)
    return [
        polygon((0.18, y), (0.82, y), (0.94, y + 0.1), (0.06, y + 0.1)),
        box(0.06, y + 0.1, 0.94, y + 0.1 + thick, "shade"),
        box(0.09, y + 0.1, 0.13, 0.9),
        box(0.87, y + 0.1, 0.91, 0.9),
        box(0.24, y + 0.12, 0.27, 0.8, "shade"),
        box(0.73, y + 0.12, 0.76, 0.8, "shade"),
    ]


def sofa(rng: np.random.Generator) -> Sketch:
    """Two or three seats between arms."""
    top = rng.uniform(0.26, 0.36)
    parts = [
        smooth((0.12, top), (0.88, top), (0.9, 0.6), (0.1, 0.6), rounds=2),
        box(0.12, 0.55, 0.88, 0.72),
        smooth((0.03, 0.42), (0.16, 0.42), (0.16, 0.76), (0.03, 0.76), role="shade", rounds=1),
        smooth((0.84, 0.42), (0.97, 0.42), (0.97, 0.76), (0.84, 0.76), role="shade", rounds=1),
    ]
    seats = int(rng.integers(2, 4))
    parts += [
        stroke(
            (0.16 + 0.68 * k / seats, top + 0.04), (0.16 + 0.68 * k / seats, 0.7), 0.008, "shade"
        )
        for k in range(1, seats)
    ]
    return [
        *parts,
        stroke((0.16, 0.56), (0.84, 0.56), 0.01, "shade"),
        box(0.08, 0.76, 0.12, 0.82, "dark"),
        box(0.88, 0.76, 0.92, 0.82, "dark"),
    ]


def phone(rng: np.random.Generator) -> Sketch:
    """A smartphone, its coloured back or its screen."""
    half = rng.uniform(0.18, 0.23)
    corner = 0.05
    parts = [
        box(0.5 - half, 0.07 + corner, 0.5 + half, 0.93 - corner),
        box(0.5 - half + corner, 0.07, 0.5 + half - corner, 0.93),
    ]
    parts += [
        disc(0.5 + x * (half - corner), 0.5 + y * (0.43 - corner), corner)
        for x in (-1, 1)
        for y in (-1, 1)
    ]
    if rng.random() < 0.5:
        return [
            *parts,
            box(0.5 - half + 0.03, 0.14, 0.5 + half - 0.03, 0.84, "dark"),
            disc(0.5, 0.885, 0.025, "light"),
        ]
    return [
        *parts,
        smooth(
            (0.5 - half + 0.03, 0.1),
            (0.5, 0.1),
            (0.5, 0.24),
            (0.5 - half + 0.03, 0.24),
            role="shade",
        ),
        disc(0.5 - half + 0.08, 0.17, 0.03, "dark"),
        disc(0.47, 0.17, 0.025, "dark"),
    ]


def umbrella(rng: np.random.Generator) -> Sketch:
    """An open canopy over a bent handle."""
    y = rng.uniform(0.46, 0.54)
    parts = [
        box(0.49, 0.2, 0.51, 0.86, "dark"),
        arc(0.45, 0.86, 0.06, 0.06, (0, 180), 0.02, "dark"),
        arc(0.5, y, 0.44, rng.uniform(0.3, 0.38), (180, 360), 0.44),
    ]
    parts += [
        arc(0.5 + dx, y + 0.01, 0.148, 0.05, (180, 360), 0.05, "hole") for dx in (-0.295, 0, 0.295)
    ]
    return [
        *parts,
        stroke((0.5, 0.18), (0.35, y - 0.04), 0.006, "shade"),
        stroke((0.5, 0.18), (0.65, y - 0.04), 0.006, "shade"),
    ]


def clock(rng: np.random.Generator) -> Sketch:
    """A round wall clock with hands and ticks."""
    ring, turn = rng.uniform(0.04, 0.08), rng.uniform(0, 2 * np.pi)
    parts = [
        disc(0.5, 0.5, 0.4),
        disc(0.5, 0.5, 0.4 - ring, "light"),
        stroke((0.5, 0.5), (0.5 + 0.26 * np.cos(turn), 0.5 + 0.26 * np.sin(turn)), 0.02, "dark"),
        stroke(
            (0.5, 0.5), (0.5 + 0.17 * np.cos(turn * 5), 0.5 + 0.17 * np.sin(turn * 5)), 0.03, "dark"
        ),
    ]
    return parts + [
        disc(0.5 + 0.28 * np.cos(a), 0.5 + 0.28 * np.sin(a), 0.015, "dark")
        for a in np.arange(12) * np.pi / 6
    ]


def apple(rng: np.random.Generator) -> Sketch:
    """A round fruit with a dent, a stalk and perhaps a leaf."""
    wide = rng.uniform(0.3, 0.36)
    parts = [
        smooth(
            (0.5, 0.3),
            (0.5 + wide * 0.7, 0.2),
            (0.5 + wide * 1.15, 0.45),
            (0.5 + wide * 0.6, 0.9),
            (0.5, 0.84),
            (0.5 - wide * 0.6, 0.9),
            (0.5 - wide * 1.15, 0.45),
            (0.5 - wide * 0.7, 0.2),
        ),
        stroke((0.5, 0.32), (0.54, 0.14), 0.02, "dark"),
    ]
    return [*parts, oval(0.38, 0.42, 0.05, 0.08, "light")] if rng.random() < 0.5 else parts


def banana(rng: np.random.Generator) -> Sketch:
    """A bent fruit with dark ends."""
    thick = rng.uniform(0.13, 0.18)
    return [
        arc(0.5, 0.3, 0.38, 0.42, (15, 165), thick),
        disc(0.5 - 0.3, 0.38, 0.035, "dark"),
        disc(0.5 + 0.3, 0.38, 0.03, "dark"),
    ]


def headphones(rng: np.random.Generator) -> Sketch:
    """A bow with two ear cups."""
    cup = rng.uniform(0.09, 0.12)
    return [
        arc(0.5, 0.52, 0.34, 0.38, (180, 360), 0.05),
        oval(0.2, 0.6, cup, 0.16),
        oval(0.8, 0.6, cup, 0.16),
        oval(0.24, 0.6, cup * 0.6, 0.13, "dark"),
        oval(0.76, 0.6, cup * 0.6, 0.13, "dark"),
    ]
