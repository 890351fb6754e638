"""Trousers, shorts and skirts, spread out flat and seen from above."""

from __future__ import annotations

import numpy as np

from drawing.goods.shaded.cloth import cloth, shaded_pair
from drawing.layers import Colour, Drawing, flat, puffed, shade, shine
from drawing.outlines import both_sides, box, disc, mirrored, moved, polygon, smooth, stroke

METAL: Colour = (204, 206, 210)


def trousers(rng: np.random.Generator) -> Drawing:
    """Long legs, a waistband, pockets and a fly."""
    foot = rng.uniform(0.285, 0.31)
    left = smooth(
        (0.345, 0.1),
        (0.345, 0.1),
        (0.505, 0.1),
        (0.505, 0.1),
        (0.505, 0.33),
        (0.455, 0.92),
        (0.455, 0.92),
        (foot, 0.925),
        (foot, 0.925),
        (0.305, 0.5),
        (0.31, 0.32),
        rounds=2,
    )
    band = box(0.343, 0.092, 0.657, 0.138, 0.006)
    layers = [
        cloth(left, wrinkle=0.012),
        cloth(mirrored(left), wrinkle=0.012, tone=0.97),
        *shaded_pair(
            stroke((0.495, 0.36), (0.47, 0.6), (0.455, 0.9), width=0.035), 0.18, 0.014, left
        ),
        shade(stroke((0.5, 0.13), (0.5, 0.22), (0.497, 0.33), width=0.006), alpha=0.45, blur=0.002),
        shade(
            stroke((0.52, 0.14), (0.525, 0.22), (0.505, 0.28), width=0.003), alpha=0.3, blur=0.001
        ),
        *shaded_pair(stroke((0.41, 0.14), (0.385, 0.2), (0.325, 0.225), width=0.005), 0.4, 0.001),
        puffed(band, rim=0.014, bulge=0.5, tone=0.9),
        *[flat(box(x, 0.086, x + 0.014, 0.144, 0.003), "body", tone=0.72) for x in (0.39, 0.6)],
        puffed(disc(0.505, 0.115, 0.011), METAL, rim=0.008, gloss=0.5),
        *shaded_pair(
            stroke((foot + 0.002, 0.905), (0.38, 0.905), (0.455, 0.902), width=0.003), 0.3, 0.001
        ),
    ]
    return Drawing(tuple(layers), stands=False)


def shorts(rng: np.random.Generator) -> Drawing:
    """Trousers that end above the knee."""
    foot = rng.uniform(0.2, 0.225)
    left = smooth(
        (0.31, 0.23),
        (0.31, 0.23),
        (0.505, 0.23),
        (0.505, 0.23),
        (0.505, 0.46),
        (0.475, 0.735),
        (0.475, 0.735),
        (foot, 0.71),
        (foot, 0.71),
        (0.27, 0.42),
        rounds=2,
    )
    layers = [
        cloth(left, wrinkle=0.012),
        cloth(mirrored(left), wrinkle=0.012, tone=0.97),
        *shaded_pair(
            stroke((0.495, 0.48), (0.48, 0.6), (0.47, 0.72), width=0.035), 0.2, 0.014, left
        ),
        shade(stroke((0.5, 0.26), (0.5, 0.34), (0.498, 0.46), width=0.006), alpha=0.45, blur=0.002),
        *shaded_pair(stroke((0.39, 0.28), (0.36, 0.36), (0.285, 0.39), width=0.005), 0.4, 0.001),
        puffed(box(0.306, 0.222, 0.694, 0.276, 0.006), rim=0.016, bulge=0.5, tone=0.9),
        *[
            flat(
                stroke(
                    (0.49 + s * 0.004, 0.26),
                    (0.49 + s * 0.02, 0.32),
                    (0.49 + s * 0.035, 0.37),
                    width=0.008,
                ),
                (240, 240, 236),
            )
            for s in (-1, 1)
        ],
        *shaded_pair(
            stroke((foot + 0.005, 0.69), (0.35, 0.705), (0.475, 0.713), width=0.003), 0.3, 0.001
        ),
    ]
    return Drawing(tuple(layers), stands=False)


def skirt(rng: np.random.Generator) -> Drawing:
    """A waistband and pleats."""
    hem, length = rng.uniform(0.13, 0.18), rng.uniform(0.76, 0.82)
    whole = both_sides(
        polygon(
            (0.5, 0.2),
            (0.34, 0.2),
            (0.3, 0.32),
            (hem, length - 0.03),
            (0.3, length + 0.005),
            (0.5, length + 0.02),
        )
    )
    lines = [
        stroke(
            (0.34 + 0.32 * n / 7, 0.25),
            (0.28 + 0.44 * n / 7, 0.5),
            (hem + (1 - 2 * hem) * n / 7, length + 0.02),
            width=0.018,
        )
        for n in range(1, 7)
    ]
    layers = [
        cloth(whole, wrinkle=0.008),
        *[shade(line, alpha=0.34, blur=0.007, within=whole) for line in lines],
        *[shine(moved(line, 0.024, 0.0), alpha=0.14, blur=0.009, within=whole) for line in lines],
        puffed(box(0.337, 0.185, 0.663, 0.25, 0.006), rim=0.018, bulge=0.6, tone=0.85),
        puffed(disc(0.6, 0.217, 0.012), METAL, rim=0.008, gloss=0.4),
    ]
    return Drawing(tuple(layers), stands=False)
