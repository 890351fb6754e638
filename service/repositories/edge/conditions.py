"""Translates filters into conditions of the embedded engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import qdrant_edge as engine

from service.core.filter import DateRange, Filter, NumberRange
from service.repositories.shared.conditions import Dialect, condition
from service.repositories.shared.filter_payload import date_text
from service.repositories.shared.payload import CREATED_US, EARLIEST_US

if TYPE_CHECKING:
    from qdrant_edge import ConditionType as Condition


def to_condition(filter: Filter) -> Condition:
    return condition(filter, _DIALECT)


def products_only(filter: Filter | None) -> engine.Filter:
    """Admits only the primary point of each product, as no other point has a creation time."""
    conditions: list[Condition] = [
        engine.FieldCondition(CREATED_US, range=engine.RangeFloat(gte=EARLIEST_US))
    ]
    if filter is not None:
        conditions.append(to_condition(filter))
    return engine.Filter(must=conditions)


def filter_of(
    must: list[Condition], must_not: list[Condition] | None = None
) -> engine.Filter | None:
    """Returns None without conditions, because an empty filter is evaluated for every point."""
    return engine.Filter(must=must, must_not=must_not) if must or must_not else None


def has_any(path: str, values: Sequence[str]) -> Condition:
    return engine.FieldCondition(path, match=engine.MatchAny(list(values)))


def is_number(path: str, number: int) -> Condition:
    return engine.FieldCondition(path, match=engine.MatchValue(number))


def _number_range(path: str, bounds: NumberRange) -> Condition:
    within = engine.RangeFloat(gt=bounds.gt, gte=bounds.gte, lt=bounds.lt, lte=bounds.lte)
    return engine.FieldCondition(path, range=within)


def _date_range(path: str, bounds: DateRange) -> Condition:
    given = {name: getattr(bounds, name) for name in ("gt", "gte", "lt", "lte")}
    texts = {name: date_text(moment) for name, moment in given.items() if moment is not None}
    return engine.FieldCondition(path, range=engine.RangeDateTime(**texts))


_DIALECT: Dialect[Condition] = Dialect(
    one_of=has_any,
    number_range=_number_range,
    date_range=_date_range,
    every=lambda conditions: engine.Filter(must=list(conditions)),
    some=lambda conditions: engine.Filter(should=list(conditions)),
    no=lambda one: engine.Filter(must_not=[one]),
)
