"""Things to furnish a room with."""

from __future__ import annotations

import numpy as np

from drawing.layers import Colour, Drawing, Layer, flat, pillar, puffed, shade, shine
from drawing.outlines import arc, box, disc, oval, polygon, smooth, stroke

DARK: Colour = (38, 39, 44)
BRASS: Colour = (208, 172, 98)
WOOD: Colour = (172, 124, 80)


def lamp(rng: np.random.Generator) -> Drawing:
    """A table lamp: a shade, a stem and a foot."""
    top, wide = rng.uniform(0.13, 0.17), rng.uniform(0.25, 0.29)
    hood = polygon(
        (0.5 - top, 0.14), (0.5 + top, 0.14), (0.5 + wide, 0.47), (0.5, 0.492), (0.5 - wide, 0.47)
    )
    hood = smooth(*[tuple(p) for p in np.repeat(hood, 2, 0).tolist()], rounds=2)
    metal = (BRASS, DARK)[int(rng.integers(2))]
    base = smooth(
        (0.5, 0.6),
        (0.56, 0.64),
        (0.575, 0.7),
        (0.54, 0.79),
        (0.52, 0.82),
        (0.48, 0.82),
        (0.46, 0.79),
        (0.425, 0.7),
        (0.44, 0.64),
        rounds=3,
    )
    layers = [
        pillar(box(0.487, 0.44, 0.513, 0.84), metal, gloss=0.6),
        puffed(base, metal, rim=0.06, gloss=0.6),
        puffed(oval(0.5, 0.845, 0.15, 0.03), metal, rim=0.03, gloss=0.5),
        pillar(hood, gloss=0.05, bulge=0.55),
        shine(oval(0.5, 0.42, 0.16, 0.13), alpha=0.32, blur=0.06, within=hood),
        shade(
            stroke((0.5 - wide, 0.468), (0.5, 0.49), (0.5 + wide, 0.468), width=0.012),
            alpha=0.3,
            blur=0.002,
            within=hood,
        ),
        shade(box(0.3, 0.14, 0.7, 0.152), alpha=0.3, blur=0.002, within=hood),
    ]
    return Drawing(tuple(layers))


def chair(rng: np.random.Generator) -> Drawing:
    """A back with slats or a panel, a seat and four legs."""
    top, panel = rng.uniform(0.1, 0.15), rng.random() < 0.5
    layers: list[Layer] = [
        puffed(stroke((0.36, 0.58), (0.345, 0.85), width=0.03), tone=0.72, rim=0.014),
        puffed(stroke((0.67, 0.58), (0.69, 0.82), width=0.03), tone=0.72, rim=0.014),
    ]
    if panel:
        layers.append(puffed(box(0.335, top + 0.01, 0.635, 0.4, 0.03), rim=0.03, bulge=0.6))
    else:
        layers += [
            puffed(stroke((x, top + 0.03), (x, 0.55), width=0.026), rim=0.013, tone=0.92)
            for x in (0.4, 0.485, 0.57)
        ]
        layers.append(puffed(box(0.31, top, 0.66, top + 0.085, 0.03), rim=0.025))
    layers += [
        puffed(stroke((0.325, top + 0.02), (0.325, 0.58), width=0.036), rim=0.016),
        puffed(stroke((0.645, top + 0.02), (0.645, 0.56), width=0.036), rim=0.016),
        puffed(stroke((0.3, 0.6), (0.265, 0.9), width=0.036), rim=0.016),
        puffed(stroke((0.73, 0.6), (0.765, 0.88), width=0.036), rim=0.016, tone=0.9),
        puffed(
            smooth(
                (0.3, 0.53),
                (0.66, 0.52),
                (0.77, 0.58),
                (0.77, 0.615),
                (0.28, 0.635),
                (0.26, 0.6),
                rounds=2,
            ),
            rim=0.02,
            bulge=0.9,
            gloss=0.15,
        ),
        shade(
            stroke((0.31, 0.545), (0.5, 0.545), (0.66, 0.535), width=0.02), alpha=0.25, blur=0.01
        ),
    ]
    return Drawing(tuple(layers))


def table(rng: np.random.Generator) -> Drawing:
    """A top on four legs."""
    y, splay = rng.uniform(0.38, 0.42), rng.uniform(0.0, 0.05)
    top = smooth(
        (0.2, y),
        (0.2, y),
        (0.8, y),
        (0.8, y),
        (0.94, y + 0.09),
        (0.94, y + 0.12),
        (0.06, y + 0.12),
        (0.06, y + 0.09),
        rounds=2,
    )
    edge = smooth(
        (0.058, y + 0.085), (0.942, y + 0.085), (0.942, y + 0.135), (0.058, y + 0.135), rounds=2
    )
    layers = [
        *[
            puffed(stroke((x, y + 0.1), (x2, 0.78), width=0.032), tone=0.62, rim=0.014)
            for x, x2 in ((0.27, 0.26 - splay), (0.73, 0.74 + splay))
        ],
        *[
            puffed(stroke((x, y + 0.12), (x2, 0.87), width=0.042), tone=0.88, rim=0.018)
            for x, x2 in ((0.13, 0.12 - splay), (0.87, 0.88 + splay))
        ],
        puffed(top, rim=0.02, bulge=0.5, gloss=0.15),
        shine(oval(0.4, y + 0.05, 0.2, 0.02), alpha=0.25, blur=0.02, within=top),
        puffed(edge, rim=0.016, bulge=0.8, tone=0.85),
    ]
    return Drawing(tuple(layers))


def sofa(rng: np.random.Generator) -> Drawing:
    """Two or three seats between arms, on short legs."""
    top, seats = rng.uniform(0.32, 0.36), int(rng.integers(2, 4))
    layers: list[Layer] = [
        *[
            puffed(
                polygon((x, 0.72), (x + 0.035, 0.72), (x + 0.028, 0.79), (x + 0.007, 0.79)),
                WOOD,
                rim=0.012,
            )
            for x in (0.12, 0.845)
        ],
        puffed(
            smooth(
                (0.11, top),
                (0.2, top - 0.02),
                (0.8, top - 0.02),
                (0.89, top),
                (0.9, 0.65),
                (0.1, 0.65),
                rounds=3,
            ),
            rim=0.05,
            tone=0.86,
        ),
    ]
    width = 0.7 / seats
    for n in range(seats):
        left = 0.15 + n * width
        layers.append(
            puffed(
                box(left + 0.004, top + 0.02, left + width - 0.004, 0.58, 0.04),
                rim=0.05,
                bulge=0.7,
                wrinkle=0.002,
                tone=0.96,
            )
        )
    for n in range(seats):
        left = 0.15 + n * width
        layers.append(
            puffed(
                box(left + 0.003, 0.53, left + width - 0.003, 0.64, 0.03),
                rim=0.04,
                bulge=0.8,
                wrinkle=0.002,
            )
        )
    layers += [
        shade(box(0.14, 0.635, 0.86, 0.655), alpha=0.35, blur=0.008),
        puffed(box(0.1, 0.635, 0.9, 0.735, 0.02), rim=0.03, tone=0.84),
        puffed(box(0.045, 0.43, 0.16, 0.74, 0.045), rim=0.05, tone=0.95),
        puffed(box(0.84, 0.43, 0.955, 0.74, 0.045), rim=0.05, tone=0.95),
        puffed(
            box(0.2, 0.42, 0.33, 0.55, 0.035) @ np.array([[0.98, -0.2], [0.2, 0.98]])
            + [-0.09, 0.06],
            "second",
            rim=0.05,
            wrinkle=0.004,
        ),
    ]
    return Drawing(tuple(layers))


def clock(rng: np.random.Generator) -> Drawing:
    """A round wall clock with hands and numerals' ticks."""
    hour, minute = rng.uniform(0, 6.28, 2)
    layers = [
        puffed(disc(0.5, 0.5, 0.36), rim=0.035, bulge=1.0, gloss=0.4),
        flat(disc(0.5, 0.5, 0.3), (250, 249, 245)),
        shade(
            arc(0.495, 0.495, 0.298, 0.298, 150, 320, 0.02),
            alpha=0.35,
            blur=0.012,
            within=disc(0.5, 0.5, 0.3),
        ),
    ]
    for n in range(60):
        c, s = np.cos(n * np.pi / 30), np.sin(n * np.pi / 30)
        inner, width = (0.235, 0.014) if n % 5 == 0 else (0.262, 0.004)
        layers.append(
            flat(
                stroke(
                    (0.5 + inner * c, 0.5 + inner * s),
                    (0.5 + 0.275 * c, 0.5 + 0.275 * s),
                    width=width,
                ),
                (40, 42, 48),
            )
        )
    layers += [
        flat(
            stroke(
                (0.5 - 0.03 * np.cos(hour), 0.5 - 0.03 * np.sin(hour)),
                (0.5 + 0.15 * np.cos(hour), 0.5 + 0.15 * np.sin(hour)),
                width=0.022,
            ),
            (36, 38, 44),
        ),
        flat(
            stroke(
                (0.5 - 0.04 * np.cos(minute), 0.5 - 0.04 * np.sin(minute)),
                (0.5 + 0.225 * np.cos(minute), 0.5 + 0.225 * np.sin(minute)),
                width=0.015,
            ),
            (36, 38, 44),
        ),
        puffed(disc(0.5, 0.5, 0.02), "body", rim=0.012, gloss=0.4),
        shine(
            polygon((0.28, 0.3), (0.45, 0.2), (0.3, 0.7), (0.2, 0.6)),
            alpha=0.25,
            blur=0.02,
            within=disc(0.5, 0.5, 0.3),
        ),
    ]
    return Drawing(tuple(layers), stands=False)
