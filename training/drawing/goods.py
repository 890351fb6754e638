"""The list of all drawn goods, and a shuffled set of pictures of them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from training.drawing import backgrounds, garments, household, vehicles
from training.drawing.geometry import Artist
from training.drawing.palette import COLOURS
from training.drawing.patterns import PATTERNS
from training.drawing.scene import Finish, Style, draw, random_finish


@dataclass(frozen=True)
class Kind:
    """A kind of drawn thing; label and group as in the photos where the kind is there."""

    label: str
    group: str
    artist: Artist
    colours: tuple[str, ...] = COLOURS
    patterns: tuple[str, ...] = PATTERNS


KINDS: Final = (
    Kind("car", "vehicle", vehicles.car),
    Kind("sports-car", "vehicle", vehicles.sports_car),
    Kind("van", "vehicle", vehicles.van),
    Kind("bicycle", "vehicle", vehicles.bicycle),
    Kind("scooter", "vehicle", vehicles.scooter),
    Kind("ball", "toy", vehicles.ball),
    Kind("t-shirt", "t-shirt", garments.t_shirt),
    Kind("longsleeve", "longsleeve", garments.longsleeve),
    Kind("pants", "pants", garments.trousers),
    Kind("shorts", "shorts", garments.shorts),
    Kind("dress", "dress", garments.dress),
    Kind("skirt", "skirt", garments.skirt),
    Kind("shoes", "shoes", garments.shoe),
    Kind("boots", "shoes", garments.boot),
    Kind("hat", "hat", garments.hat),
    Kind("watch", "accessory", garments.watch),
    Kind("bag", "luggage", garments.bag),
    Kind("backpack", "luggage", garments.backpack),
    Kind("sunglasses", "accessory", garments.sunglasses),
    Kind("mug", "tableware", household.mug),
    Kind("plate", "tableware", household.plate),
    Kind("bottle", "tableware", household.bottle),
    Kind("book", "stationery", household.book),
    Kind("lamp", "furniture", household.lamp),
    Kind("chair", "furniture", household.chair),
    Kind("table", "furniture", household.table),
    Kind("sofa", "furniture", household.sofa),
    Kind("phone", "electronics", household.phone),
    Kind("headphones", "electronics", household.headphones),
    Kind("umbrella", "accessory", household.umbrella),
    Kind("clock", "furniture", household.clock),
    Kind("apple", "Apple", household.apple, ("red", "green", "yellow"), ("plain",)),
    Kind("Banana", "Banana", household.banana, ("yellow", "yellow", "green"), ("plain",)),
)

DRAWING_SIDE: Final = 112
"""Pixels a side that pictures are drawn at, before they are brought to the wanted side."""

TRAINING_STYLE: Final = Style(backgrounds.TRAINING, outlined_share=0.4, max_turn_degrees=24)
TESTING_STYLE: Final = Style(backgrounds.TESTING, outlined_share=1.0, max_turn_degrees=16)


@dataclass(frozen=True)
class DrawnSet:
    """Pictures (n, side, side, 3) in uint8, and for each its kind and its finish."""

    pixels: npt.NDArray[np.uint8]
    kinds: list[Kind]
    finishes: list[Finish]


def draw_set(each: int, side: int, style: Style, seed: int) -> DrawnSet:
    """`each` pictures of every kind, all from one seed."""
    rng = np.random.default_rng(seed)
    kinds = [kind for kind in KINDS for _ in range(each)]
    finishes = [random_finish(rng, kind.colours, kind.patterns) for kind in kinds]
    pixels = np.empty((len(kinds), side, side, 3), np.uint8)
    for row, (kind, finish) in enumerate(zip(kinds, finishes, strict=True)):
        picture = draw(kind.artist(rng), finish, style, DRAWING_SIDE, rng)
        pixels[row] = np.asarray(picture.resize((side, side), Image.Resampling.BICUBIC))
    return DrawnSet(pixels, kinds, finishes)
