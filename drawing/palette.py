"""The twelve basic colours: their names, their paints and the colour words of a pixel."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from drawing.layers import Colour
from drawing.raster import Floats

COLOURS: Final = (
    "black",
    "white",
    "grey",
    "red",
    "orange",
    "yellow",
    "green",
    "blue",
    "purple",
    "pink",
    "brown",
    "beige",
)

PAINTS: Final[dict[str, tuple[Colour, ...]]] = {
    "black": ((18, 18, 20), (30, 28, 32), (10, 12, 16)),
    "white": ((245, 245, 242), (252, 252, 252), (236, 238, 240)),
    "grey": ((128, 128, 130), (160, 162, 165), (95, 98, 102)),
    "red": ((200, 25, 30), (225, 40, 40), (150, 15, 25)),
    "orange": ((240, 130, 20), (250, 150, 50), (225, 105, 15)),
    "yellow": ((250, 220, 40), (240, 200, 20), (255, 235, 100)),
    "green": ((40, 150, 60), (20, 110, 50), (110, 190, 60)),
    "blue": ((30, 80, 190), (20, 40, 110), (80, 150, 220)),
    "purple": ((120, 45, 150), (90, 40, 120), (160, 100, 200)),
    "pink": ((245, 150, 185), (235, 90, 150), (250, 185, 205)),
    "brown": ((115, 70, 35), (85, 50, 30), (150, 95, 55)),
    "beige": ((222, 200, 165), (235, 220, 190), (205, 180, 145)),
}
"""Three paints in sRGB for each name; sketches are painted with them."""

PRODUCT_PAINTS: Final[dict[str, tuple[str, Colour]]] = {
    "black": ("black", (34, 35, 39)),
    "white": ("white", (242, 242, 239)),
    "grey": ("grey", (140, 143, 148)),
    "silver": ("grey", (176, 179, 184)),
    "red": ("red", (206, 36, 42)),
    "dark red": ("red", (146, 22, 34)),
    "orange": ("orange", (240, 126, 32)),
    "yellow": ("yellow", (248, 204, 42)),
    "green": ("green", (38, 146, 66)),
    "dark green": ("green", (22, 100, 56)),
    "emerald": ("green", (18, 148, 92)),
    "light green": ("green", (116, 190, 72)),
    "olive": ("green", (104, 122, 52)),
    "blue": ("blue", (36, 92, 196)),
    "navy": ("blue", (32, 50, 112)),
    "sky blue": ("blue", (104, 172, 228)),
    "purple": ("purple", (122, 58, 160)),
    "pink": ("pink", (240, 128, 170)),
    "brown": ("brown", (120, 76, 44)),
    "beige": ("beige", (222, 202, 168)),
}
"""The basic colour and the sRGB of each paint that sample products are named after."""


def mix_paint(colour: str, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """One sRGB paint (3,) of that name, a little off the listed ones."""
    paints = PAINTS[colour]
    base = np.array(paints[int(rng.integers(len(paints)))], np.float64)
    return np.clip(base + rng.normal(0, 6, 3), 0, 255)


def colour_of(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """The index into COLOURS of each pixel, (..., 3) to (...), by rules on hue and light."""
    rgb = pixels.astype(np.float32) / 255
    high, low = rgb.max(-1), rgb.min(-1)
    chroma = high - low
    saturation = chroma / np.maximum(high, 1e-6)
    hue = _hue_degrees(rgb, high, chroma)
    warm = (hue < 55) | (hue > 340)
    rules = [
        (high < 0.16, "black"),
        ((chroma < 0.07) & (high > 0.82), "white"),
        ((chroma < 0.07) & (high < 0.25), "black"),
        ((saturation < 0.14) | (chroma < 0.06), "grey"),
        (warm & (hue > 15) & (hue < 55) & (saturation < 0.4) & (high > 0.65), "beige"),
        (warm & (hue > 10) & (hue < 50) & (high < 0.62), "brown"),
        (((hue > 325) | (hue < 12)) & (saturation < 0.55) & (high > 0.6), "pink"),
        ((hue > 300) & (hue < 345) & (high > 0.6), "pink"),
        ((hue < 14) | (hue > 338), "red"),
        (hue < 42, "orange"),
        (hue < 66, "yellow"),
        (hue < 170, "green"),
        (hue < 255, "blue"),
    ]
    names = np.array([COLOURS.index(name) for _, name in rules])
    return np.select([rule for rule, _ in rules], list(names), COLOURS.index("purple"))


def _hue_degrees(rgb: Floats, high: Floats, chroma: Floats) -> Floats:
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    safe = np.maximum(chroma, 1e-6)
    sector = np.where(
        high == red,
        ((green - blue) / safe) % 6,
        np.where(high == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    return np.asarray(sector * 60, np.float32)
