"""Reads `goods.csv`: the kinds of goods of the sample catalogue, and how each is drawn and sold."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from drawing.layers import Drawing

TABLE: Final = Path(__file__).with_name("goods.csv")

PLACES: Final = {
    "lying": ("wood", "plaster", "marble", "studio"),
    "standing": ("studio", "two-tone", "arch", "table"),
    "parked": ("showroom", "street", "studio", "two-tone", "seaside"),
    "wall": ("plaster", "studio"),
}
"""The names of the backgrounds that suit each place in which goods are shown."""

Artist: TypeAlias = Callable[[np.random.Generator], Drawing]


@dataclass(frozen=True, slots=True)
class Good:
    """A kind of goods, which the catalogue has in several finishes."""

    noun: str
    artist: Artist
    category: str
    kind: str
    price: float
    tags: tuple[str, ...]
    place: str
    """A key of PLACES."""
    finishes: tuple[str, ...]
    """One finish for each product, written as "paint" or as "paint/second paint pattern"."""
    description: str

    @property
    def lies(self) -> bool:
        """True if the goods lie flat and are seen from above."""
        return self.place == "lying"


@cache
def goods() -> tuple[Good, ...]:
    """The rows of the table, in its order."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        return tuple(_good(row) for row in csv.DictReader(file))


def _good(row: dict[str, str]) -> Good:
    module, _, artist = row["artist"].partition(".")
    return Good(
        noun=row["noun"],
        artist=getattr(import_module(f"drawing.goods.shaded.{module}"), artist),
        category=row["category"],
        kind=row["kind"],
        price=float(row["price"]),
        tags=tuple(row["tags"].split(", ")),
        place=row["place"],
        finishes=tuple(row["finishes"].split(", ")),
        description=row["description"],
    )
