"""Caps and hats."""

from __future__ import annotations

import numpy as np

from drawing.layers import Drawing, pillar, puffed, shade
from drawing.outlines import disc, oval, smooth, stroke


def cap(rng: np.random.Generator) -> Drawing:
    """A baseball cap with a peak to the right."""
    crown = smooth(
        (0.17, 0.62),
        (0.17, 0.62),
        (0.165, 0.47),
        (0.24, 0.33),
        (0.4, 0.272),
        (0.55, 0.31),
        (0.635, 0.42),
        (0.66, 0.585),
        (0.66, 0.585),
        (0.45, 0.635),
        rounds=3,
    )
    peak = smooth(
        (0.48, 0.59),
        (0.66, 0.535),
        (0.82, 0.57),
        (0.92, 0.635),
        (0.9, 0.655),
        (0.75, 0.632),
        (0.6, 0.635),
        (0.49, 0.645),
        rounds=3,
    )
    layers = [
        puffed(crown, rim=0.1, bulge=0.85, wrinkle=0.004),
        *[
            shade(
                stroke((0.42, 0.278), (x, 0.42), (x2, 0.625), width=0.004),
                alpha=0.35,
                blur=0.0015,
                within=crown,
            )
            for x, x2 in ((0.29, 0.27), (0.47, 0.5))
        ],
        *[shade(disc(x, 0.4, 0.008), alpha=0.7, blur=0.001) for x in (0.34, 0.55)],
        puffed(disc(0.42, 0.277, 0.02), rim=0.012, tone=0.85),
        shade(
            stroke((0.5, 0.585), (0.62, 0.555), (0.7, 0.55), width=0.03),
            alpha=0.35,
            blur=0.012,
            within=crown,
        ),
        puffed(peak, rim=0.022, bulge=0.8, tone=0.93),
        *[
            shade(
                stroke((0.52, 0.615 + d), (0.68, 0.575 + d), (0.87, 0.622 + d), width=0.0025),
                alpha=0.25,
                blur=0.001,
                within=peak,
            )
            for d in (0.0, 0.014)
        ],
    ]
    return Drawing(tuple(layers))


def hat(rng: np.random.Generator) -> Drawing:
    """A sun hat with a brim and a ribbon."""
    crown = smooth(
        (0.29, 0.6),
        (0.29, 0.6),
        (0.31, 0.38),
        (0.4, 0.325),
        (0.5, 0.345),
        (0.6, 0.325),
        (0.69, 0.38),
        (0.71, 0.6),
        (0.71, 0.6),
        (0.5, 0.65),
        rounds=3,
    )
    brim = smooth(
        (0.07, 0.6),
        (0.2, 0.58),
        (0.5, 0.61),
        (0.8, 0.58),
        (0.93, 0.6),
        (0.85, 0.675),
        (0.5, 0.715),
        (0.15, 0.675),
        rounds=3,
    )
    band = smooth(
        (0.292, 0.535),
        (0.292, 0.535),
        (0.5, 0.575),
        (0.708, 0.535),
        (0.708, 0.535),
        (0.716, 0.6),
        (0.716, 0.6),
        (0.5, 0.655),
        (0.284, 0.6),
        (0.284, 0.6),
        rounds=2,
    )
    layers = [
        puffed(brim, rim=0.03, bulge=0.7, tone=0.95),
        shade(oval(0.5, 0.635, 0.27, 0.045), alpha=0.3, blur=0.016, within=brim),
        pillar(crown, gloss=0.05, bulge=0.75),
        shade(
            smooth((0.4, 0.33), (0.5, 0.36), (0.6, 0.33), (0.5, 0.48), rounds=3),
            alpha=0.2,
            blur=0.015,
            within=crown,
        ),
        pillar(band, "second", gloss=0.1, bulge=0.75),
    ]
    return Drawing(tuple(layers))
