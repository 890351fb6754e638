"""Products newest first, page by page, over engines that order by one field and no other.

The plan is a generator that asks (`AtTime`, `UpTo`) and is sent the answers, so that the embedded
engine and the server's async client run the same one.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias


class Listed(NamedTuple):
    """A product's place in the list; compares as the list is ordered, ascending."""

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


Question: TypeAlias = AtTime | UpTo
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
