"""Things to carry other things in."""

from __future__ import annotations

import numpy as np

from drawing.layers import Colour, Drawing, puffed, shade
from drawing.outlines import arc, box, disc, mirrored, moved, smooth, stroke

RUBBER: Colour = (44, 44, 48)
LEATHER: Colour = (92, 60, 40)
METAL: Colour = (204, 206, 210)


def handbag(rng: np.random.Generator) -> Drawing:
    """A handle, a flap and a clasp."""
    inset = rng.uniform(0.02, 0.05)
    body = smooth(
        (0.15 + inset, 0.42),
        (0.15 + inset, 0.42),
        (0.85 - inset, 0.42),
        (0.85 - inset, 0.42),
        (0.885, 0.7),
        (0.88, 0.8),
        (0.84, 0.825),
        (0.16, 0.825),
        (0.12, 0.8),
        (0.115, 0.7),
        rounds=3,
    )
    flap = smooth(
        (0.145 + inset, 0.405),
        (0.145 + inset, 0.405),
        (0.855 - inset, 0.405),
        (0.855 - inset, 0.405),
        (0.85, 0.5),
        (0.74, 0.62),
        (0.5, 0.655),
        (0.26, 0.62),
        (0.15, 0.5),
        rounds=3,
    )
    layers = [
        puffed(
            arc(0.5, 0.42, 0.2, rng.uniform(0.21, 0.26), 180, 360, 0.036),
            rim=0.018,
            bulge=0.9,
            gloss=0.3,
            tone=0.8,
        ),
        puffed(body, rim=0.06, bulge=0.7, gloss=0.2, tone=0.92),
        shade(moved(flap, 0.0, 0.016), alpha=0.4, blur=0.012, within=body),
        puffed(flap, rim=0.04, bulge=0.6, gloss=0.25),
        shade(
            stroke(
                (0.19, 0.5), (0.29, 0.605), (0.5, 0.635), (0.71, 0.605), (0.81, 0.5), width=0.003
            ),
            alpha=0.35,
            blur=0.001,
        ),
        *[puffed(disc(x, 0.425, 0.021), METAL, rim=0.012, gloss=0.5) for x in (0.3, 0.7)],
        puffed(box(0.46, 0.61, 0.54, 0.685, 0.012), (222, 186, 106), rim=0.015, gloss=0.6),
        shade(box(0.485, 0.642, 0.515, 0.652, 0.004), alpha=0.6, blur=0.001),
    ]
    return Drawing(tuple(layers))


def backpack(rng: np.random.Generator) -> Drawing:
    """A rucksack from the front, with a pocket and zips."""
    pocket = rng.uniform(0.54, 0.58)
    body = smooth(
        (0.3, 0.16),
        (0.38, 0.11),
        (0.62, 0.11),
        (0.7, 0.16),
        (0.765, 0.34),
        (0.785, 0.75),
        (0.76, 0.87),
        (0.68, 0.89),
        (0.32, 0.89),
        (0.24, 0.87),
        (0.215, 0.75),
        (0.235, 0.34),
        rounds=3,
    )
    front = smooth(
        (0.29, pocket),
        (0.29, pocket),
        (0.71, pocket),
        (0.71, pocket),
        (0.735, 0.8),
        (0.7, 0.865),
        (0.3, 0.865),
        (0.265, 0.8),
        rounds=3,
    )
    layers = [
        puffed(arc(0.5, 0.13, 0.075, 0.085, 180, 360, 0.028), RUBBER, rim=0.014, gloss=0.2),
        *[
            puffed(
                smooth((0.2, 0.45), (0.23, 0.4), (0.25, 0.7), (0.2, 0.78), (0.165, 0.7), rounds=3)
                if s
                else mirrored(
                    smooth(
                        (0.2, 0.45), (0.23, 0.4), (0.25, 0.7), (0.2, 0.78), (0.165, 0.7), rounds=3
                    )
                ),
                "body",
                tone=0.75,
                rim=0.03,
            )
            for s in (0, 1)
        ],
        puffed(body, rim=0.1, bulge=0.8, wrinkle=0.006),
        shade(
            stroke((0.27, 0.4), (0.35, 0.26), (0.5, 0.22), (0.65, 0.26), (0.73, 0.4), width=0.012),
            alpha=0.6,
            blur=0.0015,
        ),
        shade(moved(front, 0.0, -0.01), alpha=0.35, blur=0.014, within=body),
        puffed(front, rim=0.05, bulge=0.75, tone=0.94, wrinkle=0.005),
        shade(
            stroke((0.3, pocket + 0.045), (0.5, pocket + 0.05), (0.7, pocket + 0.045), width=0.011),
            alpha=0.65,
            blur=0.001,
        ),
        puffed(
            stroke((0.66, pocket + 0.05), (0.665, pocket + 0.09), width=0.014),
            METAL,
            rim=0.008,
            gloss=0.4,
        ),
        puffed(box(0.42, 0.36, 0.58, 0.43, 0.01), LEATHER, rim=0.014, gloss=0.15),
    ]
    return Drawing(tuple(layers))
