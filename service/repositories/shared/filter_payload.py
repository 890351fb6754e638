"""What filters look at: a copy of the attributes, in each point's payload, under indexed paths.

    filter.has               ["colour","string"]       one for each attribute, with its type
    filter.terms.<bucket>    ["colour","green"]        one for each value, as JSON
    filter.numbers.<hash>    12.5                      the attribute's number
    filter.dates.<hash>      2026-01-31T00:00:00Z      its date, where the string is one
    filter.order.<n>         48 bits                   of the product id, six bytes each: its order

An attribute's name may hold anything, so it is never part of a path: its hash is. Terms of all
attributes share a few paths, so that the number of indexes does not follow the number of names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from service.core.filter import Scalar, read_date
from service.core.product import Attributes, AttributeType, AttributeValue

FILTER = "filter"
HAS = f"{FILTER}.has"
BUCKETS = 16
"""Every index takes some 6 MB of memory; the facet of an attribute reads its whole bucket."""
TERM_PATHS = tuple(f"{FILTER}.terms.{bucket:02x}" for bucket in range(BUCKETS))

ORDER_LEVELS = 4
ORDER_BYTES = 6
"""Engines compare through doubles, which keep 53 bits."""
ORDER_PATHS = tuple(f"{FILTER}.order.{level}" for level in range(ORDER_LEVELS))

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

MAX_RANGE_INDEXES = 32
"""Paths of numbers and dates beyond these have no index: ranges on them read payloads."""


def to_filter_payload(attributes: Attributes) -> dict[str, Any]:
    """The part of the payload that filters look at."""
    terms: dict[str, list[str]] = {}
    numbers: dict[str, float] = {}
    dates: dict[str, str] = {}
    for name, value in attributes.items():
        own = [term(name, scalar) for scalar in scalars(value)]
        terms.setdefault(term_path(name).rpartition(".")[2], []).extend(dict.fromkeys(own))
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            numbers[_hash(name)] = float(value)
        elif isinstance(value, str) and (moment := read_date(value)) is not None:
            dates[_hash(name)] = date_text(moment)
    has = [kind(name, type_of(value)) for name, value in attributes.items()]
    return {"has": has, "terms": terms, "numbers": numbers, "dates": dates}


def range_paths(filters: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The paths of numbers and dates in these parts of payloads, each with its kind's name."""
    return {
        f"{FILTER}.{table}.{hashed}": table
        for one in filters
        for table in ("numbers", "dates")
        for hashed in one[table]
    }


def id_order(product_id: str) -> tuple[int, ...]:
    """The first bytes of the id as numbers that are ordered as the ids are."""
    length = ORDER_LEVELS * ORDER_BYTES
    data = product_id.encode()[:length].ljust(length, b"\0")
    starts = range(0, length, ORDER_BYTES)
    return tuple(int.from_bytes(data[start : start + ORDER_BYTES]) for start in starts)


def term_path(name: str) -> str:
    return TERM_PATHS[int(_hash(name)[:8], 16) % BUCKETS]


def number_path(name: str) -> str:
    return f"{FILTER}.numbers.{_hash(name)}"


def date_path(name: str) -> str:
    return f"{FILTER}.dates.{_hash(name)}"


def term(name: str, value: Scalar) -> str:
    """The same text for equal values, and another one for any other name, value or type."""
    if isinstance(value, float):
        value += 0.0  # the zero below zero is zero
    return _json([name, value])


def term_start(name: str) -> str:
    """What the terms of this attribute begin with, and those of no other."""
    return _json([name])[:-1] + ","


def term_value(text: str) -> str | int | float | bool:
    """What `term` wrote the value of; whole numbers come back as such."""
    value: str | int | float | bool = json.loads(text)[1]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    return value


def kind(name: str, type_: AttributeType) -> str:
    return _json([name, type_])


def read_kinds(texts: Iterable[str]) -> dict[str, frozenset[AttributeType]]:
    """What `kind` wrote of many attributes: the types of each name."""
    types: dict[str, frozenset[AttributeType]] = {}
    for text in texts:
        name, type_ = json.loads(text)
        types[name] = types.get(name, frozenset()) | {type_}
    return types


def date_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def type_of(value: AttributeValue) -> AttributeType:
    """A string that is an RFC 3339 date or time is a date."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string" if read_date(value) is None else "date"
    return "list"


def scalars(value: AttributeValue) -> Iterator[Scalar]:
    """What the value is compared by: its items where it is a list."""
    if isinstance(value, (bool, str)):
        yield value
    elif isinstance(value, (int, float)):
        yield float(value)
    else:
        yield from value


@lru_cache(maxsize=4096)
def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def _json(value: object) -> str:
    return _ENCODER.encode(value)
