"""The sample catalogue: which products there are, and the pictures to search it with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final

import numpy as np

from service.core.product import Attributes, ProductFields
from service.samples.drawing.canvas import Finish
from service.samples.drawing.layers import Colour
from service.samples.drawing.scene import Angle, Scene, jpeg
from service.samples.goods import GOODS, LYING, PAINTS, Good

ID_PREFIX: Final = "sample-"

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


@dataclass(frozen=True, slots=True)
class Sample:
    """One product of the catalogue; its picture is drawn when it is asked for."""

    product_id: str
    fields: ProductFields
    scene: Scene

    def picture(self) -> bytes:
        """A JPEG; the same bytes on every call. It takes a processor some 0.1 s."""
        return jpeg(self.scene)


@dataclass(frozen=True, slots=True)
class Example:
    """A picture to search with; no product has it."""

    name: str
    title: str
    scene: Scene

    def picture(self) -> bytes:
        return jpeg(self.scene)


@cache
def samples() -> tuple[Sample, ...]:
    """All products, each kind together."""
    return tuple(_sample(good, choice) for good in GOODS for choice in good.choices)


@cache
def examples() -> Mapping[str, Example]:
    """The pictures to search with, by their names; the first is the one to begin with."""
    every = (
        _example("query", "A green sports car", "sports car", "green", "seaside"),
        _example("red-mug", "A red mug", "mug", "red", "table"),
        _example("striped-t-shirt", "A striped t-shirt", "t-shirt", "white/navy striped", "wood"),
        _example("green-apple", "A green apple", "apple", "green", "two-tone"),
        _example("blue-shoe", "A blue shoe", "shoe", "blue", "arch"),
        _example("red-dress", "A red dress", "dress", "red", "plaster"),
    )
    return {example.name: example for example in every}


def another_view(noun: str, choice: str, background: str, seed: int) -> Scene:
    """A good as in the catalogue, at another angle: turned, slanted, foreshortened."""
    good = next(good for good in GOODS if good.noun == noun)
    rng = np.random.default_rng([seed, _seed(f"{noun} {choice}")])
    lies = good.backgrounds == LYING
    angle = Angle(
        flipped=bool(rng.random() < 0.5),
        turn_degrees=float(rng.uniform(-14, 14) if lies else rng.uniform(-3, 3)),
        slope=float(rng.uniform(-0.09, 0.09)),
        squeeze=float(rng.uniform(0.84, 0.95)),
        scale=float(rng.uniform(0.8, 1.0)),
        centre=(float(rng.uniform(0.46, 0.54)), float(rng.uniform(0.47, 0.53))),
    )
    tint = TINTS[int(rng.integers(len(TINTS)))]
    finish, _, _ = _finish(choice)
    return Scene(good.artist, finish, background, tint, angle, int(rng.integers(2**31)))


def _sample(good: Good, choice: str) -> Sample:
    finish, paint, colour = _finish(choice)
    words = paint if finish.pattern == "plain" else f"{paint} {finish.pattern}"
    name = f"{words} {good.noun}".capitalize()
    product_id = ID_PREFIX + name.lower().replace(" ", "-")
    rng = np.random.default_rng(_seed(product_id))
    return Sample(
        product_id,
        ProductFields(name, good.description, _attributes(good, finish.pattern, colour, rng)),
        _catalogue_scene(good, finish, rng),
    )


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
    """As shops write it: whole hundreds of cars, and nine tenths or a half of small things."""
    if price >= 1000:
        return float(round(price, -2))
    if price >= 100:
        return float(round(price))
    return int(price) + (0.9 if price >= 5 else 0.5)


def _catalogue_scene(good: Good, finish: Finish, rng: np.random.Generator) -> Scene:
    lies = good.backgrounds == LYING
    angle = Angle(
        flipped=bool(rng.random() < 0.3),
        turn_degrees=float(rng.normal(0, 3)) if lies else 0.0,
        scale=float(rng.uniform(0.88, 0.98)),
    )
    background = str(rng.choice(good.backgrounds))
    tint = TINTS[int(rng.integers(len(TINTS)))]
    return Scene(good.artist, finish, background, tint, angle, int(rng.integers(2**31)))


def _finish(choice: str) -> tuple[Finish, str, str]:
    """The finish, the paint's name and its basic colour, of "paint" or "paint/second pattern"."""
    paint, _, rest = choice.partition("/")
    second, _, pattern = rest.rpartition(" ")
    colour, body = PAINTS[paint]
    other = PAINTS[second or ("white" if colour != "white" else "navy")][1]
    return Finish(body, other, pattern or "plain"), paint, colour


def _example(name: str, title: str, noun: str, choice: str, background: str) -> Example:
    return Example(name, title, another_view(noun, choice, background, seed=1))


def _seed(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
