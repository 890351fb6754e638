"""The twelve basic colours: their names, their paints and the colour words of a pixel."""

from typing import Final

import numpy as np
import numpy.typing as npt

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

PAINTS: Final[dict[str, tuple[tuple[int, int, int], ...]]] = {
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
"""sRGB, three paints for each name."""


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


def _hue_degrees(
    rgb: npt.NDArray[np.float32], high: npt.NDArray[np.float32], chroma: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    safe = np.maximum(chroma, 1e-6)
    sector = np.where(
        high == red,
        ((green - blue) / safe) % 6,
        np.where(high == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    return np.asarray(sector * 60, np.float32)
