"""Filters on products, as a tree; `service.filters.parser` reads them from JSON."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from service.core.errors import Place

Scalar: TypeAlias = str | float | bool
"""What attributes are compared with. Numbers are floats: 10 equals 10.0, and true is no number."""

RFC_3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}([Tt ]([01]\d|2[0-3]):\d{2}:\d{2}(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):\d{2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute by its name, as the products have it."""

    name: str


@dataclass(frozen=True, slots=True)
class Property:
    """`name` or `product_id` of the product itself."""

    name: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value, or an item where it is a list, is one of these."""

    subject: Attribute | Property
    values: tuple[Scalar, ...]
    places: tuple[Place, ...] = field(default=(), compare=False, repr=False)
    """Where the document that was read says each."""


@dataclass(frozen=True, slots=True)
class NumberRange:
    """The value is a number between the bounds that are given."""

    subject: Attribute
    gt: float | None = None
    gte: float | None = None
    lt: float | None = None
    lte: float | None = None
    at: Place = field(default=(), compare=False, repr=False)
    """Where the document that was read says the first bound."""


@dataclass(frozen=True, slots=True)
class DateRange:
    """The value is a string with an RFC 3339 date or time between the bounds that are given."""

    subject: Attribute
    gt: datetime | None = None
    gte: datetime | None = None
    lt: datetime | None = None
    lte: datetime | None = None
    at: Place = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Exists:
    """The product has the attribute, whatever its value."""

    subject: Attribute


@dataclass(frozen=True, slots=True)
class Every:
    """All of these; none at all admits every product."""

    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of these."""

    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class No:
    """What this does not admit, products without the attribute among it."""

    filter: Filter


Comparison: TypeAlias = OneOf | NumberRange | DateRange | Exists
Filter: TypeAlias = Comparison | Every | Some | No


def comparisons(filter: Filter) -> list[Comparison]:
    """The leaves of the tree, from left to right."""
    if isinstance(filter, (Every, Some)):
        return [leaf for part in filter.filters for leaf in comparisons(part)]
    return comparisons(filter.filter) if isinstance(filter, No) else [filter]


def fingerprint(filter: Filter) -> str:
    """The same for filters that say the same in another order; to tell lists apart by."""
    match filter:
        case Every(parts) | Some(parts):
            inner = sorted({fingerprint(part) for part in parts})
        case No(part):
            inner = [fingerprint(part)]
        case OneOf(subject, values):
            inner = [repr(subject), *sorted({repr(value) for value in values})]
        case _:
            inner = [repr(filter)]
    text = "\n".join([type(filter).__name__, *inner])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_date(text: str) -> datetime | None:
    """An RFC 3339 date or time, in UTC and to the microsecond; a date is its first instant in UTC.

    None for any other text, and for a time whose instant lies outside the years 1 to 9999.
    """
    if RFC_3339.fullmatch(text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text.upper().replace(" ", "T"))
        return moment.replace(tzinfo=UTC) if len(text) == 10 else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
