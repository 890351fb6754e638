"""Parses filters from JSON documents into trees, and points to what is wrong in them.

The keys of an object are attributes, the fields `name` and `product_id`, and the words `and`, `or`
and `not`. Several keys mean all of them. `attributes.x` is the attribute `x`, even if `x` is one of
these words.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from service.core.attribute_rules import (
    MAX_ATTRIBUTE_STRING_CHARS,
    MAX_WHOLE_NUMBER,
    check_attribute_name,
)
from service.core.errors import InvalidFilter, InvalidProduct, Place
from service.core.filter import (
    And,
    Attribute,
    DateRange,
    Exists,
    Filter,
    Not,
    NumberRange,
    OneOf,
    Or,
    Property,
    Scalar,
    read_date,
)
from service.core.text import check_text, kind_of

MAX_DEPTH = 8
"""The largest depth to which `and`, `or` and `not` may be nested."""
MAX_COMPARISONS = 64
MAX_VALUES = 256
"""The largest number of values in all lists of a filter together."""

PROPERTIES = ("name", "product_id")
LITERAL = "attributes."
BOUNDS = ("gt", "gte", "lt", "lte")
LISTS = ("any", "all", "none")
PROPERTY_OPERATORS = ("any", "none")
OPERATORS = (*LISTS, *BOUNDS, "exists")
SYNONYMS = {
    "in": "any",
    "contains": "any",
    "nin": "none",
    "ne": "none",
    "min": "gte",
    "max": "lte",
    "from": "gte",
    "to": "lte",
    "after": "gt",
    "before": "lt",
}
"""The names that other query languages give to the operators."""
EQUALITY_WORDS = frozenset({"eq", "equals", "is", "==", "=", "$eq"})

T = TypeVar("T")


def read_filter(document: object) -> Filter:
    """Parses a JSON value. Raises InvalidFilter with the place."""
    return _Reader().filter(document, (), depth=0)


class _Reader:
    """Parses one document, and limits the number of its comparisons and values."""

    def __init__(self) -> None:
        self._comparisons = 0
        self._values = 0

    def filter(self, document: object, at: Place, *, depth: int) -> Filter:
        if not isinstance(document, Mapping):
            raise InvalidFilter(
                f'A filter is an object such as {{"colour": "green"}}; this is'
                f" {kind_of(document)}.",
                place=at,
            )
        if depth > MAX_DEPTH:
            raise InvalidFilter(
                f"The filter is nested more than {MAX_DEPTH} deep; make it flatter.", place=at
            )
        return _every(self._entry(key, value, (*at, key), depth) for key, value in document.items())

    def _entry(self, key: str, value: object, at: Place, depth: int) -> Filter:
        if key == "not":
            return Not(self.filter(value, at, depth=depth + 1))
        if key in ("and", "or"):
            parts = tuple(
                self.filter(part, (*at, n), depth=depth + 1)
                for n, part in enumerate(_list(value, "filters", at))
            )
            return And(parts) if key == "and" else Or(parts)
        if key in PROPERTIES:
            return self._condition(Property(key), value, at)
        name = _checked(lambda: check_attribute_name(key.removeprefix(LITERAL)), at)
        return self._condition(Attribute(name), value, at)

    def _condition(self, subject: Attribute | Property, value: object, at: Place) -> Filter:
        if isinstance(value, Mapping):
            return self._operators(subject, value, at)
        if isinstance(value, list):
            raise InvalidFilter(
                'Compare a list by "any", "all" or "none": {"any": [...]} admits products that have'
                " one of its items.",
                place=at,
            )
        return self._one_of(subject, [(at, value)], at)

    def _operators(
        self, subject: Attribute | Property, operators: Mapping[str, object], at: Place
    ) -> Filter:
        known = PROPERTY_OPERATORS if isinstance(subject, Property) else OPERATORS
        if not operators:
            raise InvalidFilter(
                f"This object is empty; give a value, or an operator: {_listed(known)}.",
                place=at,
            )
        for name in operators:
            if name not in known:
                raise InvalidFilter(_unknown(name, subject, known), place=(*at, name))
        found = [
            self._operator(subject, name, value, (*at, name))
            for name, value in operators.items()
            if name not in BOUNDS
        ]
        bounds = {name: value for name, value in operators.items() if name in BOUNDS}
        if bounds and isinstance(subject, Attribute):
            found.append(self._range(subject, bounds, at))
        return _every(found)

    def _operator(
        self, subject: Attribute | Property, name: str, value: object, at: Place
    ) -> Filter:
        if name == "exists" and isinstance(subject, Attribute):
            if not isinstance(value, bool):
                raise InvalidFilter(f"This is {kind_of(value)}; give true or false.", place=at)
            self._count(at)
            return Exists(subject) if value else Not(Exists(subject))
        values = [((*at, n), item) for n, item in enumerate(_list(value, "values", at))]
        if name == "all":
            return _every(self._one_of(subject, [value], at) for value in values)
        one_of = self._one_of(subject, values, at)
        return one_of if name == "any" else Not(one_of)

    def _one_of(
        self, subject: Attribute | Property, values: Sequence[tuple[Place, object]], at: Place
    ) -> Filter:
        """Reads the values, each of which comes with its place."""
        self._count(at)
        self._values += len(values)
        if self._values > MAX_VALUES:
            raise InvalidFilter(
                f"The filter has more than {MAX_VALUES} values; give fewer.", place=at
            )
        scalars = tuple(_scalar(value, subject, place) for place, value in values)
        return OneOf(subject, scalars, tuple(place for place, _ in values))

    def _range(self, subject: Attribute, bounds: Mapping[str, object], at: Place) -> Filter:
        self._count(at)
        read = {name: _bound(value, (*at, name)) for name, value in bounds.items()}
        numbers = {name: bound for name, bound in read.items() if isinstance(bound, float)}
        dates = {name: bound for name, bound in read.items() if isinstance(bound, datetime)}
        if numbers and dates:
            raise InvalidFilter(
                "One bound is a number and the other a date; give two numbers or two dates.",
                place=at,
            )
        first = (*at, next(iter(bounds)))
        return (
            NumberRange(subject, **numbers, at=first)
            if numbers
            else DateRange(subject, **dates, at=first)
        )

    def _count(self, at: Place) -> None:
        self._comparisons += 1
        if self._comparisons > MAX_COMPARISONS:
            raise InvalidFilter(
                f"The filter makes more than {MAX_COMPARISONS} comparisons; give fewer.",
                place=at,
            )


def _every(filters: Iterable[Filter]) -> Filter:
    parts = tuple(filters)
    return parts[0] if len(parts) == 1 else And(parts)


def _list(value: object, of: str, at: Place) -> list[object]:
    if not isinstance(value, list):
        raise InvalidFilter(f"This is {kind_of(value)}; give a list of {of}.", place=at)
    if not value:
        raise InvalidFilter(f"This list is empty; give at least one of the {of}.", place=at)
    return value


def _scalar(value: object, subject: Attribute | Property, at: Place) -> Scalar:
    if value is None:
        raise InvalidFilter(
            'An attribute is never null; {"exists": false} admits products without it.', place=at
        )
    if isinstance(value, str):
        return _checked(
            lambda: check_text(value, "This string", longest=MAX_ATTRIBUTE_STRING_CHARS), at
        )
    if isinstance(subject, Property):
        raise InvalidFilter(
            f"The product's {subject.name} is a string; this is {kind_of(value)}.", place=at
        )
    if isinstance(value, (list, Mapping)):
        raise InvalidFilter(
            f"This is {kind_of(value)}; give a string, a number, true or false.", place=at
        )
    return value if isinstance(value, bool) else _number(value, at)


def _number(value: object, at: Place) -> float:
    if not isinstance(value, (int, float)) or (isinstance(value, float) and math.isnan(value)):
        raise InvalidFilter("Give a finite number.", place=at)
    if isinstance(value, int) and abs(value) > MAX_WHOLE_NUMBER:
        raise InvalidFilter(
            f"A whole number beyond ±{MAX_WHOLE_NUMBER} loses digits in JSON; no attribute has"
            " such a value.",
            place=at,
        )
    if math.isinf(value):
        raise InvalidFilter("Give a finite number.", place=at)
    return float(value)


def _bound(value: object, at: Place) -> float | datetime:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _number(value, at)
    if not isinstance(value, str):
        raise InvalidFilter(f"A bound is a number or a date; this is {kind_of(value)}.", place=at)
    moment = read_date(value)
    if moment is None:
        raise InvalidFilter(
            "A bound is a number, an RFC 3339 date such as 2026-01-31, or a time with its zone such"
            " as 2026-01-31T09:30:00Z; other strings cannot be compared by order.",
            place=at,
        )
    return moment


def _unknown(name: str, subject: Attribute | Property, known: tuple[str, ...]) -> str:
    what = f"There is no operator {name[:64]!r}"
    if name in EQUALITY_WORDS:
        return f'{what}; to compare for equality give the value itself: {{"colour": "green"}}.'
    if isinstance(subject, Property) and name in OPERATORS:
        return (
            f"The product's {subject.name} cannot be compared by {name!r}; use {_listed(known)}."
            f" An attribute with this name is written {LITERAL + subject.name!r}."
        )
    close = difflib.get_close_matches(name.lower().lstrip("$"), known, n=1)
    guess = SYNONYMS.get(name.lower().lstrip("$"), close[0] if close else None)
    hint = f"did you mean {guess!r}?" if guess in known else f"use {_listed(known)}."
    return f"{what}; {hint}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _checked(check: Callable[[], T], at: Place) -> T:
    try:
        return check()
    except InvalidProduct as exc:
        raise InvalidFilter(exc.detail, place=at) from exc
