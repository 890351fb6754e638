"""Things to read, hear and talk with, and to keep dry."""

from __future__ import annotations

import numpy as np

from drawing.layers import Colour, Drawing, ball, flat, pillar, puffed, shade, shine
from drawing.outlines import arc, box, disc, mirrored, oval, polygon, smooth, stroke

DARK: Colour = (38, 39, 44)
PAPER: Colour = (244, 239, 226)
STEEL: Colour = (186, 190, 196)
WOOD: Colour = (172, 124, 80)


def book(rng: np.random.Generator) -> Drawing:
    """A closed book, its pages to the right, with a title and an ornament."""
    lean = rng.uniform(-0.03, 0.03)
    pages = polygon(
        (0.27, 0.875),
        (0.79, 0.875),
        (0.815 + lean, 0.15),
        (0.795 + lean, 0.13),
        (0.27 + lean, 0.15),
    )
    cover = polygon((0.235 + lean, 0.115), (0.775 + lean, 0.115), (0.765, 0.855), (0.235, 0.855))
    spine = polygon((0.235 + lean, 0.115), (0.285 + lean, 0.115), (0.28, 0.855), (0.235, 0.855))
    back = polygon(
        (0.25, 0.89),
        (0.8, 0.89),
        (0.825 + lean, 0.145),
        (0.8 + lean, 0.145),
        (0.77, 0.86),
        (0.24, 0.855),
    )
    layers = [
        flat(back, "body", tone=0.7),
        flat(pages, PAPER),
        *[
            flat(stroke((0.27, y), (0.775, y), width=0.0022), (196, 188, 170))
            for y in (0.862, 0.868)
        ],
        *[
            flat(stroke((0.769 + d, 0.86), (0.781 + d + lean, 0.14), width=0.0022), (196, 188, 170))
            for d in (0.006, 0.014, 0.022)
        ],
        puffed(cover, rim=0.012, bulge=0.5, gloss=0.12),
        shade(spine, alpha=0.2, blur=0.004, within=cover),
        shade(
            stroke((0.296 + lean, 0.115), (0.291, 0.855), width=0.006),
            alpha=0.35,
            blur=0.003,
            within=cover,
        ),
        shine(
            polygon((0.35, 0.115), (0.55, 0.115), (0.3, 0.855), (0.29, 0.6)),
            alpha=0.13,
            blur=0.03,
            within=cover,
        ),
        flat(box(0.36, 0.215, 0.7, 0.255, 0.004), "second"),
        flat(box(0.4, 0.28, 0.66, 0.305, 0.004), "second", alpha=0.85),
        flat(box(0.44, 0.79, 0.62, 0.808, 0.004), "second", alpha=0.85),
    ]
    ornament = rng.integers(3)
    if ornament == 0:
        layers += [
            puffed(disc(0.53, 0.55, 0.11), "second", rim=0.02, bulge=0.3),
            flat(disc(0.53, 0.55, 0.075), "body"),
        ]
    elif ornament == 1:
        layers += [
            flat(polygon((0.53, 0.42), (0.65, 0.66), (0.41, 0.66)), "second"),
            flat(polygon((0.53, 0.5), (0.605, 0.635), (0.455, 0.635)), "body"),
        ]
    else:
        layers += [
            flat(
                box(0.4, 0.44 + 0.055 * n, 0.66, 0.465 + 0.055 * n, 0.012),
                "second",
                alpha=0.9 - 0.15 * n,
            )
            for n in range(4)
        ]
    return Drawing(tuple(layers), stands=False)


def phone(rng: np.random.Generator) -> Drawing:
    """The coloured back of a smartphone, with its cameras."""
    half = rng.uniform(0.19, 0.205)
    body = box(0.5 - half, 0.09, 0.5 + half, 0.91, 0.055)
    inner = box(0.5 - half + 0.008, 0.098, 0.5 + half - 0.008, 0.902, 0.049)
    island = box(0.5 - half + 0.03, 0.12, 0.5 + half * 0.25, 0.32, 0.045)
    layers = [
        puffed(body, STEEL, rim=0.012, gloss=0.6),
        puffed(inner, rim=0.014, bulge=0.4, gloss=0.25),
        shine(
            polygon((0.5, 0.09), (0.72, 0.09), (0.5, 0.91), (0.25, 0.91)),
            alpha=0.16,
            blur=0.04,
            within=inner,
        ),
        puffed(island, rim=0.014, bulge=0.7, gloss=0.3, tone=0.9),
    ]
    for x, y in (
        (0.5 - half + 0.082, 0.172),
        (0.5 - half + 0.082, 0.268),
        (0.5 - half + 0.178, 0.22),
    ):
        layers += [
            puffed(disc(x, y, 0.04), STEEL, rim=0.01, gloss=0.4),
            puffed(disc(x, y, 0.034), (24, 26, 34), rim=0.02, gloss=0.5),
            flat(disc(x, y, 0.014), (52, 60, 92)),
            shine(disc(x - 0.01, y - 0.012, 0.005), alpha=0.8, blur=0.001),
        ]
    return Drawing(tuple(layers), stands=False)


def headphones(rng: np.random.Generator) -> Drawing:
    """A bow with two padded ear cups."""
    cup = rng.uniform(0.082, 0.1)
    layers = [
        puffed(arc(0.5, 0.5, 0.3, 0.33, 176, 364, 0.05), rim=0.024, bulge=0.9, gloss=0.35),
        puffed(arc(0.5, 0.5, 0.275, 0.303, 205, 335, 0.02), DARK, rim=0.012),
    ]
    for turned in (lambda o: o, mirrored):
        layers += [
            puffed(
                turned(stroke((0.2, 0.47), (0.2, 0.56), width=0.03)), STEEL, rim=0.012, gloss=0.5
            ),
            puffed(turned(box(0.225, 0.5, 0.305, 0.76, 0.038)), DARK, rim=0.035, gloss=0.15),
            puffed(
                turned(
                    smooth(
                        (0.245, 0.495),
                        (0.2, 0.49),
                        (0.2 - cup, 0.56),
                        (0.2 - cup, 0.7),
                        (0.2, 0.77),
                        (0.245, 0.765),
                        rounds=3,
                    )
                ),
                rim=0.06,
                gloss=0.5,
            ),
            shine(turned(oval(0.18, 0.58, 0.018, 0.05)), alpha=0.35, blur=0.012),
        ]
    return Drawing(tuple(layers))


def umbrella(rng: np.random.Generator) -> Drawing:
    """An open canopy over a bent handle."""
    top, edge = rng.uniform(0.13, 0.16), 0.5
    turn = np.radians(np.linspace(180, 360, 60))
    dome = np.stack([0.5 + 0.43 * np.cos(turn), edge + (edge - top) * np.sin(turn)], 1)
    bays = []
    for n in range(4):
        way = np.radians(np.linspace(0, 180, 16))
        middle = 0.93 - 0.1075 - 0.215 * n
        bays.append(np.stack([middle + 0.1075 * np.cos(way), edge - 0.042 * np.sin(way)], 1))
    canopy = np.concatenate([dome, *bays])
    ribs = [
        stroke(
            (0.5, top), (0.5 + (x - 0.5) * 0.75, (top + edge) / 2 - 0.09), (x, edge), width=0.004
        )
        for x in (0.285, 0.5, 0.715)
    ]
    layers = [
        pillar(box(0.491, 0.16, 0.509, 0.82), STEEL, gloss=0.6),
        puffed(
            stroke((0.5, 0.78), (0.5, 0.86), (0.47, 0.9), (0.42, 0.895), (0.4, 0.85), width=0.034),
            WOOD,
            rim=0.016,
            gloss=0.3,
        ),
        ball(canopy, bulge=0.6, gloss=0.12),
        *[shade(rib, alpha=0.4, blur=0.0015, within=canopy) for rib in ribs],
        *[
            shade(
                polygon((0.5, top), (x - 0.0, edge), (x + 0.1, edge)),
                alpha=0.1,
                blur=0.006,
                within=canopy,
            )
            for x in (0.18, 0.395, 0.61)
        ],
        puffed(stroke((0.5, top - 0.045), (0.5, top + 0.01), width=0.014), STEEL, rim=0.006),
    ]
    return Drawing(tuple(layers))
