"""Translates filters into conditions on the payload's paths, in the types of either engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, get_args

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
)
from service.core.product import AttributeType
from service.repositories.shared.filter_payload import (
    HAS,
    date_path,
    kind,
    number_path,
    term,
    term_path,
)

_TYPES: tuple[AttributeType, ...] = get_args(AttributeType)

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Dialect(Generic[C]):
    """The functions that create an engine's conditions.

    If the value at a path is a list, one matching item is enough.
    """

    one_of: Callable[[str, Sequence[str]], C]
    number_range: Callable[[str, NumberRange], C]
    date_range: Callable[[str, DateRange], C]
    every: Callable[[Sequence[C]], C]
    """An empty sequence of conditions admits everything."""
    some: Callable[[Sequence[C]], C]
    no: Callable[[C], C]


def condition(filter: Filter, dialect: Dialect[C]) -> C:
    """Returns a condition that admits exactly the points whose product the filter admits."""
    match filter:
        case And(parts):
            return dialect.every([condition(part, dialect) for part in parts])
        case Or(parts):
            return dialect.some([condition(part, dialect) for part in parts])
        case Not(part):
            return dialect.no(condition(part, dialect))
        case Exists(subject):
            return dialect.one_of(HAS, [kind(subject.name, type_) for type_ in _TYPES])
        case OneOf(Attribute(name), values):
            return dialect.one_of(term_path(name), [term(name, value) for value in values])
        case OneOf(subject, values):
            return dialect.one_of(
                subject.name, [value for value in values if isinstance(value, str)]
            )
        # The type is required as well, so that a range without an index reads few payloads.
        case NumberRange(subject):
            return dialect.every(
                [
                    dialect.one_of(HAS, [kind(subject.name, "number")]),
                    dialect.number_range(number_path(subject.name), filter),
                ]
            )
        case DateRange(subject):
            return dialect.every(
                [
                    dialect.one_of(HAS, [kind(subject.name, "date")]),
                    dialect.date_range(date_path(subject.name), filter),
                ]
            )
