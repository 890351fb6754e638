"""Draws the bodywork, windows, doors, lamps and wheels that every car has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drawing.layers import Colour, Layer, flat, puffed, shade, shine
from drawing.outlines import Points, arc, box, disc, stroke

TYRE: Colour = (28, 29, 33)
RIM: Colour = (196, 200, 206)
GLASS: Colour = (58, 74, 92)
TRIM: Colour = (36, 38, 43)
LAMP: Colour = (246, 247, 236)
TAIL_LAMP: Colour = (205, 30, 38)


@dataclass(frozen=True, slots=True)
class Coachwork:
    """The lines of one car. Lengths in picture widths."""

    body: Points
    windows: tuple[Points, ...]
    axles: tuple[float, float]
    axle_y: float
    wheel: float
    doors: tuple[Points, ...]
    handles: tuple[tuple[float, float], ...]
    head_lamp: Points
    tail_lamp: Points
    belt: Points
    spokes: int = 5


def car(work: Coachwork, extra: list[Layer]) -> list[Layer]:
    """The layers of a whole car, `extra` below the wheels."""
    body = work.body
    layers = [puffed(body, rim=0.055, bulge=0.75, gloss=0.5)]
    layers += [
        shade(box(0, 0.585, 1, 0.72), alpha=0.34, blur=0.02, within=body),
        shine(work.belt, alpha=0.42, blur=0.004, within=body),
    ]
    for window in work.windows:
        layers += [
            flat(window, TRIM, tone=0.7),
            puffed(window, GLASS, rim=0.02, bulge=0.5, gloss=0.35),
            shine(window, alpha=0.42, blur=0.004, within=window, fade=(1.0, 0.0)),
        ]
    layers += [shade(door, alpha=0.5, blur=0.0008, within=body) for door in work.doors]
    for x, y in work.handles:
        layers += [
            shade(box(x, y + 0.004, x + 0.042, y + 0.014, 0.005), alpha=0.45, blur=0.001),
            shine(box(x, y, x + 0.04, y + 0.007, 0.003), alpha=0.7, blur=0.0006),
        ]
    layers += [
        flat(work.head_lamp, LAMP),
        shade(work.head_lamp, alpha=0.25, blur=0.004, within=work.head_lamp, fade=(0.0, 1.0)),
        puffed(work.tail_lamp, TAIL_LAMP, rim=0.01, gloss=0.4),
        shine(box(0.9, 0.635, 0.96, 0.641), alpha=0.5, blur=0.002, within=body),
        *extra,
    ]
    for x in work.axles:
        layers.append(
            shade(disc(x, work.axle_y, work.wheel * 1.15), alpha=0.92, blur=0.0015, within=body)
        )
    for x in work.axles:
        layers += _wheel(x, work.axle_y, work.wheel, work.spokes)
    return layers


def _wheel(x: float, y: float, radius: float, spokes: int) -> list[Layer]:
    layers = [
        puffed(disc(x, y, radius), TYRE, rim=0.02, bulge=0.8, gloss=0.12),
        flat(disc(x, y, radius * 0.71), (70, 73, 79)),
        shade(
            disc(x, y + 0.01, radius * 0.6), alpha=0.5, blur=0.01, within=disc(x, y, radius * 0.7)
        ),
    ]
    for turn in np.arange(spokes) * 2 * np.pi / spokes - np.pi / 2:
        end = (x + radius * 0.66 * np.cos(turn), y + radius * 0.66 * np.sin(turn))
        layers.append(puffed(stroke((x, y), end, width=radius * (1.5 / spokes)), RIM, rim=0.006))
    return [
        *layers,
        puffed(arc(x, y, radius * 0.69, radius * 0.69, 0, 360, 0.008), RIM, rim=0.005),
        puffed(disc(x, y, radius * 0.17), (150, 154, 160), rim=0.01, gloss=0.3),
    ]
