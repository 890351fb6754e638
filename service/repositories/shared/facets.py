"""The most frequent values of one attribute, from counts of terms that it shares with others."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TypeAlias

from service.core.filter import And, Attribute, Exists, Filter
from service.core.index import FacetValue
from service.repositories.shared.filter_payload import term_start, term_value

FIRST_TERMS = 10_000
ALL_TERMS = 1_000_000
"""What a Qdrant server answers at most."""

Plan: TypeAlias = Generator[int, Sequence[tuple[str, int]], Sequence[FacetValue]]


def most_frequent(name: str, limit: int) -> Plan:
    """Asks for so many of the most frequent terms, and is sent them with their counts.

    The answer is complete where the terms ran out, and exact where `limit` values were among them.
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
    """Of what the filter admits, the products with the attribute: few where it is rare.

    Without it the terms of all attributes on the path are counted, at every product.
    """
    has = Exists(Attribute(name))
    return has if filter is None else And((has, filter))


def _order(value: FacetValue) -> tuple[int, str, str]:
    return -value.count, type(value.value).__name__, str(value.value)
