"""Checks filters against the types that attributes have in the catalogue."""

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
    """Refuses filters that compare an attribute with a type that it has in no product."""

    def __init__(self, store: VectorStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._read: tuple[float, Types] | None = None

    async def all(self) -> Types:
        """Reads the present types, and only those of the MAX_ATTRIBUTES most frequent names."""
        types = await self._store.attribute_types(limit=MAX_ATTRIBUTES)
        self._read = (self._clock(), types)
        return types

    async def check(self, filter: Filter) -> None:
        """Raises InvalidFilter with the place if a comparison can admit no product.

        An attribute that no product has is accepted. Types that were read seconds ago suffice to
        accept a filter, but it takes the present ones to refuse it. If there are too many
        attributes to read them all, nothing is refused.
        """
        read = self._read
        fresh = read is not None and self._clock() - read[0] < TYPES_AGE_S
        if read is not None and fresh and _type_error(filter, read[1]) is None:
            return
        types = await self.all()
        error = _type_error(filter, types)
        if error is not None and sum(map(len, types.values())) < MAX_ATTRIBUTES:
            raise error


def _type_error(filter: Filter, types: Types) -> InvalidFilter | None:
    for comparison in comparisons(filter):
        held = types.get(comparison.subject.name, frozenset())
        if held and isinstance(comparison.subject, Attribute):
            error = _first_missing_type(comparison, held)
            if error is not None:
                return _mismatch(comparison.subject.name, *error, held)
    return None


def _first_missing_type(
    comparison: Comparison, held: Collection[AttributeType]
) -> tuple[str, Place] | None:
    """Returns the first type that no product has, in words, and the place of its use."""
    match comparison:
        case NumberRange(at=at):
            return None if "number" in held else ("a number", at)
        case DateRange(at=at):
            return None if "date" in held else ("a date", at)
        case OneOf(_, values, places):
            asked = (
                (kind, place)
                for value, place in zip(values, places, strict=True)
                if (kind := _missing_type(value, held)) is not None
            )
            return next(asked, None)
        case Exists():
            return None


def _missing_type(value: Scalar, held: Collection[AttributeType]) -> str | None:
    if isinstance(value, bool):
        return None if "boolean" in held else "a boolean"
    if isinstance(value, float):
        return None if "number" in held else "a number"
    return None if _TEXTUAL.intersection(held) else "a string"


def _mismatch(
    name: str, asked: str, place: Place, held: Collection[AttributeType]
) -> InvalidFilter:
    words = " and ".join(_IN_WORDS[type_] for type_ in sorted(held))
    return InvalidFilter(
        f"The attribute {name!r} holds only {words}, so comparing it with {asked} admits no"
        " product. Compare it with one of those types.",
        place=place,
    )
