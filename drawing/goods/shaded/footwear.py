"""Shoes and boots from the side."""

from __future__ import annotations

import numpy as np

from drawing.layers import Colour, Drawing, flat, puffed, shade
from drawing.outlines import oval, smooth, stroke

INSIDE: Colour = (90, 88, 92)
SOLE: Colour = (242, 241, 236)
RUBBER: Colour = (44, 44, 48)


def sneaker(rng: np.random.Generator) -> Drawing:
    """A trainer from the side: a thick sole, laces and a stripe."""
    toe, collar = rng.uniform(0.9, 0.925), rng.uniform(0.34, 0.365)
    upper = smooth(
        (0.1, 0.67),
        (0.1, 0.67),
        (0.085, 0.52),
        (0.1, collar),
        (0.14, collar - 0.015),
        (0.2, collar + 0.03),
        (0.3, collar + 0.035),
        (0.385, collar - 0.025),
        (0.425, collar - 0.02),
        (0.55, 0.475),
        (0.7, 0.535),
        (toe - 0.02, 0.565),
        (toe, 0.63),
        (toe - 0.01, 0.675),
        (toe - 0.01, 0.675),
        rounds=3,
    )
    sole = smooth(
        (0.075, 0.65),
        (0.075, 0.65),
        (0.3, 0.655),
        (0.6, 0.66),
        (toe, 0.655),
        (toe + 0.022, 0.65),
        (toe + 0.015, 0.715),
        (toe - 0.06, 0.735),
        (0.3, 0.735),
        (0.09, 0.735),
        (0.07, 0.7),
        rounds=3,
    )
    cap = smooth(
        (0.75, 0.545), (0.8, 0.6), (0.82, 0.69), (toe + 0.04, 0.7), (toe + 0.04, 0.54), rounds=2
    )
    layers = [
        flat(
            smooth(
                (0.11, collar),
                (0.2, collar + 0.045),
                (0.38, collar),
                (0.3, collar + 0.09),
                (0.16, collar + 0.08),
                rounds=2,
            ),
            INSIDE,
        ),
        puffed(
            stroke((0.37, collar + 0.06), (0.4, collar - 0.03), (0.43, collar - 0.055), width=0.04),
            "body",
            tone=0.75,
            rim=0.015,
        ),
        puffed(upper, rim=0.06, bulge=0.75, gloss=0.12),
        shade(cap, alpha=0.16, blur=0.002, within=upper),
        shade(
            smooth((0.08, 0.5), (0.2, 0.52), (0.22, 0.69), (0.06, 0.69), rounds=2),
            alpha=0.2,
            blur=0.002,
            within=upper,
        ),
        puffed(
            smooth(
                (0.3, 0.645),
                (0.34, 0.645),
                (0.5, 0.53),
                (0.6, 0.49),
                (0.56, 0.485),
                (0.44, 0.53),
                rounds=2,
            ),
            "second",
            rim=0.01,
            bulge=0.5,
            within=upper,
        ),
    ]
    for n in range(5):
        x, y = 0.42 + 0.05 * n, collar + 0.025 + 0.031 * n
        layers.append(
            puffed(
                stroke((x + 0.02, y - 0.03), (x - 0.045, y + 0.04), width=0.015),
                (246, 246, 243),
                rim=0.008,
                within=upper,
            )
        )
    layers += [
        shade(
            stroke((0.1, 0.655), (0.5, 0.66), (toe, 0.655), width=0.03),
            alpha=0.3,
            blur=0.012,
            within=upper,
        ),
        puffed(sole, SOLE, rim=0.02, bulge=0.6),
        flat(
            stroke((0.08, 0.722), (0.5, 0.727), (toe - 0.03, 0.722), width=0.014),
            RUBBER,
            alpha=0.85,
            within=sole,
        ),
    ]
    return Drawing(tuple(layers))


def boot(rng: np.random.Generator) -> Drawing:
    """A shaft, a foot, a heel and laces or a strap."""
    top = rng.uniform(0.16, 0.22)
    upper = smooth(
        (0.3, top),
        (0.3, top),
        (0.42, top + 0.012),
        (0.55, top),
        (0.55, top),
        (0.55, 0.5),
        (0.6, 0.585),
        (0.76, 0.625),
        (0.84, 0.68),
        (0.845, 0.765),
        (0.845, 0.765),
        (0.29, 0.765),
        (0.29, 0.765),
        (0.285, 0.6),
        (0.315, 0.45),
        rounds=3,
    )
    sole = smooth(
        (0.275, 0.755),
        (0.275, 0.755),
        (0.85, 0.755),
        (0.865, 0.765),
        (0.855, 0.8),
        (0.5, 0.8),
        (0.48, 0.8),
        (0.47, 0.83),
        (0.28, 0.83),
        (0.28, 0.83),
        rounds=2,
    )
    layers = [
        flat(oval(0.425, top + 0.004, 0.125, 0.02), INSIDE, tone=0.6),
        puffed(upper, rim=0.07, bulge=0.85, gloss=0.3),
        *[
            shade(
                stroke((0.3, y), (0.4, y + 0.02), (0.5, y - 0.01), width=0.014),
                alpha=0.2,
                blur=0.008,
                within=upper,
            )
            for y in (0.52, 0.57)
        ],
        shade(
            stroke((0.63, 0.59), (0.66, 0.68), (0.62, 0.77), width=0.005),
            alpha=0.35,
            blur=0.001,
            within=upper,
        ),
        shade(
            stroke((0.4, top), (0.41, 0.45), (0.43, 0.76), width=0.004),
            alpha=0.25,
            blur=0.001,
            within=upper,
        ),
    ]
    for n in range(6):
        y = top + 0.07 + 0.062 * n
        layers.append(
            puffed(
                stroke((0.5 + 0.004 * n, y), (0.57 + 0.008 * n, y - 0.022), width=0.013),
                (60, 52, 46),
                rim=0.006,
            )
        )
    layers += [
        puffed(
            stroke((0.3, top + 0.02), (0.42, top + 0.034), (0.55, top + 0.02), width=0.03),
            "body",
            tone=0.8,
            rim=0.012,
        ),
        puffed(sole, RUBBER, rim=0.015, bulge=0.6),
    ]
    return Drawing(tuple(layers))
