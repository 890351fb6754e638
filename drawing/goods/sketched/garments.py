"""Things to wear."""

import numpy as np

from drawing.goods.sketched.parts import (
    Sketch,
    arc,
    box,
    disc,
    mirrored,
    oval,
    polygon,
    smooth,
    stroke,
)


def t_shirt(rng: np.random.Generator) -> Sketch:
    """Short sleeves, round or V neck, now and then a print."""
    hip, sleeve = rng.uniform(0.26, 0.32), rng.uniform(0.38, 0.46)
    neck = rng.uniform(0.2, 0.28)
    left = polygon(
        (0.4, 0.16),
        (0.28, 0.2),
        (0.1, sleeve),
        (0.22, sleeve + 0.06),
        (0.29, 0.38),
        (hip, 0.84),
        (0.5, 0.85),
        (0.5, neck),
    )
    parts = [left, mirrored(left), stroke((0.29, 0.3), (0.29, 0.4), 0.006, "shade")]
    if rng.random() < 0.4:
        parts.append(disc(0.5, 0.45, rng.uniform(0.06, 0.1), "second"))
    return parts


def longsleeve(rng: np.random.Generator) -> Sketch:
    """A jumper: sleeves down to the hem, with cuffs."""
    cuff, hip = rng.uniform(0.66, 0.8), rng.uniform(0.27, 0.32)
    reach = rng.uniform(0.04, 0.16)
    left = polygon(
        (0.41, 0.15),
        (0.28, 0.2),
        (reach, cuff),
        (reach + 0.1, cuff + 0.03),
        (0.3, 0.4),
        (hip, 0.85),
        (0.5, 0.85),
        (0.5, rng.uniform(0.18, 0.22)),
    )
    hand = polygon(
        (reach, cuff - 0.03),
        (reach + 0.11, cuff),
        (reach + 0.1, cuff + 0.03),
        (reach, cuff),
        role="shade",
    )
    return [left, mirrored(left), hand, mirrored(hand), box(hip, 0.82, 1 - hip, 0.85, "shade")]


def trousers(rng: np.random.Generator) -> Sketch:
    """Long legs that taper or flare."""
    waist, foot = rng.uniform(0.33, 0.37), rng.uniform(0.24, 0.34)
    leg = rng.uniform(0.1, 0.16)
    left = polygon(
        (waist, 0.1), (0.5, 0.1), (0.5, 0.34), (foot + leg, 0.92), (foot, 0.92), (0.3, 0.35)
    )
    return [
        left,
        mirrored(left),
        box(waist, 0.1, 1 - waist, 0.135, "shade"),
        stroke((0.5, 0.12), (0.5, 0.3), 0.008, "shade"),
    ]


def shorts(rng: np.random.Generator) -> Sketch:
    """Legs that end above the knee."""
    hem, foot = rng.uniform(0.6, 0.74), rng.uniform(0.16, 0.24)
    left = polygon(
        (0.3, 0.25), (0.5, 0.25), (0.5, 0.48), (0.47, hem), (foot, hem - 0.02), (0.27, 0.4)
    )
    return [left, mirrored(left), box(0.3, 0.25, 0.7, 0.29, "shade")]


def dress(rng: np.random.Generator) -> Sketch:
    """A bodice with straps or sleeves over a wide skirt."""
    hem, waist = rng.uniform(0.14, 0.28), rng.uniform(0.36, 0.4)
    left = polygon(
        (0.42, 0.1),
        (0.37, 0.1),
        (0.34, 0.24),
        (waist, 0.44),
        (hem, 0.92),
        (0.5, 0.94),
        (0.5, rng.uniform(0.2, 0.26)),
    )
    parts = [left, mirrored(left)]
    if rng.random() < 0.4:
        sleeve = polygon((0.38, 0.1), (0.22, 0.28), (0.3, 0.32), (0.36, 0.22))
        parts += [sleeve, mirrored(sleeve)]
    return [*parts, box(waist, 0.42, 1 - waist, 0.45, "second" if rng.random() < 0.5 else "shade")]


def skirt(rng: np.random.Generator) -> Sketch:
    """A waistband and a skirt with folds."""
    hem, length = rng.uniform(0.1, 0.3), rng.uniform(0.68, 0.9)
    parts = [
        polygon((0.34, 0.2), (0.66, 0.2), (1 - hem, length), (hem, length)),
        box(0.34, 0.18, 0.66, 0.24, "shade"),
    ]
    return parts + [
        stroke((0.34 + 0.08 * k, 0.26), (hem + (1 - 2 * hem) * k / 4, length), 0.006, "shade")
        for k in (1, 2, 3)
    ]


def shoe(rng: np.random.Generator) -> Sketch:
    """A trainer from the side: sole, upper, laces."""
    toe, sole = rng.uniform(0.88, 0.95), rng.uniform(0.03, 0.07)
    upper = smooth(
        (0.1, 0.4),
        (0.3, 0.36),
        (0.42, 0.42),
        (0.58, 0.52),
        (toe, 0.58),
        (toe, 0.68),
        (0.1, 0.68),
        rounds=2,
    )
    parts = [
        upper,
        box(0.1, 0.66, toe - 0.02, 0.66 + sole, "light"),
        oval(0.22, 0.41, 0.1, 0.03, "dark"),
    ]
    parts += [
        stroke(
            (0.4 + 0.05 * k, 0.42 + 0.04 * k), (0.36 + 0.05 * k, 0.48 + 0.04 * k), 0.012, "light"
        )
        for k in range(4)
    ]
    return [*parts, stroke((0.3, 0.64), (0.5, 0.52), 0.02, "second")]


def boot(rng: np.random.Generator) -> Sketch:
    """A shaft, a foot and a heel."""
    top = rng.uniform(0.1, 0.3)
    return [
        smooth(
            (0.28, top), (0.52, top), (0.53, 0.6), (0.8, 0.7), (0.82, 0.8), (0.28, 0.8), rounds=2
        ),
        box(0.28, 0.79, 0.82, 0.83, "dark"),
        box(0.28, 0.8, 0.4, 0.88, "dark"),
        stroke((0.28, top + 0.03), (0.52, top + 0.03), 0.02, "shade"),
    ]


def hat(rng: np.random.Generator) -> Sketch:
    """A brimmed hat, or a cap with a peak."""
    if rng.random() < 0.5:
        crown = rng.uniform(0.28, 0.38)
        return [
            oval(0.5, 0.64, 0.42, 0.09),
            smooth(
                (0.28, 0.64),
                (0.32, crown),
                (0.5, crown - 0.05),
                (0.68, crown),
                (0.72, 0.64),
                rounds=2,
            ),
            polygon((0.28, 0.57), (0.72, 0.57), (0.725, 0.63), (0.275, 0.63), role="second"),
        ]
    return [
        arc(0.44, 0.58, 0.3, 0.3, (180, 360), 0.3),
        smooth((0.6, 0.52), (0.92, 0.56), (0.94, 0.62), (0.6, 0.6), role="shade"),
        disc(0.44, 0.28, 0.02, "shade"),
    ]


def watch(rng: np.random.Generator) -> Sketch:
    """A face with hands on a strap."""
    radius, strap = rng.uniform(0.17, 0.22), rng.uniform(0.1, 0.14)
    turn = rng.uniform(0, 2 * np.pi)
    return [
        box(0.5 - strap, 0.06, 0.5 + strap, 0.94),
        disc(0.5, 0.5, radius + 0.03, "dark"),
        disc(0.5, 0.5, radius, "light"),
        stroke((0.5, 0.5), (0.5 + 0.14 * np.cos(turn), 0.5 + 0.14 * np.sin(turn)), 0.015, "dark"),
        stroke((0.5, 0.5), (0.5, 0.4), 0.02, "dark"),
    ]


def bag(rng: np.random.Generator) -> Sketch:
    """A handbag with a handle and a flap."""
    top, inset = rng.uniform(0.4, 0.48), rng.uniform(0.0, 0.08)
    return [
        arc(0.5, top, 0.2, rng.uniform(0.18, 0.28), (180, 360), 0.035),
        polygon((0.16 + inset, top), (0.84 - inset, top), (0.9, 0.84), (0.1, 0.84)),
        polygon((0.16 + inset, top), (0.84 - inset, top), (0.7, 0.6), (0.3, 0.6), role="shade"),
        box(0.47, 0.57, 0.53, 0.63, "light"),
    ]


def backpack(rng: np.random.Generator) -> Sketch:
    """A rucksack from the front, with a pocket."""
    pocket = rng.uniform(0.55, 0.62)
    return [
        arc(0.5, 0.18, 0.08, 0.1, (180, 360), 0.025, "dark"),
        smooth((0.24, 0.14), (0.76, 0.14), (0.8, 0.88), (0.2, 0.88), rounds=2),
        smooth((0.28, pocket), (0.72, pocket), (0.74, 0.84), (0.26, 0.84), role="shade", rounds=2),
        stroke((0.3, 0.36), (0.7, 0.36), 0.015, "dark"),
        stroke((0.32, pocket + 0.04), (0.68, pocket + 0.04), 0.012, "light"),
    ]


def sunglasses(rng: np.random.Generator) -> Sketch:
    """Two dark lenses in a coloured frame."""
    width, height = rng.uniform(0.16, 0.2), rng.uniform(0.11, 0.17)
    lens = oval(0.28, 0.52, width, height)
    glass = oval(0.28, 0.52, width - 0.035, height - 0.035, "dark")
    return [
        lens,
        mirrored(lens),
        glass,
        mirrored(glass),
        stroke((0.4, 0.47), (0.6, 0.47), 0.03),
        stroke((0.12, 0.48), (0.04, 0.42), 0.03),
        stroke((0.88, 0.48), (0.96, 0.42), 0.03),
    ]
