"""Puts photos, catalogue pictures and drawn goods into one labelled set of pixels."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from drawing.goods.sketched.kinds import DrawnSet
from drawing.palette import COLOURS, colour_of
from drawing.patterns import PATTERNS
from training.photos import CACHE_SIDE, Photo, Pixels

UNKNOWN_PATTERN = -1


@dataclass(frozen=True)
class Examples:
    """The pixels (n, side, side, 3), names, colour shares (n, 12) and pattern indices (n,)."""

    pixels: Pixels
    labels: list[str]
    groups: list[str]
    colours: npt.NDArray[np.float32]
    patterns: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


def from_photos(photos: list[Photo], pixels: Pixels) -> Examples:
    """Returns photos with the labels of the manifest, measured colours and unknown patterns."""
    return Examples(
        pixels,
        [photo.label for photo in photos],
        [photo.group for photo in photos],
        measured_colours(pixels),
        np.full(len(photos), UNKNOWN_PATTERN, np.int64),
    )


def from_drawn(drawn: DrawnSet) -> Examples:
    """Returns drawn pictures, of which label, colours and pattern are known."""
    colours = np.zeros((len(drawn.kinds), len(COLOURS)), np.float32)
    for row, colouring in enumerate(drawn.colourings):
        share = 0.95 if colouring.pattern == "plain" else 0.65
        colours[row, COLOURS.index(colouring.colour)] = share
        colours[row, COLOURS.index(colouring.second)] = 1 - share
    return Examples(
        drawn.pixels,
        [kind.label for kind in drawn.kinds],
        [kind.group for kind in drawn.kinds],
        colours,
        np.array([PATTERNS.index(c.pattern) for c in drawn.colourings], np.int64),
    )


def joined(sets: list[Examples]) -> Examples:
    """Concatenates the sets."""
    return Examples(
        np.concatenate([s.pixels for s in sets]),
        [label for s in sets for label in s.labels],
        [group for s in sets for group in s.groups],
        np.concatenate([s.colours for s in sets]),
        np.concatenate([s.patterns for s in sets]),
    )


def chosen(examples: Examples, rows: npt.NDArray[np.int64]) -> Examples:
    """Returns the examples in these rows."""
    return Examples(
        examples.pixels[rows],
        [examples.labels[row] for row in rows],
        [examples.groups[row] for row in rows],
        examples.colours[rows],
        examples.patterns[rows],
    )


def measured_colours(pixels: Pixels) -> npt.NDArray[np.float32]:
    """Returns the share of each basic colour in the object of each picture, (n, 12).

    The object is expected in the middle. Colours that are as common along the border count as
    background.
    """
    side = pixels.shape[1]
    step = max(1, side // 44)
    small = pixels[:, ::step, ::step]
    axis = np.abs(np.linspace(-1, 1, small.shape[1]))
    distance = np.maximum(axis[:, None], axis[None, :])
    middle, border = (distance < 0.55).astype(np.float32), (distance > 0.9).astype(np.float32)
    shares = np.empty((len(pixels), len(COLOURS)), np.float32)
    for row, picture in enumerate(small):
        names = colour_of(picture).ravel()
        inside = np.bincount(names, middle.ravel(), len(COLOURS)) / middle.sum()
        outside = np.bincount(names, border.ravel(), len(COLOURS)) / border.sum()
        share = np.maximum(inside - 0.6 * outside, 0.05 * inside)
        shares[row] = share / share.sum()
    return shares


def composites(catalogue: Examples, scenery: Pixels, each: int, seed: int) -> Examples:
    """Pastes every catalogue picture, without its white background, onto other pictures.

    The network so learns that a product on white and the same product in a shop are equal.
    """
    rng = np.random.default_rng(seed)
    rows = np.repeat(np.arange(len(catalogue)), each)
    result = chosen(catalogue, rows)
    masks = [cut_out(picture) for picture in catalogue.pixels]
    for place, row in enumerate(rows):
        ground = Image.fromarray(scenery[int(rng.integers(len(scenery)))])
        ground = ground.filter(ImageFilter.GaussianBlur(rng.uniform(0, 4)))
        side = int(CACHE_SIDE * rng.uniform(0.5, 1.0))
        at = tuple(int(v) for v in rng.integers(0, CACHE_SIDE - side + 1, 2))
        size = (side, side)
        thing = Image.fromarray(catalogue.pixels[row]).resize(size)
        ground.paste(thing, at, masks[row].resize(size))
        result.pixels[place] = np.asarray(ground)
    return result


def cut_out(picture: Pixels) -> Image.Image:
    """Returns a mask (mode L) of the product: all pixels but the white area at the border."""
    filled = Image.fromarray(picture)
    last = filled.width - 1
    for corner in ((0, 0), (last, 0), (0, last), (last, last)):
        ImageDraw.floodfill(filled, corner, (255, 0, 255), thresh=24)
    ground = (np.asarray(filled) == (255, 0, 255)).all(-1)
    return Image.fromarray((~ground).astype(np.uint8) * 255)
