"""Defines filters on products as a tree, which `service.filters.parser` reads from JSON."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, TypeAlias, TypeVar

from service.core.errors import Place

Scalar: TypeAlias = str | float | bool
"""A value that attributes are compared with.

Numbers are floats, so that 10 equals 10.0. A boolean is not a number.
"""

Bound = TypeVar("Bound", float, datetime)

RFC_3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}([Tt ]([01]\d|2[0-3]):\d{2}:\d{2}(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):\d{2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of the products, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Property:
    """A field of the product itself: `name` or `product_id`."""

    name: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """Admits products whose value, or one of its items if it is a list, is among `values`."""

    subject: Attribute | Property
    values: tuple[Scalar, ...]
    places: tuple[Place, ...] = field(default=(), compare=False, repr=False)
    """The places of the values in the document that was read."""


@dataclass(frozen=True, slots=True)
class Range(Generic[Bound]):
    """Admits products whose value lies between the given bounds."""

    subject: Attribute
    gt: Bound | None = None
    gte: Bound | None = None
    lt: Bound | None = None
    lte: Bound | None = None
    at: Place = field(default=(), compare=False, repr=False)
    """The place of the first bound in the document that was read."""


class NumberRange(Range[float]):
    """Admits products whose value is a number between the bounds."""


class DateRange(Range[datetime]):
    """Admits products whose value is a string with an RFC 3339 date or time in the range."""


@dataclass(frozen=True, slots=True)
class Exists:
    """Admits products that have the attribute, whatever its value."""

    subject: Attribute


@dataclass(frozen=True, slots=True)
class And:
    """Admits what all of the filters admit. Without any filter it admits every product."""

    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Admits what at least one of the filters admits."""

    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Admits what the filter does not admit, including products without the attribute."""

    filter: Filter


Comparison: TypeAlias = OneOf | NumberRange | DateRange | Exists
Filter: TypeAlias = Comparison | And | Or | Not


def comparisons(filter: Filter) -> list[Comparison]:
    """Returns the leaves of the tree, from left to right."""
    if isinstance(filter, (And, Or)):
        return [leaf for part in filter.filters for leaf in comparisons(part)]
    return comparisons(filter.filter) if isinstance(filter, Not) else [filter]


def filter_digest(filter: Filter) -> str:
    """Returns a hash that does not depend on the order of the filter's parts and values."""
    match filter:
        case And(parts) | Or(parts):
            inner = sorted({filter_digest(part) for part in parts})
        case Not(part):
            inner = [filter_digest(part)]
        case OneOf(subject, values):
            inner = [repr(subject), *sorted({repr(value) for value in values})]
        case _:
            inner = [repr(filter)]
    text = "\n".join([type(filter).__name__, *inner])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_date(text: str) -> datetime | None:
    """Parses an RFC 3339 date or time, to the microsecond and in UTC.

    A date means its first instant in UTC. Returns None for any other text, and for an instant
    outside the years 1 to 9999.
    """
    if RFC_3339.fullmatch(text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text.upper().replace(" ", "T"))
        return moment.replace(tzinfo=UTC) if len(text) == 10 else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
