"""Small things to wear."""

from __future__ import annotations

import numpy as np

from drawing.layers import Colour, Drawing, Layer, flat, puffed, shade, shine
from drawing.outlines import arc, box, disc, mirrored, oval, polygon, smooth, stroke

METAL: Colour = (204, 206, 210)


def sunglasses(rng: np.random.Generator) -> Drawing:
    """Two dark lenses in a coloured frame."""
    tall = rng.uniform(0.115, 0.14)
    frame = smooth(
        (0.07, 0.44),
        (0.1, 0.4),
        (0.28, 0.385),
        (0.43, 0.41),
        (0.455, 0.45),
        (0.43, 0.5 + tall * 0.6),
        (0.3, 0.5 + tall),
        (0.16, 0.5 + tall * 0.85),
        (0.09, 0.52),
        rounds=3,
    )
    lens = (frame - [0.265, 0.485]) * [0.83, 0.8] + [0.265, 0.485]
    temple = stroke((0.09, 0.43), (0.05, 0.36), (0.1, 0.31), (0.17, 0.3), width=0.024)
    layers: list[Layer] = []
    for turned in (lambda o: o, mirrored):
        layers.append(puffed(turned(temple), rim=0.01, gloss=0.3, tone=0.85))
    layers.append(
        puffed(stroke((0.43, 0.45), (0.5, 0.425), (0.57, 0.45), width=0.03), rim=0.014, gloss=0.4)
    )
    for turned in (lambda o: o, mirrored):
        layers += [
            puffed(turned(frame), rim=0.02, bulge=0.9, gloss=0.5),
            puffed(turned(lens), (40, 42, 50), rim=0.03, bulge=0.5, gloss=0.2),
        ]
    for x in (0.0, 0.47):
        one = lens if x == 0 else mirrored(lens)
        layers.append(
            shine(
                polygon((0.15 + x, 0.38), (0.23 + x, 0.38), (0.16 + x, 0.64), (0.08 + x, 0.64)),
                alpha=0.2,
                blur=0.008,
                within=one,
            )
        )
    return Drawing(tuple(layers), stands=False)


def watch(rng: np.random.Generator) -> Drawing:
    """A round face with hands on a strap."""
    strap = smooth(
        (0.41, 0.05),
        (0.41, 0.05),
        (0.59, 0.05),
        (0.59, 0.05),
        (0.615, 0.36),
        (0.615, 0.64),
        (0.59, 0.95),
        (0.59, 0.95),
        (0.41, 0.95),
        (0.41, 0.95),
        (0.385, 0.64),
        (0.385, 0.36),
        rounds=2,
    )
    hour, minute = rng.uniform(0, 6.28, 2)
    layers = [
        puffed(strap, rim=0.03, bulge=0.7, gloss=0.1, wrinkle=0.002),
        *[
            shade(
                stroke((0.425, y0), (0.42, (y0 + y1) / 2), (0.415, y1), width=0.003),
                alpha=0.3,
                blur=0.001,
            )
            for y0, y1 in ((0.07, 0.3), (0.93, 0.7))
        ],
        *[shade(oval(0.5, y, 0.008, 0.012), alpha=0.7, blur=0.001) for y in (0.8, 0.84, 0.88)],
        puffed(box(0.68, 0.478, 0.725, 0.522, 0.01), METAL, rim=0.015, gloss=0.5),
        puffed(disc(0.5, 0.5, 0.205), METAL, rim=0.035, bulge=1.0, gloss=0.6),
        flat(disc(0.5, 0.5, 0.168), (248, 247, 243)),
        shade(arc(0.5, 0.5, 0.164, 0.164, 0, 360, 0.012), alpha=0.35, blur=0.006),
    ]
    for n in range(12):
        c, s = np.cos(n * np.pi / 6), np.sin(n * np.pi / 6)
        layers.append(
            flat(
                stroke(
                    (0.5 + 0.13 * c, 0.5 + 0.13 * s),
                    (0.5 + 0.152 * c, 0.5 + 0.152 * s),
                    width=0.007 if n % 3 else 0.012,
                ),
                (40, 42, 48),
            )
        )
    layers += [
        flat(
            stroke(
                (0.5, 0.5), (0.5 + 0.085 * np.cos(hour), 0.5 + 0.085 * np.sin(hour)), width=0.014
            ),
            (36, 38, 44),
        ),
        flat(
            stroke(
                (0.5, 0.5), (0.5 + 0.13 * np.cos(minute), 0.5 + 0.13 * np.sin(minute)), width=0.009
            ),
            (36, 38, 44),
        ),
        flat(disc(0.5, 0.5, 0.012), (190, 40, 40)),
        shine(
            polygon((0.38, 0.36), (0.47, 0.33), (0.4, 0.63), (0.34, 0.56)),
            alpha=0.3,
            blur=0.01,
            within=disc(0.5, 0.5, 0.168),
        ),
    ]
    return Drawing(tuple(layers), stands=False)
