"""Things to move with outdoors."""

from __future__ import annotations

import numpy as np

from drawing.layers import Colour, Drawing, Layer, ball, flat, puffed, shade, shine
from drawing.outlines import arc, box, disc, oval, polygon, smooth, stroke

TYRE: Colour = (28, 29, 33)
RIM: Colour = (196, 200, 206)
TRIM: Colour = (36, 38, 43)


def bicycle(rng: np.random.Generator) -> Drawing:
    """Two thin wheels, a frame, a saddle and a bent or straight handlebar."""
    rear, front, y, radius = 0.235, 0.765, 0.61, rng.uniform(0.178, 0.192)
    seat, crank, head = (0.415, 0.375), (0.465, 0.615), (0.665, 0.36)
    layers: list[Layer] = []
    for x in (rear, front):
        for turn in np.arange(0, np.pi, np.pi / 12):
            dx, dy = radius * np.cos(turn), radius * np.sin(turn)
            layers.append(
                flat(stroke((x - dx, y - dy), (x + dx, y + dy), width=0.0028), (178, 182, 188))
            )
        layers += [
            puffed(arc(x, y, radius, radius, 0, 360, 0.022), TYRE, rim=0.01, gloss=0.15),
            flat(arc(x, y, radius - 0.014, radius - 0.014, 0, 360, 0.006), RIM),
            puffed(disc(x, y, 0.018), (120, 124, 130), rim=0.01, gloss=0.4),
        ]
    bars = [
        ((rear, y), seat),
        ((rear, y), crank),
        (seat, crank),
        (seat, head),
        (crank, head),
        (head, (front, y)),
        (head, (0.65, 0.315)),
        (seat, (0.402, 0.325)),
    ]
    for start, end in bars:
        width = 0.02 if (rear, y) in (start, end) else 0.029
        layers.append(puffed(stroke(start, end, width=width), rim=0.014, bulge=0.8, gloss=0.5))
    saddle = smooth(
        (0.33, 0.3),
        (0.42, 0.305),
        (0.48, 0.318),
        (0.46, 0.332),
        (0.38, 0.335),
        (0.33, 0.326),
        rounds=3,
    )
    layers += [
        puffed(saddle, (44, 36, 32), rim=0.012, gloss=0.3),
        puffed(
            stroke((0.61, 0.295), (0.66, 0.305), (0.72, 0.31), (0.735, 0.34), width=0.017),
            TRIM,
            rim=0.01,
            gloss=0.3,
        ),
        flat(stroke(crank, (rear, y), width=0.005), (60, 62, 66)),
        puffed(disc(*crank, 0.04), (150, 154, 160), rim=0.01, gloss=0.3),
        flat(disc(*crank, 0.025), (70, 72, 78)),
        puffed(stroke(crank, (0.515, 0.67), width=0.012), RIM, rim=0.006),
        puffed(box(0.49, 0.667, 0.55, 0.682, 0.005), TRIM, rim=0.006),
    ]
    return Drawing(tuple(layers))


def football(rng: np.random.Generator) -> Drawing:
    """A ball with seams or with panels of a second colour."""
    outline = disc(0.5, 0.5, 0.29)
    turn = rng.uniform(0, 1.2)
    layers: list[Layer] = [ball(outline, gloss=0.45)]
    for n in range(6):
        angle = turn + n * np.pi / 3 if n else 0.0
        reach = 0.21 if n else 0.0
        x, y = 0.5 + reach * np.cos(angle), 0.5 + reach * np.sin(angle)
        corners = [
            (
                x + 0.075 * np.cos(a) * (1 - 0.3 * (n > 0) * abs(np.cos(angle))),
                y + 0.075 * np.sin(a) * (1 - 0.3 * (n > 0) * abs(np.sin(angle))),
            )
            for a in turn + np.arange(5) * 2 * np.pi / 5
        ]
        layers.append(flat(polygon(*corners), "second", within=outline))
    layers += [
        shade(disc(0.58, 0.62, 0.26), alpha=0.28, blur=0.06, within=outline),
        shine(oval(0.41, 0.37, 0.07, 0.05), alpha=0.55, blur=0.025, within=outline),
    ]
    return Drawing(tuple(layers))
