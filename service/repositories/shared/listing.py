"""Lists products in order, page by page, on engines that can only sort by one number.

A plan is a generator that yields questions and is sent the answers. The embedded engine, which is
synchronous, and the asynchronous client of the server therefore run the same plans.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from service.repositories.shared.filter_payload import ORDER_LEVELS, ORDER_PATHS, id_order
from service.repositories.shared.payload import CREATED_US, PRODUCT_ID

LISTED_FIELDS = [CREATED_US, PRODUCT_ID]
"""The fields of a payload that `listed` needs."""


class Listed(NamedTuple):
    """A product's position in the lists. The order of the tuples is the order by time."""

    created_us: int
    product_id: str
    point_id: str


@dataclass(frozen=True, slots=True)
class Sorting:
    """Asks for the first `limit` products, sorted by the number at `path`, from `start` on."""

    path: str
    descending: bool
    start: int | None
    limit: int


@dataclass(frozen=True, slots=True)
class Question:
    """Asks for products with these numbers at these paths.

    Without a sorting, all of them are asked for, in any order.
    """

    numbers: Mapping[str, int]
    sorting: Sorting | None = None


Plan: TypeAlias = Generator[Question, list[Listed], list[Listed]]


def listed(point_id: object, payload: Mapping[str, Any] | None) -> Listed:
    """Returns the position of a primary point, whose payload has at least LISTED_FIELDS."""
    fields = payload or {}
    return Listed(fields[CREATED_US], fields[PRODUCT_ID], str(point_id))


def newest(limit: int, after: tuple[int, str] | None) -> Plan:
    """Returns the `limit` products after `after`, a (created_us, product_id), newest first."""
    found: list[Listed] = []
    latest = None
    if after is not None:
        ties = yield _made_at(after[0])
        found = sorted((item for item in ties if item[:2] < after), reverse=True)
        latest = after[0] - 1
    missing = limit - len(found)
    if missing > 0:
        rest = yield Question({}, Sorting(CREATED_US, True, latest, missing))
        if len(rest) == missing:  # more products may have the time of the last one
            last = rest[-1].created_us
            rest = [item for item in rest if item.created_us > last] + (yield _made_at(last))
        found += sorted(rest, reverse=True)
    return found[:limit]


def by_id(limit: int, after: str | None) -> Plan:
    """Returns the `limit` products with ids after `after`, by the code points of their ids."""
    if after is None:
        return (yield from _ids_from((), None, limit))
    order = id_order(after)
    ties = yield Question(_prefix(order))
    found = sorted((item for item in ties if item.product_id > after), key=_by_id)
    for level in reversed(range(ORDER_LEVELS)):
        if len(found) < limit:
            found += yield from _ids_from(order[:level], order[level] + 1, limit - len(found))
    return found[:limit]


def _ids_from(prefix: tuple[int, ...], least: int | None, limit: int) -> Plan:
    """Returns products whose `id_order` begins with `prefix` and continues with `least` or more.

    Products with the same numbers are asked for together, and sorted here.
    """
    level = len(prefix)
    if level == ORDER_LEVELS:
        return sorted((yield Question(_prefix(prefix))), key=_by_id)[:limit]
    sorting = Sorting(ORDER_PATHS[level], False, least, limit)
    found = yield Question(_prefix(prefix), sorting)
    if len(found) < limit:
        return sorted(found, key=_by_id)
    last = id_order(found[-1].product_id)[level]  # more products may have this number
    whole = [item for item in found if id_order(item.product_id)[level] < last]
    rest = yield from _ids_from((*prefix, last), None, limit - len(whole))
    return sorted(whole, key=_by_id) + rest


def _made_at(created_us: int) -> Question:
    return Question({CREATED_US: created_us})


def _prefix(prefix: tuple[int, ...]) -> dict[str, int]:
    return dict(zip(ORDER_PATHS, prefix, strict=False))


def _by_id(item: Listed) -> str:
    return item.product_id
