"""A drawn thing is a stack of layers: filled outlines, each with its paint and its form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, TypeAlias

from drawing.outlines import Points

Colour: TypeAlias = tuple[int, int, int]
"""sRGB."""

Role: TypeAlias = Literal["body", "second", "shade", "light", "dark", "glass", "hole"]
"""A paint named by its use; the painter of the drawing chooses its colour."""
Paint: TypeAlias = Role | Colour
Form: TypeAlias = Literal["flat", "puffed", "pillar", "ball"]


@dataclass(frozen=True, slots=True)
class Layer:
    """One filled outline; lengths are fractions of the picture."""

    outline: Points
    paint: Paint = "body"
    form: Form = "flat"
    tone: float = 1.0
    """Factor on the paint's colour; below 1 is darker."""
    alpha: float = 1.0
    rim: float = 0.05
    """Width of the round edge of a puffed form."""
    bulge: float = 1.0
    """Strength of the light and shade on the form."""
    gloss: float = 0.0
    """Strength of the highlights, 0 to 1."""
    wrinkle: float = 0.0
    """Height of the folds of cloth."""
    blur: float = 0.0
    within: Points | None = None
    """A second outline that cuts the layer off, as a mask does."""
    fade: tuple[float, float] | None = None
    """Opacity at the top and at the bottom of the outline, linear between them."""
    casts: bool = True
    """True if the layer is part of the shadow."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A thing on the unit square, the back first; `stands` on a floor, or lies on it."""

    layers: tuple[Layer, ...]
    stands: bool = True


flat: Final = partial(Layer, form="flat")
"""Even light."""
puffed: Final = partial(Layer, form="puffed")
"""Round at its edges, like a cushion."""
pillar: Final = partial(Layer, form="pillar", gloss=0.3)
"""Round about an upright axis, like a tin."""
ball: Final = partial(Layer, form="ball", gloss=0.4)
"""Round to all sides."""
shade: Final = partial(Layer, paint=(10, 12, 20), alpha=0.25, blur=0.01, casts=False)
"""A soft dark place."""
shine: Final = partial(Layer, paint=(255, 255, 255), alpha=0.35, blur=0.006, casts=False)
"""A soft highlight."""
