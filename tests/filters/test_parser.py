"""The parser turns documents into filters, and points to what is wrong in others."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from service.api.problems import pointer as pointer_to
from service.core.errors import InvalidFilter
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
    Property,
    filter_digest,
    read_date,
)
from service.filters.parser import MAX_COMPARISONS, MAX_DEPTH, MAX_VALUES, read_filter

COLOUR = Attribute("colour")
PRICE = Attribute("price")
GREEN = OneOf(COLOUR, ("green",))


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, And(())),
        ({"colour": "green"}, GREEN),
        ({"price": 10}, OneOf(PRICE, (10.0,))),
        ({"in_stock": True}, OneOf(Attribute("in_stock"), (True,))),
        ({"colour": {"any": ["green", 1]}}, OneOf(COLOUR, ("green", 1.0))),
        ({"colour": {"none": ["green"]}}, Not(GREEN)),
        ({"colour": {"all": ["green"]}}, GREEN),
        ({"colour": {"exists": True}}, Exists(COLOUR)),
        ({"colour": {"exists": False}}, Not(Exists(COLOUR))),
        ({"price": {"gte": 10, "lt": 50.5}}, NumberRange(PRICE, gte=10.0, lt=50.5)),
        (
            {"released": {"gt": "2026-01-01", "lte": "2026-01-02T01:30:00+01:30"}},
            DateRange(
                Attribute("released"),
                gt=datetime(2026, 1, 1, tzinfo=UTC),
                lte=datetime(2026, 1, 2, tzinfo=UTC),
            ),
        ),
        ({"colour": "green", "not": {"colour": "green"}}, And((GREEN, Not(GREEN)))),
        ({"and": [{"colour": "green"}, {}]}, And((GREEN, And(())))),
        ({"or": [{"colour": "green"}]}, Or((GREEN,))),
        ({"name": "Shoe"}, OneOf(Property("name"), ("Shoe",))),
        ({"product_id": {"any": ["a", "b"]}}, OneOf(Property("product_id"), ("a", "b"))),
    ],
)
def test_documents_are_parsed(document: Any, expected: Filter) -> None:
    assert read_filter(document) == expected


@pytest.mark.parametrize("name", ["and", "or", "not", "name", "product_id", "attributes.x", "a.b"])
def test_the_prefix_allows_any_attribute_name(name: str) -> None:
    assert read_filter({f"attributes.{name}": 1}) == OneOf(Attribute(name), (1.0,))


def nested(depth: int) -> dict[str, Any]:
    return {"not": nested(depth - 1)} if depth else {"colour": "green"}


@pytest.mark.parametrize(
    ("document", "pointer", "words"),
    [
        (3, "", "an object such as"),
        (["colour"], "", "a list"),
        ({"colour": None}, "/colour", '"exists": false'),
        ({"colour": ["a", "b"]}, "/colour", '"any"'),
        ({"colour": {}}, "/colour", "empty"),
        ({"a/b~c": {"gte": "cheap"}}, "/a~1b~0c/gte", "RFC 3339"),
        ({"price": {"gte": "2026-01-01T10:00:00"}}, "/price/gte", "zone"),
        ({"price": {"gte": "2026-02-30"}}, "/price/gte", "RFC 3339"),
        ({"price": {"gte": True}}, "/price/gte", "a boolean"),
        ({"price": {"gte": None}}, "/price/gte", "null"),
        ({"price": {"gte": 1, "lt": "2026-01-01"}}, "/price", "two numbers or two dates"),
        ({"price": {"gte": 2**53}}, "/price/gte", "loses digits"),
        ({"price": -(2**53)}, "/price", "loses digits"),
        ({"price": float("nan")}, "/price", "finite"),
        ({"price": {"lt": float("inf")}}, "/price/lt", "finite"),
        ({"price": {"gtee": 1}}, "/price/gtee", "did you mean 'gte'?"),
        ({"price": {"$in": [1]}}, "/price/$in", "did you mean 'any'?"),
        ({"price": {"eq": 1}}, "/price/eq", "the value itself"),
        ({"price": {"zzz": 1}}, "/price/zzz", "use any, all, none, gt"),
        ({"tags": {"any": []}}, "/tags/any", "empty"),
        ({"tags": {"any": "sale"}}, "/tags/any", "give a list"),
        ({"tags": {"any": ["a", ["b"]]}}, "/tags/any/1", "a list"),
        ({"tags": {"all": ["a", {"b": 1}]}}, "/tags/all/1", "an object"),
        ({"tags": {"exists": 1}}, "/tags/exists", "true or false"),
        ({"not": [{"a": 1}]}, "/not", "a list"),
        ({"or": {"a": 1}}, "/or", "give a list of filters"),
        ({"or": []}, "/or", "empty"),
        ({"and": [{"a": 1}, 3]}, "/and/1", "a number"),
        ({"name": 3}, "/name", "is a string"),
        ({"name": {"gte": "a"}}, "/name/gte", "'attributes.name'"),
        ({"name": {"anny": ["a"]}}, "/name/anny", "did you mean 'any'?"),
        ({"": 1}, "/", "name is empty"),
        ({"attributes.": 1}, "/attributes.", "name is empty"),
        ({"x" * 65: 1}, "/" + "x" * 65, "65 characters"),
        ({"colour": "x" * 1025}, "/colour", "1,025 characters"),
        ({"colour": "a\x00"}, "/colour", "NUL"),
        ({"colour": "\ud800"}, "/colour", "surrogate"),
        (nested(MAX_DEPTH + 1), "/not" * (MAX_DEPTH + 1), "deep"),
        ({f"a{n}": 1 for n in range(MAX_COMPARISONS + 1)}, f"/a{MAX_COMPARISONS}", "comparisons"),
        ({"a": {"any": list(range(MAX_VALUES + 1))}}, "/a/any", "values"),
    ],
)
def test_invalid_documents_are_refused_with_a_pointer(
    document: Any, pointer: str, words: str
) -> None:
    with pytest.raises(InvalidFilter) as caught:
        read_filter(document)

    assert pointer_to(caught.value.place) == pointer
    assert words in caught.value.detail


def test_documents_at_the_limits_are_accepted() -> None:
    read_filter(nested(MAX_DEPTH))
    read_filter({f"a{n}": 1 for n in range(MAX_COMPARISONS)})
    read_filter({"a": {"any": list(range(MAX_VALUES))}})


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", "2026-01-31T00:00:00+00:00"),
        ("2026-01-31t23:59:59.1234567z", "2026-01-31T23:59:59.123456+00:00"),
        ("2026-01-31 10:00:00-05:00", "2026-01-31T15:00:00+00:00"),
        ("0001-01-01T00:00:00+00:01", None),
        ("2026-01-31T10:00:00", None),
        ("2026-01-31T24:00:00Z", None),
        ("20260131", None),
        ("2026-W05", None),
        ("2026-01-31\n", None),
        ("٢٠٢٦-01-31", None),
        ("2026-13-01", None),
    ],
)
def test_dates_are_those_of_rfc_3339(text: str, moment: str | None) -> None:
    assert read_date(text) == (None if moment is None else datetime.fromisoformat(moment))


def test_the_digest_depends_on_the_meaning_and_not_on_the_order() -> None:
    one = {"a": {"any": [1, "x"]}, "or": [{"b": 1}, {"not": {"c": {"lt": 3}}}]}
    same = {"or": [{"not": {"c": {"lt": 3.0}}}, {"b": 1.0}], "a": {"any": ["x", 1]}}
    others = [
        {**one, "a": {"any": [True, "x"]}},
        {**one, "d": 1},
        {"a": one["a"], "and": one["or"]},
        {},
        {"not": {}},
    ]

    assert filter_digest(read_filter(one)) == filter_digest(read_filter(same))
    digests = {json.dumps(other): filter_digest(read_filter(other)) for other in [one, *others]}
    assert len(set(digests.values())) == len(digests)
