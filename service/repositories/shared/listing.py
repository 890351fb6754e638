"""Products in order, page by page, over engines that order by one number and nothing else.

A plan is a generator that asks questions and is sent the answers, so that the embedded engine and
the server's async client run the same one.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from service.repositories.shared.filter_payload import ORDER_LEVELS, id_order


class Listed(NamedTuple):
    """A product's place in the lists; compares as the one by time is ordered, ascending."""

    created_us: int
    product_id: str
    point_id: str


@dataclass(frozen=True, slots=True)
class AtTime:
    """Every product made in this microsecond, in any order."""

    created_us: int


@dataclass(frozen=True, slots=True)
class UpTo:
    """The newest `limit` products made at or before `created_us` (None: ever), newest first."""

    created_us: int | None
    limit: int


@dataclass(frozen=True, slots=True)
class WithPrefix:
    """Every product whose `id_order` begins so, in any order."""

    prefix: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class From:
    """Of those with the prefix, the first `limit` by their next number, `least` or more of it."""

    prefix: tuple[int, ...]
    least: int | None
    limit: int


Question: TypeAlias = AtTime | UpTo | WithPrefix | From
Plan: TypeAlias = Generator[Question, list[Listed], list[Listed]]


def newest(limit: int, after: tuple[int, str] | None) -> Plan:
    """The `limit` products behind `after`, a (created_us, product_id), newest first."""
    found: list[Listed] = []
    bound = None
    if after is not None:
        ties = yield AtTime(after[0])
        found = sorted((item for item in ties if item[:2] < after), reverse=True)
        bound = after[0] - 1
    missing = limit - len(found)
    if missing > 0:
        rest = yield UpTo(bound, missing)
        if len(rest) == missing:  # the page may have cut through the last microsecond
            last = rest[-1].created_us
            rest = [item for item in rest if item.created_us > last] + (yield AtTime(last))
        found += sorted(rest, reverse=True)
    return found[:limit]


def by_id(limit: int, after: str | None) -> Plan:
    """The `limit` products whose ids come behind `after`, by the code points of their ids."""
    if after is None:
        return (yield from _ids_from((), None, limit))
    order = id_order(after)
    ties = yield WithPrefix(order)
    found = sorted((item for item in ties if item.product_id > after), key=_by_id)
    for level in reversed(range(ORDER_LEVELS)):
        if len(found) < limit:
            found += yield from _ids_from(order[:level], order[level] + 1, limit - len(found))
    return found[:limit]


def _ids_from(prefix: tuple[int, ...], least: int | None, limit: int) -> Plan:
    """In order; those that share all their numbers are asked for together and sorted here."""
    level = len(prefix)
    if level == ORDER_LEVELS:
        return sorted((yield WithPrefix(prefix)), key=_by_id)[:limit]
    found = yield From(prefix, least, limit)
    if len(found) < limit:
        return sorted(found, key=_by_id)
    last = id_order(found[-1].product_id)[level]  # the page may have cut through these
    whole = [item for item in found if id_order(item.product_id)[level] < last]
    rest = yield from _ids_from((*prefix, last), None, limit - len(whole))
    return sorted(whole, key=_by_id) + rest


def _by_id(item: Listed) -> str:
    return item.product_id
