"""The kinds of sketched goods, the two styles they are drawn in, and labelled sets of pictures.

The compact encoders learn from pictures in TRAINING_STYLE. TESTING_STYLE has other backgrounds
and an outline in every picture, and is kept from the training: tests of the encoders use it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from drawing import backgrounds
from drawing.goods.sketched import garments, household, vehicles
from drawing.goods.sketched.parts import Artist
from drawing.palette import COLOURS
from drawing.patterns import PATTERNS
from drawing.sketch import Colouring, Style, draw, random_colouring


@dataclass(frozen=True)
class Kind:
    """A kind of sketched goods, with the label and group that photos of it have."""

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
"""Side in pixels at which sketches are drawn before they are resized."""

TRAINING_STYLE: Final = Style(backgrounds.TRAINING, outlined_share=0.4, max_turn_degrees=24)
TESTING_STYLE: Final = Style(backgrounds.TESTING, outlined_share=1.0, max_turn_degrees=16)


@dataclass(frozen=True)
class DrawnSet:
    """Pictures (n, side, side, 3) in uint8, and for each its kind and its colouring."""

    pixels: npt.NDArray[np.uint8]
    kinds: list[Kind]
    colourings: list[Colouring]


def draw_set(each: int, side: int, style: Style, seed: int) -> DrawnSet:
    """`each` pictures of every kind, all from one seed."""
    rng = np.random.default_rng(seed)
    kinds = [kind for kind in KINDS for _ in range(each)]
    colourings = [random_colouring(rng, kind.colours, kind.patterns) for kind in kinds]
    pixels = np.empty((len(kinds), side, side, 3), np.uint8)
    for row, (kind, colouring) in enumerate(zip(kinds, colourings, strict=True)):
        picture = draw(kind.artist(rng), colouring, style, DRAWING_SIDE, rng)
        pixels[row] = np.asarray(picture.resize((side, side), Image.Resampling.BICUBIC))
    return DrawnSet(pixels, kinds, colourings)
