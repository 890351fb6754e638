"""Translates filters into conditions of a Qdrant server."""

from __future__ import annotations

from collections.abc import Sequence

from qdrant_client import models

from service.core.filter import DateRange, Filter, NumberRange
from service.repositories.shared.conditions import Dialect, condition
from service.repositories.shared.payload import CREATED_US, EARLIEST_US


def to_condition(filter: Filter) -> models.Condition:
    return condition(filter, _DIALECT)


def products_only(filter: Filter | None) -> models.Filter:
    """Admits only the primary point of each product, as no other point has a creation time."""
    conditions: list[models.Condition] = [
        models.FieldCondition(key=CREATED_US, range=models.Range(gte=EARLIEST_US))
    ]
    if filter is not None:
        conditions.append(to_condition(filter))
    return models.Filter(must=conditions)


def filter_of(
    must: list[models.Condition], must_not: list[models.Condition] | None = None
) -> models.Filter | None:
    return models.Filter(must=must, must_not=must_not) if must or must_not else None


def has_any(path: str, values: Sequence[str]) -> models.Condition:
    return models.FieldCondition(key=path, match=models.MatchAny(any=list(values)))


def is_number(path: str, number: int) -> models.Condition:
    return models.FieldCondition(key=path, match=models.MatchValue(value=number))


def _number_range(path: str, bounds: NumberRange) -> models.Condition:
    within = models.Range(gt=bounds.gt, gte=bounds.gte, lt=bounds.lt, lte=bounds.lte)
    return models.FieldCondition(key=path, range=within)


def _date_range(path: str, bounds: DateRange) -> models.Condition:
    within = models.DatetimeRange(gt=bounds.gt, gte=bounds.gte, lt=bounds.lt, lte=bounds.lte)
    return models.FieldCondition(key=path, range=within)


_DIALECT: Dialect[models.Condition] = Dialect(
    one_of=has_any,
    number_range=_number_range,
    date_range=_date_range,
    every=lambda conditions: models.Filter(must=list(conditions)),
    some=lambda conditions: models.Filter(should=list(conditions)),
    no=lambda one: models.Filter(must_not=[one]),
)
