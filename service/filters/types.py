"""Types of attributes, learned from the products, and filters checked against them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping

from service.core.errors import InvalidFilter, Place
from service.core.filter import (
    Attribute,
    Comparison,
    DateRange,
    Exists,
    Filter,
    NumberRange,
    OneOf,
    Scalar,
    comparisons,
)
from service.core.interfaces import VectorStore
from service.core.product import AttributeType

MAX_ATTRIBUTES = 1000
TYPES_AGE_S = 10.0
Types = Mapping[str, frozenset[AttributeType]]
_IN_WORDS: Mapping[AttributeType, str] = {
    "string": "strings",
    "number": "numbers",
    "boolean": "booleans",
    "list": "lists of strings",
    "date": "dates",
}


_TEXTUAL: frozenset[AttributeType] = frozenset({"string", "list", "date"})


class AttributeTypes:
    """Refuses filters that compare an attribute with what no product has in it."""

    def __init__(self, store: VectorStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._read: tuple[float, Types] | None = None

    async def all(self) -> Types:
        """As they are now; of more than MAX_ATTRIBUTES names the most frequent ones."""
        types = await self._store.attribute_types(limit=MAX_ATTRIBUTES)
        self._read = (self._clock(), types)
        return types

    async def check(self, filter: Filter) -> None:
        """Raises InvalidFilter with the place; an attribute that nobody has clashes with nothing.

        Types of a few seconds ago are enough to admit a filter, but not to refuse one; neither are
        the types of so many attributes that they were not all read.
        """
        read = self._read
        fresh = read is not None and self._clock() - read[0] < TYPES_AGE_S
        if read is not None and fresh and _clash(filter, read[1]) is None:
            return
        types = await self.all()
        clash = _clash(filter, types)
        if clash is not None and sum(map(len, types.values())) < MAX_ATTRIBUTES:
            raise clash


def _clash(filter: Filter, types: Types) -> InvalidFilter | None:
    for comparison in comparisons(filter):
        held = types.get(comparison.subject.name, frozenset())
        if held and isinstance(comparison.subject, Attribute):
            clash = _first_not_held(comparison, held)
            if clash is not None:
                return _complaint(comparison.subject.name, *clash, held)
    return None


def _first_not_held(
    comparison: Comparison, held: Collection[AttributeType]
) -> tuple[str, Place] | None:
    """What is asked for and not held, in words, and its place."""
    match comparison:
        case NumberRange(at=at):
            return None if "number" in held else ("a number", at)
        case DateRange(at=at):
            return None if "date" in held else ("a date", at)
        case OneOf(_, values, places):
            asked = (
                (kind, place)
                for value, place in zip(values, places, strict=True)
                if (kind := _not_held(value, held)) is not None
            )
            return next(asked, None)
        case Exists():
            return None


def _not_held(value: Scalar, held: Collection[AttributeType]) -> str | None:
    if isinstance(value, bool):
        return None if "boolean" in held else "a boolean"
    if isinstance(value, float):
        return None if "number" in held else "a number"
    return None if _TEXTUAL.intersection(held) else "a string"


def _complaint(
    name: str, asked: str, place: Place, held: Collection[AttributeType]
) -> InvalidFilter:
    words = " and ".join(_IN_WORDS[type_] for type_ in sorted(held))
    return InvalidFilter(
        f"The attribute {name!r} holds {words} in every product; comparing it"
        f" with {asked} admits none. Give one of those, or give the products such a value.",
        place=place,
    )
