"""Jumpers, t-shirts and dresses, spread out flat and seen from above."""

from __future__ import annotations

import numpy as np

from drawing.goods.shaded.cloth import cloth, shaded_pair
from drawing.layers import Drawing, flat, puffed, shade, shine
from drawing.outlines import both_sides, mirrored, moved, polygon, smooth, stroke


def t_shirt(rng: np.random.Generator) -> Drawing:
    """Short sleeves and a round neck."""
    hem, cuff = rng.uniform(0.255, 0.275), rng.uniform(0.4, 0.435)
    torso = both_sides(
        polygon(
            (0.5, 0.235),
            (0.44, 0.222),
            (0.405, 0.172),
            (0.3, 0.205),
            (0.262, 0.4),
            (hem, 0.84),
            (0.35, 0.852),
            (0.5, 0.856),
        )
    )
    sleeve = smooth(
        (0.33, 0.19),
        (0.25, 0.222),
        (0.09, cuff - 0.03),
        (0.09, cuff - 0.03),
        (0.195, cuff + 0.055),
        (0.195, cuff + 0.055),
        (0.285, 0.385),
        (0.33, 0.3),
        rounds=2,
    )
    collar = stroke(
        (0.405, 0.172), (0.43, 0.232), (0.5, 0.25), (0.57, 0.232), (0.595, 0.172), width=0.02
    )
    seam = stroke((0.302, 0.21), (0.27, 0.3), (0.272, 0.4), width=0.005)
    layers = [
        flat(
            smooth((0.4, 0.17), (0.5, 0.158), (0.6, 0.17), (0.56, 0.25), (0.44, 0.25), rounds=2),
            "body",
            tone=0.55,
        ),
        cloth(sleeve, tone=0.94),
        cloth(mirrored(sleeve), tone=0.94),
        cloth(torso),
        *shaded_pair(seam, 0.3, 0.003),
        *shaded_pair(
            stroke((0.29, 0.4), (0.33, 0.47), (0.35, 0.6), width=0.02), 0.16, 0.012, torso
        ),
        shade(
            stroke((0.265, 0.825), (0.5, 0.84), (0.735, 0.825), width=0.003), alpha=0.25, blur=0.001
        ),
        puffed(collar, rim=0.012, bulge=0.7, tone=0.92),
    ]
    return Drawing(tuple(layers), stands=False)


def jumper(rng: np.random.Generator) -> Drawing:
    """A knitted jumper with long sleeves, cuffs and a ribbed hem."""
    reach = rng.uniform(0.085, 0.12)
    torso = both_sides(
        polygon(
            (0.5, 0.21),
            (0.44, 0.2),
            (0.405, 0.155),
            (0.3, 0.19),
            (0.268, 0.4),
            (0.262, 0.78),
            (0.272, 0.83),
            (0.38, 0.845),
            (0.5, 0.848),
        )
    )
    sleeve = smooth(
        (0.34, 0.172),
        (0.26, 0.205),
        (0.2, 0.32),
        (reach, 0.72),
        (reach, 0.72),
        (reach + 0.1, 0.755),
        (reach + 0.1, 0.755),
        (0.265, 0.44),
        (0.33, 0.33),
        rounds=2,
    )
    cuff = polygon(
        (reach + 0.004, 0.695),
        (reach - 0.004, 0.745),
        (reach + 0.088, 0.775),
        (reach + 0.105, 0.73),
    )
    ribs = [stroke((x, 0.785), (x, 0.84), width=0.003) for x in np.linspace(0.285, 0.715, 30)]
    layers = [
        flat(
            smooth(
                (0.4, 0.155), (0.5, 0.145), (0.6, 0.155), (0.56, 0.225), (0.44, 0.225), rounds=2
            ),
            "body",
            tone=0.5,
        ),
        cloth(sleeve, tone=0.92, wrinkle=0.012),
        cloth(mirrored(sleeve), tone=0.92, wrinkle=0.012),
        puffed(cuff, rim=0.012, bulge=0.5, tone=0.8),
        puffed(mirrored(cuff), rim=0.012, bulge=0.5, tone=0.8),
        cloth(torso, wrinkle=0.012),
        *shaded_pair(stroke((0.302, 0.195), (0.272, 0.3), (0.275, 0.42), width=0.005), 0.3, 0.003),
        shade(
            stroke((0.265, 0.782), (0.5, 0.79), (0.735, 0.782), width=0.004), alpha=0.4, blur=0.002
        ),
        *[shade(rib, alpha=0.2, blur=0.001, within=torso) for rib in ribs],
        puffed(
            stroke(
                (0.405, 0.155),
                (0.43, 0.213),
                (0.5, 0.228),
                (0.57, 0.213),
                (0.595, 0.155),
                width=0.028,
            ),
            rim=0.014,
            bulge=0.7,
            tone=0.86,
        ),
    ]
    return Drawing(tuple(layers), stands=False)


def dress(rng: np.random.Generator) -> Drawing:
    """A bodice with straps over a wide skirt with folds."""
    hem, belt = rng.uniform(0.17, 0.23), rng.random() < 0.6
    whole = both_sides(
        smooth(
            (0.5, 0.225),
            (0.5, 0.225),
            (0.44, 0.185),
            (0.408, 0.09),
            (0.408, 0.09),
            (0.372, 0.09),
            (0.372, 0.09),
            (0.365, 0.2),
            (0.345, 0.27),
            (0.39, 0.42),
            (0.33, 0.56),
            (hem, 0.885),
            (hem, 0.885),
            (0.34, 0.925),
            (0.5, 0.93),
            (0.5, 0.93),
            rounds=2,
        )[6:-6]
    )
    folds = [
        stroke(
            (0.4 + 0.05 * n, 0.45),
            (0.5 + (n - 2) * 0.085, 0.65),
            (0.5 + (n - 2) * (0.5 - hem) * 0.48, 0.92),
            width=0.03,
        )
        for n in range(5)
    ]
    layers = [
        cloth(whole, wrinkle=0.011),
        *[shade(fold, alpha=0.2, blur=0.013, within=whole, fade=(0.2, 1.0)) for fold in folds],
        *[
            shine(moved(fold, 0.035, 0.0), alpha=0.12, blur=0.012, within=whole, fade=(0.1, 1.0))
            for fold in folds
        ],
        shade(
            stroke((0.41, 0.1), (0.44, 0.19), (0.5, 0.228), (0.56, 0.19), (0.59, 0.1), width=0.006),
            alpha=0.4,
            blur=0.002,
            within=whole,
        ),
    ]
    waist = smooth(
        (0.383, 0.402),
        (0.5, 0.412),
        (0.617, 0.402),
        (0.617, 0.438),
        (0.5, 0.448),
        (0.383, 0.438),
        rounds=2,
    )
    layers.append(
        puffed(
            waist, "second" if belt else "body", rim=0.014, bulge=0.6, tone=1.0 if belt else 0.85
        )
    )
    return Drawing(tuple(layers), stands=False)
