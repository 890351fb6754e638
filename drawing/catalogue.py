"""Lists the products of the sample catalogue and the pictures to search it with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypedDict

import numpy as np

from drawing.canvas import Finish
from drawing.goods.table import PLACES, Good, goods
from drawing.layers import Colour
from drawing.palette import PRODUCT_PAINTS
from drawing.scene import Angle, Scene

TINTS: Final[tuple[Colour, ...]] = (
    (232, 226, 218),
    (222, 228, 232),
    (236, 222, 216),
    (224, 230, 220),
    (228, 222, 234),
    (240, 232, 208),
    (216, 224, 226),
)

FIRST_DAY: Final = date(2026, 1, 1)
DAYS: Final = 240
IN_STOCK_SHARE: Final = 0.8


class Attributes(TypedDict):
    category: str
    kind: str
    colour: str
    pattern: str
    price: float
    in_stock: bool
    rating: float
    tags: list[str]
    added: str


@dataclass(frozen=True, slots=True)
class Product:
    """A product of the catalogue, and the scene of its picture."""

    product_id: str
    name: str
    description: str
    attributes: Attributes
    scene: Scene

    @property
    def image(self) -> str:
        return f"{self.product_id}.jpg"


@dataclass(frozen=True, slots=True)
class Query:
    """A picture to search with; no product has it."""

    name: str
    title: str
    scene: Scene

    @property
    def image(self) -> str:
        return f"queries/{self.name}.jpg"


def products() -> list[Product]:
    """All products, each kind together."""
    return [_product(good, words) for good in goods() for words in good.finishes]


def queries() -> list[Query]:
    """The pictures to search with; the first is the one to begin with."""
    return [
        _query("query", "A green sports car", "sports car", "green", "seaside"),
        _query("red-mug", "A red mug", "mug", "red", "table"),
        _query("striped-t-shirt", "A striped t-shirt", "t-shirt", "white/navy striped", "wood"),
        _query("green-apple", "A green apple", "apple", "green", "two-tone"),
        _query("blue-shoe", "A blue shoe", "shoe", "blue", "arch"),
        _query("red-dress", "A red dress", "dress", "red", "plaster"),
    ]


def another_view(noun: str, finish: str, background: str, seed: int) -> Scene:
    """A product of the catalogue seen at a random other angle, before any background."""
    good = next(good for good in goods() if good.noun == noun)
    rng = np.random.default_rng([seed, _seed(f"{noun} {finish}")])
    angle = Angle(
        flipped=bool(rng.random() < 0.5),
        turn_degrees=float(rng.uniform(-14, 14) if good.lies else rng.uniform(-3, 3)),
        slope=float(rng.uniform(-0.09, 0.09)),
        squeeze=float(rng.uniform(0.84, 0.95)),
        scale=float(rng.uniform(0.8, 1.0)),
        centre=(float(rng.uniform(0.46, 0.54)), float(rng.uniform(0.47, 0.53))),
    )
    return _scene(good, _finish(finish)[0], background, angle, rng)


def _product(good: Good, words: str) -> Product:
    finish, paint, colour = _finish(words)
    look = paint if finish.pattern == "plain" else f"{paint} {finish.pattern}"
    name = f"{look} {good.noun}".capitalize()
    product_id = "sample-" + name.lower().replace(" ", "-")
    rng = np.random.default_rng(_seed(product_id))
    attributes = _attributes(good, finish.pattern, colour, rng)
    angle = Angle(
        flipped=bool(rng.random() < 0.3),
        turn_degrees=float(rng.normal(0, 3)) if good.lies else 0.0,
        scale=float(rng.uniform(0.88, 0.98)),
    )
    background = str(rng.choice(PLACES[good.place]))
    scene = _scene(good, finish, background, angle, rng)
    return Product(product_id, name, good.description, attributes, scene)


def _attributes(good: Good, pattern: str, colour: str, rng: np.random.Generator) -> Attributes:
    return {
        "category": good.category,
        "kind": good.kind,
        "colour": colour,
        "pattern": pattern,
        "price": _price(good.price * rng.uniform(0.8, 1.25)),
        "in_stock": bool(rng.random() < IN_STOCK_SHARE),
        "rating": round(float(rng.uniform(3.0, 5.0)), 1),
        "tags": [*good.tags, *(["sale"] if rng.random() < 0.15 else [])],
        "added": (FIRST_DAY + timedelta(days=int(rng.integers(DAYS)))).isoformat(),
    }


def _price(price: float) -> float:
    """Rounds as shops do: cars to hundreds, small things to end in .90 or .50."""
    if price >= 1000:
        return float(round(price, -2))
    if price >= 100:
        return float(round(price))
    return int(price) + (0.9 if price >= 5 else 0.5)


def _finish(words: str) -> tuple[Finish, str, str]:
    """Reads a finish as in `goods.csv`; returns it, its paint's name and its basic colour."""
    paint, _, rest = words.partition("/")
    second, _, pattern = rest.rpartition(" ")
    colour, body = PRODUCT_PAINTS[paint]
    other = PRODUCT_PAINTS[second or ("white" if colour != "white" else "navy")][1]
    return Finish(body, other, pattern or "plain"), paint, colour


def _scene(
    good: Good, finish: Finish, background: str, angle: Angle, rng: np.random.Generator
) -> Scene:
    tint = TINTS[int(rng.integers(len(TINTS)))]
    return Scene(good.artist, finish, background, tint, angle, int(rng.integers(2**31)))


def _query(name: str, title: str, noun: str, finish: str, background: str) -> Query:
    return Query(name, title, another_view(noun, finish, background, seed=1))


def _seed(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
