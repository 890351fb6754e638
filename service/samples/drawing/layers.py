"""What a drawn thing is put together from: outlines, each with its paint and its form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from service.samples.drawing.outlines import Points

Colour: TypeAlias = tuple[int, int, int]
"""sRGB."""

Role: TypeAlias = Literal["body", "second"]
Paint: TypeAlias = Role | Colour
Form: TypeAlias = Literal["flat", "puffed", "pillar", "ball"]


@dataclass(frozen=True, slots=True)
class Layer:
    """One filled outline; lengths are fractions of the picture."""

    outline: Points
    paint: Paint = "body"
    form: Form = "flat"
    tone: float = 1.0
    """Times the paint; below 1 is darker."""
    alpha: float = 1.0
    rim: float = 0.05
    """Of a puffed form: how far its edge is round."""
    bulge: float = 1.0
    """How strongly light and shade follow the form."""
    gloss: float = 0.0
    """Strength of the highlights, 0 to 1."""
    wrinkle: float = 0.0
    """Height of the folds of cloth."""
    blur: float = 0.0
    within: Points | None = None
    """Only what lies in this outline too is painted."""
    fade: tuple[float, float] | None = None
    """Opacity at the top and at the bottom of the outline, linear between them."""
    casts: bool = True
    """Whether it is part of the shadow."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A thing on the unit square, the back first; `stands` on a floor, or lies on it."""

    layers: tuple[Layer, ...]
    stands: bool = True


def flat(
    outline: Points,
    paint: Paint = "body",
    *,
    tone: float = 1.0,
    alpha: float = 1.0,
    blur: float = 0.0,
    within: Points | None = None,
    fade: tuple[float, float] | None = None,
) -> Layer:
    """Even light."""
    return Layer(outline, paint, "flat", tone, alpha, blur=blur, within=within, fade=fade)


def puffed(
    outline: Points,
    paint: Paint = "body",
    *,
    rim: float = 0.05,
    bulge: float = 1.0,
    gloss: float = 0.0,
    wrinkle: float = 0.0,
    tone: float = 1.0,
    within: Points | None = None,
) -> Layer:
    """Round at its edges, like a cushion."""
    return Layer(
        outline,
        paint,
        "puffed",
        tone,
        rim=rim,
        bulge=bulge,
        gloss=gloss,
        wrinkle=wrinkle,
        within=within,
    )


def pillar(
    outline: Points,
    paint: Paint = "body",
    *,
    gloss: float = 0.3,
    bulge: float = 1.0,
    tone: float = 1.0,
    within: Points | None = None,
) -> Layer:
    """Round about an upright axis, like a tin."""
    return Layer(outline, paint, "pillar", tone, bulge=bulge, gloss=gloss, within=within)


def ball(
    outline: Points,
    paint: Paint = "body",
    *,
    gloss: float = 0.4,
    bulge: float = 1.0,
    tone: float = 1.0,
) -> Layer:
    """Round to all sides."""
    return Layer(outline, paint, "ball", tone, bulge=bulge, gloss=gloss)


def shade(
    outline: Points,
    *,
    alpha: float = 0.25,
    blur: float = 0.01,
    within: Points | None = None,
    fade: tuple[float, float] | None = None,
) -> Layer:
    """A soft dark place."""
    return Layer(
        outline, (10, 12, 20), alpha=alpha, blur=blur, within=within, fade=fade, casts=False
    )


def shine(
    outline: Points,
    *,
    alpha: float = 0.35,
    blur: float = 0.006,
    within: Points | None = None,
    fade: tuple[float, float] | None = None,
) -> Layer:
    """A soft highlight."""
    return Layer(
        outline, (255, 255, 255), alpha=alpha, blur=blur, within=within, fade=fade, casts=False
    )
