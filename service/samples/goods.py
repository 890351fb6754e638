"""The kinds of goods that the sample catalogue has: how each is drawn, named and sold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from service.samples.drawing import (
    accessories,
    bags,
    belongings,
    bottoms,
    cars,
    footwear,
    furniture,
    headwear,
    kitchen,
    outdoors,
    tops,
)
from service.samples.drawing.layers import Colour, Drawing

PAINTS: Final[dict[str, tuple[str, Colour]]] = {
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
"""A paint's name, as in a product's name, to its basic colour and its sRGB."""

LYING: Final = ("wood", "plaster", "marble", "studio")
STANDING: Final = ("studio", "two-tone", "arch", "table")
PARKED: Final = ("showroom", "street", "studio", "two-tone", "seaside")


@dataclass(frozen=True, slots=True)
class Good:
    """One kind of goods. `choices` are "paint", or "paint/second pattern", one a product."""

    noun: str
    artist: Callable[[np.random.Generator], Drawing]
    category: str
    kind: str
    description: str
    price: float
    tags: tuple[str, ...]
    choices: tuple[str, ...]
    backgrounds: tuple[str, ...]


def _choices(text: str) -> tuple[str, ...]:
    return tuple(choice.strip() for choice in text.split(","))


GOODS: Final = (
    Good(
        "sports car",
        cars.sports_car,
        "vehicles",
        "car",
        "A low two-seater with wide wheels and a steep windscreen.",
        64900,
        ("sports car", "two seats"),
        _choices(
            "green, dark green, emerald, light green, red, dark red, blue, sky blue, yellow,"
            " orange, black, white, silver"
        ),
        PARKED,
    ),
    Good(
        "hatchback",
        cars.hatchback,
        "vehicles",
        "car",
        "A small family car with four doors, easy to park.",
        21900,
        ("hatchback", "family"),
        _choices("green, emerald, red, blue, sky blue, white, grey"),
        PARKED,
    ),
    Good(
        "pickup",
        cars.pickup,
        "vehicles",
        "car",
        "A pickup with two doors and an open bed.",
        33900,
        ("pickup", "work"),
        _choices("green, red, blue, black"),
        PARKED,
    ),
    Good(
        "van",
        cars.van,
        "vehicles",
        "van",
        "A delivery van with a high roof.",
        37900,
        ("delivery", "work"),
        _choices("white, yellow, blue"),
        PARKED,
    ),
    Good(
        "bicycle",
        outdoors.bicycle,
        "vehicles",
        "bicycle",
        "A light city bicycle with a steel frame.",
        490,
        ("outdoor", "sport"),
        _choices("green, red, blue, black"),
        STANDING,
    ),
    Good(
        "ball",
        outdoors.football,
        "sport",
        "ball",
        "A ball with glued panels, size 5.",
        24,
        ("outdoor", "sport"),
        _choices("white/black plain, red/white plain, blue/yellow plain, green/white plain"),
        STANDING,
    ),
    Good(
        "t-shirt",
        tops.t_shirt,
        "clothes",
        "t-shirt",
        "A cotton t-shirt with short sleeves and a round neck.",
        19,
        ("cotton", "summer"),
        _choices(
            "green, red, blue, yellow, white, black, pink, white/navy striped,"
            " red/white striped, green/white striped, white/red dotted, navy/white dotted,"
            " olive/dark green camouflage"
        ),
        LYING,
    ),
    Good(
        "jumper",
        tops.jumper,
        "clothes",
        "jumper",
        "A warm knitted jumper with cuffs.",
        49,
        ("wool", "winter"),
        _choices("green, dark red, navy, beige, grey/white striped"),
        LYING,
    ),
    Good(
        "dress",
        tops.dress,
        "clothes",
        "dress",
        "A light dress with straps and a wide skirt.",
        59,
        ("summer", "party"),
        _choices("red, green, blue, yellow/white floral, blue/white dotted, pink/white checked"),
        LYING,
    ),
    Good(
        "trousers",
        bottoms.trousers,
        "clothes",
        "trousers",
        "Straight trousers with pockets.",
        55,
        ("cotton", "casual"),
        _choices("blue, black, beige, olive"),
        LYING,
    ),
    Good(
        "shorts",
        bottoms.shorts,
        "clothes",
        "shorts",
        "Shorts with a drawstring.",
        29,
        ("cotton", "summer"),
        _choices("red, blue, sky blue/white striped"),
        LYING,
    ),
    Good(
        "skirt",
        bottoms.skirt,
        "clothes",
        "skirt",
        "A pleated skirt with a waistband.",
        39,
        ("summer", "casual"),
        _choices("pink, navy, red/black checked"),
        LYING,
    ),
    Good(
        "shoe",
        footwear.sneaker,
        "shoes",
        "shoe",
        "A running shoe with a thick sole and white laces.",
        79,
        ("sport", "running"),
        _choices(
            "red, blue, green, black/white plain, white/red plain, yellow, pink, grey/orange plain"
        ),
        STANDING,
    ),
    Good(
        "boot",
        footwear.boot,
        "shoes",
        "boot",
        "A laced leather boot for wet days.",
        119,
        ("leather", "winter"),
        _choices("brown, black, red"),
        STANDING,
    ),
    Good(
        "cap",
        headwear.cap,
        "accessories",
        "hat",
        "A baseball cap with a stiff peak.",
        17,
        ("summer", "sport"),
        _choices("red, blue, green, black"),
        STANDING,
    ),
    Good(
        "hat",
        headwear.hat,
        "accessories",
        "hat",
        "A sun hat with a ribbon.",
        34,
        ("summer", "travel"),
        _choices("beige/navy plain, white/red plain"),
        STANDING,
    ),
    Good(
        "handbag",
        bags.handbag,
        "accessories",
        "bag",
        "A handbag with a flap and a gold clasp.",
        89,
        ("leather", "city"),
        _choices("red, brown, green, pink, black"),
        STANDING,
    ),
    Good(
        "backpack",
        bags.backpack,
        "accessories",
        "backpack",
        "A backpack with a big pocket, 20 litres.",
        64,
        ("school", "travel"),
        _choices("blue, red, green, yellow, olive/dark green camouflage"),
        STANDING,
    ),
    Good(
        "sunglasses",
        accessories.sunglasses,
        "accessories",
        "sunglasses",
        "Sunglasses with dark lenses, full UV protection.",
        27,
        ("summer", "travel"),
        _choices("black, red, blue"),
        LYING,
    ),
    Good(
        "watch",
        accessories.watch,
        "accessories",
        "watch",
        "A wrist watch with a steel case and a coloured strap.",
        129,
        ("gift", "steel"),
        _choices("brown, black, red, blue"),
        LYING,
    ),
    Good(
        "umbrella",
        belongings.umbrella,
        "accessories",
        "umbrella",
        "An umbrella with a wooden handle.",
        25,
        ("rain", "city"),
        _choices("red, blue, green, yellow, blue/white dotted"),
        STANDING,
    ),
    Good(
        "mug",
        kitchen.mug,
        "kitchen",
        "mug",
        "A ceramic mug for coffee or tea.",
        8.5,
        ("ceramic", "coffee"),
        _choices(
            "red, dark red, green, blue, yellow, white, black, blue/white striped,"
            " red/white dotted, orange"
        ),
        STANDING,
    ),
    Good(
        "plate",
        kitchen.plate,
        "kitchen",
        "plate",
        "A dinner plate of glazed ceramic.",
        12,
        ("ceramic", "dinner"),
        _choices("white/blue plain, red/white plain, green/white plain, sky blue/white plain"),
        LYING,
    ),
    Good(
        "bottle",
        kitchen.bottle,
        "kitchen",
        "bottle",
        "A glass bottle with a screw cap.",
        14,
        ("glass", "drinks"),
        _choices("green, blue, red, brown"),
        STANDING,
    ),
    Good(
        "apple",
        kitchen.apple,
        "food",
        "apple",
        "A fresh apple, crisp and juicy.",
        0.6,
        ("fruit", "fresh"),
        _choices("green, light green, red, yellow"),
        STANDING,
    ),
    Good(
        "banana",
        kitchen.banana,
        "food",
        "banana",
        "Ripe bananas.",
        1.2,
        ("fruit", "fresh"),
        _choices("yellow"),
        LYING,
    ),
    Good(
        "book",
        belongings.book,
        "books",
        "book",
        "A hardback novel, 320 pages.",
        22,
        ("reading", "gift"),
        _choices(
            "red/white plain, blue/yellow plain, green/white plain, black/red plain,"
            " yellow/navy plain, purple/yellow plain, white/black plain, orange/white plain"
        ),
        LYING,
    ),
    Good(
        "lamp",
        furniture.lamp,
        "home",
        "lamp",
        "A table lamp with a fabric shade.",
        45,
        ("light", "bedroom"),
        _choices("yellow, red, green, blue, white"),
        STANDING,
    ),
    Good(
        "chair",
        furniture.chair,
        "home",
        "chair",
        "A wooden chair with a lacquered frame.",
        75,
        ("wood", "dining"),
        _choices("red, blue, green, brown, white"),
        STANDING,
    ),
    Good(
        "table",
        furniture.table,
        "home",
        "table",
        "A wooden table for four.",
        189,
        ("wood", "dining"),
        _choices("brown, white, green"),
        STANDING,
    ),
    Good(
        "sofa",
        furniture.sofa,
        "home",
        "sofa",
        "A soft sofa with a cushion.",
        699,
        ("living room", "fabric"),
        _choices("blue/yellow plain, green/beige plain, grey/red plain, red/white plain"),
        STANDING,
    ),
    Good(
        "clock",
        furniture.clock,
        "home",
        "clock",
        "A quiet wall clock, 30 cm.",
        32,
        ("wall", "office"),
        _choices("red, blue, black"),
        ("plaster", "studio"),
    ),
    Good(
        "phone",
        belongings.phone,
        "electronics",
        "phone",
        "A smartphone with three cameras.",
        599,
        ("camera", "5G"),
        _choices("black, blue, red"),
        LYING,
    ),
    Good(
        "headphones",
        belongings.headphones,
        "electronics",
        "headphones",
        "Headphones with soft ear pads.",
        99,
        ("music", "wireless"),
        _choices("black, red, white, blue"),
        STANDING,
    ),
)
