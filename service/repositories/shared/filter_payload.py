"""Copies the attributes into each point's payload, in the form that filters need.

The indexed paths and their values are:

    filter.has               ["colour","string"]       one for each attribute, with its type
    filter.terms.<bucket>    ["colour","green"]        one for each value, as JSON
    filter.numbers.<hash>    12.5                      the attribute's number
    filter.dates.<hash>      2026-01-31T00:00:00Z      its date, where the string is one
    filter.order.<n>         48 bits                   six bytes of the product id, to sort by it

An attribute's name may contain any character, so paths contain its hash instead. The terms of all
attributes share a few paths, so that new names do not need new indexes.
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
"""The number of paths for terms. Each index takes about 6 MB of memory, but fewer buckets make
facets slower, because the facet of an attribute reads its whole bucket."""
TERM_PATHS = tuple(f"{FILTER}.terms.{bucket:02x}" for bucket in range(BUCKETS))

ORDER_LEVELS = 4
ORDER_BYTES = 6
"""The bytes in one number. The engines compare numbers as doubles, which hold 53 bits exactly."""
ORDER_PATHS = tuple(f"{FILTER}.order.{level}" for level in range(ORDER_LEVELS))

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

MAX_RANGE_INDEXES = 32
"""The most paths of numbers and dates with an index. Ranges on other paths read the payloads."""


def to_filter_payload(attributes: Attributes) -> dict[str, Any]:
    """Returns the part of the payload that filters read."""
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
    """Returns the paths of numbers and dates in these parts of payloads.

    The value of each path is `numbers` or `dates`.
    """
    return {
        f"{FILTER}.{table}.{hashed}": table
        for one in filters
        for table in ("numbers", "dates")
        for hashed in one[table]
    }


def id_order(product_id: str) -> tuple[int, ...]:
    """Returns the first bytes of the id as numbers, which sort as the ids do."""
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
    """Returns a text that is equal for equal values of an attribute.

    It differs for different names, values or types.
    """
    if isinstance(value, float):
        value += 0.0  # turns -0.0 into 0.0
    return _json([name, value])


def term_start(name: str) -> str:
    """Returns the beginning that all terms of this attribute have, and no others."""
    return _json([name])[:-1] + ","


def term_value(text: str) -> str | int | float | bool:
    """Returns the value in a text from `term`. A whole number is returned as an integer."""
    value: str | int | float | bool = json.loads(text)[1]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    return value


def kind(name: str, type_: AttributeType) -> str:
    return _json([name, type_])


def read_kinds(texts: Iterable[str]) -> dict[str, frozenset[AttributeType]]:
    """Returns the types of each attribute, from the texts that `kind` returned."""
    types: dict[str, frozenset[AttributeType]] = {}
    for text in texts:
        name, type_ = json.loads(text)
        types[name] = types.get(name, frozenset()) | {type_}
    return types


def date_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def type_of(value: AttributeValue) -> AttributeType:
    """Returns the type of a value. A string that is an RFC 3339 date or time is a date."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string" if read_date(value) is None else "date"
    return "list"


def scalars(value: AttributeValue) -> Iterator[Scalar]:
    """Yields the values that filters compare: the items of a list, or the value itself."""
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
