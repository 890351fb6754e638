"""A wrong value is answered in one way, whether it comes in JSON, in a form or in an address."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.api.conftest import PNG, Site

TOO_DEEP: dict[str, Any] = {"colour": "green"}
for _ in range(9):
    TOO_DEEP = {"not": TOO_DEEP}

RANKING: dict[str, list[Any]] = {
    "limit": [0, 101, -1, 2.5, "many", True, [], {}],
    "offset": [-1, 1001, 0.5, "some", False, [1], {"a": 1}],
    "weights": [
        *({}, [], 3, True, {"semantic": -1}, {"semantic": "1"}, {"visual": None}),
        *({"semantic": True}, {"colour": 1}, {"semantc": 1}, {"semantic": 0, "visual": 0}),
    ],
    "min_score": ["high", True, [], {}],
    "explain": [1, 0, "yes", "on", [], {}],
    "overlay": [1, "yes", True],
    "filter": [
        *(3, "green", True, [], ["colour"], {"colour": None}, {"colour": ["a"]}, {"colour": {}}),
        *({"price": {"gtt": 1}}, {"price": {"gte": "cheap"}}, {"or": []}, {"": 1}, TOO_DEEP),
        {"tags": {"any": "sale"}},
    ],
    # A number or a boolean alone is a name in a form, where a string needs no quotes.
    "facets": [{"a": 1}, [1], ["a", ""], ["a", None], ["a" * 65], [f"a{n}" for n in range(17)]],
    "limits": [5],
    "Filter": [{}],
}
PRODUCT: dict[str, list[Any]] = {
    "name": ["", "  ", "x" * 513, "a\x00b"],
    "description": ["x" * 10_001, "a\x00"],
    "product_id": ["a/b", ".", "a\nb", "x" * 129],
    "attributes": [
        *([], 3, True, "red", {"a": None}, {"a": {}}, {"a": [1]}, {"a": ["x"] * 65}, {"": 1}),
        *({"x" * 65: 1}, {"a": "x" * 1025}, {"a": 2**53}, {f"k{n}": n for n in range(65)}),
    ],
    "atributes": [{}],
}
PARTS: list[Any] = [
    *(3, "red", True, [3], [{}], [{"text": "a", "product_id": "b"}], [{"text": 3}]),
    *([{"text": "a", "weight": "much"}], [{"text": "a", "weight": 1001}], [{"txt": "a"}]),
    *([{"text": "a", "wieght": 1}], [{"product_id": "none"}], [{"text": "a"}] * 17),
]


def cases(table: dict[str, list[Any]]) -> list[Any]:
    return [
        pytest.param(name, value, id=f"{name}-{json.dumps(value)[:30]}")
        for name, values in table.items()
        for value in values
    ]


def as_text(value: object) -> str:
    """Writes the value as a form sends it."""
    return value if isinstance(value, str) else json.dumps(value)


def told(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 422, response.text
    answer: dict[str, Any] = response.json()
    assert len(answer["errors"]) == 1, answer
    assert answer["errors"][0]["pointer"].startswith("/"), answer
    return {name: answer[name] for name in ("status", "type", "title", "detail", "errors")}


@pytest.mark.parametrize(("name", "value"), cases(RANKING))
async def test_how_to_rank(site: Site, name: str, value: object) -> None:
    await site.put("a", attributes='{"price": 3}')
    fields = {name: as_text(value)}

    by_text = await site.client.post("/search/text", json={"query": "red", name: value})
    by_parts = await site.client.post("/search", json={"parts": [{"text": "red"}], name: value})
    by_picture = await site.client.post(
        "/search/image", data=fields, files={"image": ("q.png", PNG)}
    )
    similar = await site.client.get("/products/a/similar", params=fields)

    expected = told(by_text)
    names = [told(one) for one in (by_parts, by_picture, similar)]
    if name in ("limits", "Filter"):  # The names there are differ from call to call.
        assert [one["errors"][0]["pointer"] for one in names] == [f"/{name}"] * 3
        assert all("did you mean" in one["detail"] for one in [expected, *names])
    else:
        assert names == [expected] * 3


@pytest.mark.parametrize(("name", "value"), cases(PRODUCT))
async def test_what_a_product_is(site: Site, name: str, value: object) -> None:
    fields = {"name": "Shoe", name: as_text(value)}
    entry = {"name": "Shoe", name: value, "images": ["a.png"]}
    files = {"files": ("a.png", PNG)}

    in_form = await site.client.post("/products", data=fields, files={"image": ("a.png", PNG)})
    batch = await site.client.post(
        "/products/batch", data={"manifest": json.dumps([entry])}, files=files
    )

    expected, failed = told(in_form), batch.json()["results"][0]["problem"]
    failed["errors"][0]["pointer"] = failed["errors"][0]["pointer"].removeprefix("/manifest/0")
    if name == "atributes":
        assert "did you mean 'attributes'?" in expected["detail"] == failed["detail"]
    else:
        assert {name: failed[name] for name in expected} == expected


@pytest.mark.parametrize("value", PARTS, ids=lambda value: json.dumps(value)[:40])
async def test_the_parts_of_a_query(site: Site, value: object) -> None:
    in_json = await site.client.post("/search", json={"parts": value})
    data = {"parts": as_text(value)}
    in_form = await site.client.post("/search/image", data=data, files={"image": ("q.png", PNG)})

    expected, given = told(in_json), told(in_form)
    if "A part must have" in expected["detail"]:  # In a form, it can also be an image.
        assert given["errors"][0]["pointer"] == expected["errors"][0]["pointer"]
    else:
        assert given == expected


async def test_an_unknown_name_inside_a_part_gets_a_suggestion(site: Site) -> None:
    response = await site.client.post("/search", json={"parts": [{"text": "a", "wieght": 1}]})

    assert told(response)["detail"] == "There is no field 'wieght'; did you mean 'weight'?"


@pytest.mark.parametrize(
    ("name", "value"),
    [("limit", 2.0), ("filter", None), ("weights", None), ("facets", None), ("min_score", None)],
)
async def test_what_is_right_is_right_everywhere(site: Site, name: str, value: object) -> None:
    in_json = await site.client.post("/search/text", json={"query": "red", name: value})
    in_form = await site.client.post(
        "/search/image", data={name: as_text(value)}, files={"image": ("q.png", PNG)}
    )

    assert (in_json.status_code, in_form.status_code) == (200, 200)
