"""Finds the most frequent values of an attribute among the terms of all attributes on its path."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TypeAlias

from service.core.filter import And, Attribute, Exists, Filter
from service.core.index import FacetValue
from service.repositories.shared.filter_payload import term_start, term_value

FIRST_TERMS = 10_000
ALL_TERMS = 1_000_000
"""The largest number of terms that a Qdrant server returns."""

Plan: TypeAlias = Generator[int, Sequence[tuple[str, int]], Sequence[FacetValue]]


def most_frequent(name: str, limit: int) -> Plan:
    """Yields how many of the most frequent terms it needs, and is sent them with their counts.

    It asks for more terms until it has `limit` values or all terms. The result is exact for up to
    ALL_TERMS terms on the path.
    """
    found: list[FacetValue] = []
    start = term_start(name)
    for asked in (FIRST_TERMS, ALL_TERMS):
        hits = yield asked
        own = [(text, count) for text, count in hits if count and text.startswith(start)]
        found = [FacetValue(term_value(text), count) for text, count in own]
        if len(found) >= limit or len(hits) < asked:
            break
    return sorted(found, key=_order)[:limit]


def counted(name: str, filter: Filter | None) -> Filter:
    """Returns the filter of the products to count: those that have the attribute.

    Otherwise the terms of all attributes on the path would be counted, for all products.
    """
    has = Exists(Attribute(name))
    return has if filter is None else And((has, filter))


def _order(value: FacetValue) -> tuple[int, str, str]:
    return -value.count, type(value.value).__name__, str(value.value)
