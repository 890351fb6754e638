"""Cars from the side; the nose is to the right."""

from __future__ import annotations

import numpy as np

from drawing.goods.shaded.coachwork import TRIM, Coachwork, car
from drawing.layers import Drawing, Layer, flat, puffed, shade
from drawing.outlines import box, oval, polygon, rounded, smooth, stroke


def sports_car(rng: np.random.Generator) -> Drawing:
    """Low and wedge-shaped, with big wheels, an air intake and mostly a spoiler."""
    roof, nose = rng.uniform(0.375, 0.4), rng.uniform(0.0, 0.015)
    tail = rng.uniform(-0.01, 0.012)
    body = rounded(
        (0.045, 0.672),
        (0.035, 0.51 + tail),
        (0.075, 0.472 + tail),
        (0.235, 0.462),
        (0.375, roof),
        (0.525, roof - 0.006),
        (0.685, 0.474),
        (0.83, 0.495 + nose),
        (0.94, 0.545 + nose),
        (0.975, 0.615),
        (0.962, 0.68),
        corner=0.062,
    )
    window = rounded(
        (0.318, 0.46),
        (0.395, roof + 0.022),
        (0.517, roof + 0.015),
        (0.648, 0.477),
        (0.48, 0.474),
        corner=0.018,
    )
    work = Coachwork(
        body=body,
        windows=(window,),
        axles=(0.215, 0.785),
        axle_y=0.652,
        wheel=0.09,
        doors=(
            stroke((0.468, 0.49), (0.455, 0.58), (0.475, 0.655), width=0.004),
            stroke((0.655, 0.487), (0.668, 0.56), (0.64, 0.655), width=0.004),
        ),
        handles=((0.5, 0.535),),
        head_lamp=smooth(
            (0.835, 0.533 + nose),
            (0.9, 0.55 + nose),
            (0.935, 0.575 + nose),
            (0.885, 0.568 + nose),
            rounds=2,
        ),
        tail_lamp=smooth((0.05, 0.53), (0.11, 0.52), (0.115, 0.536), (0.05, 0.556), rounds=2),
        belt=stroke((0.1, 0.525), (0.45, 0.512), (0.88, 0.54 + nose), width=0.012),
        spokes=int(rng.choice([5, 6, 10])),
    )
    intake = polygon((0.315, 0.545), (0.418, 0.562), (0.4, 0.612), (0.355, 0.605))
    extra = [
        flat(smooth(*intake.tolist(), rounds=2), TRIM),
        shade(
            polygon((0.31, 0.66), (0.69, 0.66), (0.68, 0.69), (0.32, 0.69)), alpha=0.75, blur=0.002
        ),
        flat(stroke((0.49, roof + 0.008), (0.5, 0.487), width=0.012), TRIM, alpha=0.8),
    ]
    behind: list[Layer] = []
    if rng.random() < 0.75:
        behind = [
            flat(polygon((0.095, 0.44), (0.115, 0.44), (0.135, 0.49), (0.11, 0.49)), TRIM),
            puffed(
                smooth((0.03, 0.432), (0.175, 0.424), (0.18, 0.44), (0.035, 0.452), rounds=2),
                rim=0.012,
                gloss=0.4,
            ),
        ]
    mirror = puffed(oval(0.632, 0.478, 0.02, 0.012), rim=0.012, gloss=0.4)
    return Drawing((*behind, *car(work, extra), mirror))


def hatchback(rng: np.random.Generator) -> Drawing:
    """A family car: a saloon with a boot, or a short one with a steep back."""
    roof, steep = rng.uniform(0.285, 0.305), rng.random() < 0.6
    back = (
        ((0.05, 0.47), (0.085, 0.43), (0.155, roof))
        if steep
        else ((0.045, 0.475), (0.185, 0.452), (0.275, roof))
    )
    rear_foot = 0.14 if steep else 0.235
    front = 0.7 if steep else 0.68
    body = rounded(
        (0.05, 0.688),
        *back,
        (front - 0.11, roof),
        (front + 0.035, 0.452),
        (0.885, 0.472),
        (0.955, 0.54),
        (0.965, 0.688),
        corner=0.065,
    )
    middle = 0.455
    windows = (
        rounded(
            (rear_foot, 0.445),
            (back[2][0] + 0.055, roof + 0.032),
            (middle - 0.014, roof + 0.028),
            (middle - 0.014, 0.448),
            corner=0.02,
        ),
        rounded(
            (middle + 0.012, 0.448),
            (middle + 0.012, roof + 0.028),
            (front - 0.125, roof + 0.03),
            (front - 0.012, 0.452),
            corner=0.02,
        ),
    )
    work = Coachwork(
        body=body,
        windows=windows,
        axles=(0.22, 0.775),
        axle_y=0.668,
        wheel=0.083,
        doors=(
            stroke((0.3, 0.46), (0.315, 0.56), (0.32, 0.66), width=0.004),
            stroke((middle, 0.45), (middle, 0.55), (middle + 0.005, 0.66), width=0.004),
            stroke((front - 0.01, 0.47), (front, 0.56), (front - 0.04, 0.66), width=0.004),
        ),
        handles=((0.37, 0.505), (0.52, 0.505)),
        head_lamp=smooth((0.87, 0.505), (0.93, 0.525), (0.945, 0.56), (0.88, 0.545), rounds=2),
        tail_lamp=smooth((0.062, 0.5), (0.1, 0.49), (0.105, 0.545), (0.06, 0.56), rounds=2),
        belt=stroke((0.08, 0.49), (0.5, 0.483), (0.88, 0.495), width=0.01),
    )
    extra = [
        puffed(oval(front - 0.01, 0.458, 0.023, 0.015), rim=0.012, gloss=0.4),
        shade(box(0.3, 0.668, 0.7, 0.695), alpha=0.55, blur=0.003),
    ]
    return Drawing(tuple(car(work, extra)))


def pickup(rng: np.random.Generator) -> Drawing:
    """A pick-up truck: a cabin before an open bed."""
    roof = rng.uniform(0.27, 0.3)
    body = rounded(
        (0.045, 0.69),
        (0.04, 0.45),
        (0.385, 0.448),
        (0.405, roof),
        (0.6, roof),
        (0.705, 0.45),
        (0.935, 0.462),
        (0.965, 0.54),
        (0.962, 0.69),
        corner=0.035,
    )
    windows = (
        rounded(
            (0.418, 0.44), (0.43, roof + 0.028), (0.51, roof + 0.028), (0.51, 0.44), corner=0.014
        ),
        rounded(
            (0.53, 0.44), (0.53, roof + 0.028), (0.592, roof + 0.03), (0.672, 0.44), corner=0.014
        ),
    )
    bed = [
        shade(box(0.065, 0.452, 0.385, 0.466), alpha=0.5, blur=0.003),
        shade(stroke((0.4, 0.46), (0.4, 0.66), width=0.007), alpha=0.55, blur=0.001),
        shade(box(0.31, 0.672, 0.69, 0.7), alpha=0.7, blur=0.003),
        puffed(oval(0.66, 0.448, 0.024, 0.017), rim=0.012, gloss=0.4),
    ]
    work = Coachwork(
        body=body,
        windows=windows,
        axles=(0.215, 0.785),
        axle_y=0.672,
        wheel=0.092,
        doors=(
            stroke((0.52, 0.45), (0.522, 0.55), (0.522, 0.66), width=0.004),
            stroke((0.67, 0.46), (0.675, 0.55), (0.66, 0.66), width=0.004),
        ),
        handles=((0.445, 0.5), (0.565, 0.5)),
        head_lamp=smooth((0.895, 0.49), (0.945, 0.5), (0.952, 0.545), (0.9, 0.535), rounds=2),
        tail_lamp=box(0.048, 0.49, 0.068, 0.57, 0.005),
        belt=stroke((0.07, 0.5), (0.5, 0.495), (0.88, 0.5), width=0.011),
        spokes=6,
    )
    return Drawing(tuple(car(work, bed)))


def van(rng: np.random.Generator) -> Drawing:
    """A delivery van with a tall box."""
    roof = rng.uniform(0.22, 0.25)
    body = rounded(
        (0.045, 0.7),
        (0.045, roof),
        (0.705, roof),
        (0.815, 0.425),
        (0.935, 0.47),
        (0.965, 0.56),
        (0.962, 0.7),
        corner=0.05,
    )
    window = rounded(
        (0.645, 0.437), (0.645, roof + 0.045), (0.712, roof + 0.048), (0.79, 0.43), corner=0.016
    )
    work = Coachwork(
        body=body,
        windows=(window,),
        axles=(0.21, 0.79),
        axle_y=0.685,
        wheel=0.078,
        doors=(
            stroke((0.625, roof + 0.04), (0.625, 0.5), (0.625, 0.68), width=0.004),
            stroke((0.36, roof + 0.04), (0.36, 0.5), (0.36, 0.68), width=0.004),
        ),
        handles=((0.655, 0.5), (0.59, 0.5)),
        head_lamp=smooth((0.89, 0.49), (0.935, 0.505), (0.95, 0.56), (0.9, 0.54), rounds=2),
        tail_lamp=box(0.05, 0.44, 0.068, 0.56, 0.005),
        belt=stroke((0.07, 0.47), (0.4, 0.465), (0.62, 0.468), width=0.012),
        spokes=6,
    )
    return Drawing(tuple(car(work, [shade(box(0.3, 0.682, 0.7, 0.71), alpha=0.6, blur=0.003)])))
