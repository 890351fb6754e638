"""Things for the table, and what is eaten there."""

from __future__ import annotations

import numpy as np

from drawing.layers import Colour, Drawing, ball, flat, pillar, puffed, shade, shine
from drawing.outlines import arc, box, disc, moved, oval, smooth, stroke

DARK: Colour = (38, 39, 44)
PAPER: Colour = (244, 239, 226)
STALK: Colour = (92, 62, 36)


def mug(rng: np.random.Generator) -> Drawing:
    """A cup with a handle; one sees a little of its inside."""
    top, right, waist = rng.uniform(0.26, 0.32), rng.uniform(0.62, 0.66), rng.uniform(0.0, 0.03)
    left, middle = 0.22, (0.22 + right) / 2
    half = (right - left) / 2
    turn = np.radians(np.linspace(180, 0, 40))
    bottom = np.stack([middle + (half - waist) * np.cos(turn), 0.775 + 0.045 * np.sin(turn)], 1)
    body = np.concatenate([[[right, top]], bottom[::-1], [[left, top]]])
    handle = arc(right - 0.035, 0.52, 0.18, 0.15, -84, 84, 0.052)
    rim = oval(middle, top, half, 0.052)
    inside = oval(middle, top + 0.003, half - 0.018, 0.04)
    layers = [
        puffed(handle, rim=0.026, bulge=1.0, gloss=0.5),
        shade(disc(right + 0.01, 0.53, 0.05), alpha=0.3, blur=0.02, within=handle),
        pillar(body, gloss=0.55, bulge=0.85),
        shade(box(0, 0.7, 1, 0.84), alpha=0.22, blur=0.03, within=body),
        shine(
            box(left + 0.055, top + 0.1, left + 0.08, 0.7, 0.012),
            alpha=0.45,
            blur=0.008,
            within=body,
        ),
        puffed(rim, rim=0.012, bulge=0.5, gloss=0.3),
        flat(inside, (248, 245, 240)),
        shade(moved(inside, 0.0, -0.016), alpha=0.32, blur=0.012, within=inside),
    ]
    if rng.random() < 0.45:
        coffee = oval(middle, top + 0.016, half - 0.04, 0.027)
        layers += [
            flat(coffee, (74, 44, 26), within=inside),
            shine(oval(middle - 0.05, top + 0.01, 0.05, 0.006), alpha=0.3, blur=0.004),
        ]
    return Drawing(tuple(layers))


def plate(rng: np.random.Generator) -> Drawing:
    """A plate from above."""
    layers = [
        puffed(disc(0.5, 0.5, 0.37), rim=0.03, bulge=0.8, gloss=0.35),
        shade(arc(0.5, 0.5, 0.262, 0.262, 0, 360, 0.014), alpha=0.35, blur=0.008),
        shine(arc(0.503, 0.506, 0.262, 0.262, 10, 100, 0.01), alpha=0.5, blur=0.006),
        shine(arc(0.5, 0.5, 0.34, 0.34, 190, 260, 0.022), alpha=0.4, blur=0.012),
        shade(disc(0.46, 0.44, 0.2), alpha=0.1, blur=0.06, within=disc(0.5, 0.5, 0.25)),
    ]
    if rng.random() < 0.6:
        layers.insert(1, flat(arc(0.5, 0.5, 0.338, 0.338, 0, 360, 0.014), "second"))
    return Drawing(tuple(layers), stands=False)


def bottle(rng: np.random.Generator) -> Drawing:
    """A neck with a cap, and a label."""
    half, shoulder = rng.uniform(0.115, 0.15), rng.uniform(0.33, 0.38)
    neck = 0.046
    body = smooth(
        (0.5 - neck, 0.12),
        (0.5 - neck, 0.12),
        (0.5 + neck, 0.12),
        (0.5 + neck, 0.12),
        (0.5 + neck, shoulder - 0.1),
        (0.5 + half, shoulder),
        (0.5 + half, shoulder + 0.08),
        (0.5 + half, 0.88),
        (0.5 + half - 0.01, 0.905),
        (0.5 - half + 0.01, 0.905),
        (0.5 - half, 0.88),
        (0.5 - half, shoulder + 0.08),
        (0.5 - half, shoulder),
        (0.5 - neck, shoulder - 0.1),
        rounds=3,
    )
    label = box(0.5 - half, 0.5, 0.5 + half, 0.74)
    layers = [
        pillar(body, gloss=0.6, bulge=0.95),
        shine(
            box(0.5 - half + 0.025, shoulder + 0.04, 0.5 - half + 0.042, 0.87, 0.008),
            alpha=0.5,
            blur=0.006,
            within=body,
        ),
        shade(box(0.5 + half - 0.05, shoulder, 0.5 + half, 0.9), alpha=0.2, blur=0.02, within=body),
        pillar(label, PAPER, gloss=0.0, bulge=0.8, within=body),
        pillar(box(0.5 - half, 0.52, 0.5 + half, 0.535), "body", gloss=0.0, within=body),
        pillar(box(0.5 - half, 0.705, 0.5 + half, 0.72), "body", gloss=0.0, within=body),
        flat(box(0.5 - half * 0.55, 0.585, 0.5 + half * 0.55, 0.605, 0.004), DARK, alpha=0.85),
        flat(box(0.5 - half * 0.35, 0.63, 0.5 + half * 0.35, 0.642, 0.004), DARK, alpha=0.6),
        pillar(box(0.5 - neck - 0.008, 0.065, 0.5 + neck + 0.008, 0.14, 0.008), DARK, gloss=0.4),
    ]
    return Drawing(tuple(layers))


def apple(rng: np.random.Generator) -> Drawing:
    """A round fruit with a dent, a stalk and a leaf."""
    wide, lean = rng.uniform(0.26, 0.285), rng.uniform(-0.02, 0.02)
    body = smooth(
        (0.5, 0.36),
        (0.5 + wide * 0.55, 0.275),
        (0.5 + wide * 1.1, 0.36),
        (0.5 + wide * 1.15 + lean, 0.56),
        (0.5 + wide * 0.7, 0.8),
        (0.5 + wide * 0.3, 0.83),
        (0.5, 0.8),
        (0.5 - wide * 0.3, 0.83),
        (0.5 - wide * 0.7, 0.8),
        (0.5 - wide * 1.15 + lean, 0.56),
        (0.5 - wide * 1.1, 0.36),
        (0.5 - wide * 0.55, 0.275),
        rounds=4,
    )
    leaf = smooth(
        (0.53, 0.25),
        (0.58, 0.18),
        (0.68, 0.15),
        (0.72, 0.17),
        (0.66, 0.24),
        (0.58, 0.265),
        rounds=3,
    )
    layers = [
        ball(body, gloss=0.5, bulge=0.95),
        shine(
            smooth((0.3, 0.45), (0.5, 0.36), (0.62, 0.5), (0.5, 0.72), (0.36, 0.66), rounds=3),
            alpha=0.1,
            blur=0.06,
            within=body,
        ),
        shade(oval(0.5, 0.345, 0.1, 0.035), alpha=0.45, blur=0.016, within=body),
        puffed(stroke((0.5, 0.36), (0.505, 0.27), (0.53, 0.19), width=0.02), STALK, rim=0.008),
        puffed(leaf, (84, 140, 58), rim=0.03, gloss=0.2),
        shade(
            stroke((0.54, 0.25), (0.62, 0.2), (0.7, 0.17), width=0.004),
            alpha=0.3,
            blur=0.001,
            within=leaf,
        ),
        shine(oval(0.38, 0.43, 0.04, 0.065), alpha=0.6, blur=0.018, within=body),
    ]
    return Drawing(tuple(layers))


def banana(rng: np.random.Generator) -> Drawing:
    """Two bent fruits on one stalk."""
    thick = rng.uniform(0.13, 0.15)
    back = smooth(
        (0.17, 0.33),
        (0.2, 0.33),
        (0.3, 0.52),
        (0.5, 0.6),
        (0.72, 0.53),
        (0.86, 0.37),
        (0.89, 0.38),
        (0.84, 0.56),
        (0.66, 0.7),
        (0.45, 0.6 + thick),
        (0.26, 0.62),
        (0.16, 0.45),
        rounds=3,
    )
    front = (back - [0.2, 0.35]) @ np.array([[0.97, 0.12], [-0.12, 0.97]]) + [0.19, 0.37]
    layers = [
        puffed(back, rim=0.07, bulge=0.85, gloss=0.15, tone=0.93),
        shade(moved(front, 0.0, -0.012), alpha=0.25, blur=0.014, within=back),
        puffed(front, rim=0.07, bulge=0.85, gloss=0.18),
        shade(
            stroke((0.25, 0.5), (0.42, 0.68), (0.7, 0.67), width=0.006),
            alpha=0.18,
            blur=0.004,
            within=front,
        ),
        puffed(
            stroke((0.17, 0.27), (0.19, 0.31), (0.2, 0.37), width=0.042), (120, 108, 48), rim=0.014
        ),
        puffed(
            disc(float(front[:, 0].max()) - 0.012, float(front[front[:, 0].argmax(), 1]), 0.02),
            (70, 54, 30),
            rim=0.01,
        ),
        puffed(disc(0.872, 0.378, 0.018), (70, 54, 30), rim=0.01),
    ]
    return Drawing(tuple(layers))
