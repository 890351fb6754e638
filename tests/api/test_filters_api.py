"""Filters, facets and lists on the wire: on every call that takes them, in every form."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from service.filters.types import MAX_ATTRIBUTES
from tests.api.conftest import PNG, Site, pointers, problem

GOODS: dict[str, dict[str, Any]] = {
    "shoe": {"colour": "green", "price": 49.9, "tags": ["sale", "new"], "released": "2026-03-01"},
    "boot": {"colour": "green", "price": 120, "tags": ["new"], "not": "yes"},
    "sock": {"colour": "red", "price": 5, "in_stock": True},
}
GREEN = {"colour": "green"}


@pytest.fixture
async def shop(site: Site) -> Site:
    for name, attributes in GOODS.items():
        response = await site.put(name, name=name.title(), attributes=json.dumps(attributes))
        assert response.status_code == 201
    return site


async def ask(shop: Site, call: str, **fields: Any) -> httpx.Response:
    """The same fields on any call, written as that call takes them."""
    texts = {name: json.dumps(value) for name, value in fields.items()}
    if call == "image":
        return await shop.client.post("/search/image", data=texts, files={"image": ("q.png", PNG)})
    if call == "form":
        mixed = {"parts": '[{"image": "q.png", "weight": 2}, {"text": "a shoe"}]', **texts}
        return await shop.client.post("/search/image", data=mixed, files={"image": ("q.png", PNG)})
    if call == "text":
        return await shop.client.post("/search/text", json={"query": "a shoe", **fields})
    if call == "json":
        return await shop.client.post("/search", json={"parts": [{"text": "a shoe"}], **fields})
    address = "/products" if call == "list" else "/products/sock/similar"
    return await shop.client.get(address, params=texts)


def ids(response: httpx.Response) -> set[str]:
    assert response.status_code == 200, response.text
    body = response.json()
    if "hits" in body:
        return {hit["product"]["product_id"] for hit in body["hits"]}
    assert body["total"] == len(body["items"])
    return {item["product_id"] for item in body["items"]}


CALLS = pytest.mark.parametrize("call", ["image", "form", "text", "json", "similar", "list"])


@CALLS
async def test_every_call_takes_a_filter(shop: Site, call: str) -> None:
    assert ids(await ask(shop, call, filter=GREEN)) == {"shoe", "boot"}
    assert ids(await ask(shop, call, filter={**GREEN, "price": {"lt": 50}})) == {"shoe"}
    assert ids(await ask(shop, call, filter={"nobody has it": 1})) == set()
    assert "shoe" in ids(await ask(shop, call, filter={}))


@CALLS
async def test_every_call_counts_facets_over_all_that_the_filter_admits(
    shop: Site, call: str
) -> None:
    answer = await ask(shop, call, filter=GREEN, facets=["tags", "price", "nobody", "tags"])

    assert answer.json()["facets"] == {
        "tags": [{"value": "new", "count": 2}, {"value": "sale", "count": 1}],
        "price": [{"value": 49.9, "count": 1}, {"value": 120, "count": 1}],
        "nobody": [],
    }
    assert "facets" not in (await ask(shop, call)).json()
    assert (await ask(shop, call, facets=[])).json()["facets"] == {}


@CALLS
@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"filter": {"price": {"gte": "cheap"}}}, "/filter/price/gte"),
        ({"filter": {"price": {"gtt": 1}}}, "/filter/price/gtt"),
        ({"filter": ["colour"]}, "/filter"),
        ({"filter": {"or": [{"a": 1}, {"b": {"any": []}}]}}, "/filter/or/1/b/any"),
        ({"facets": {"colour": 1}}, "/facets"),
        ({"facets": ["a", ""]}, "/facets/1"),
        ({"facets": [f"a{n}" for n in range(17)]}, "/facets"),
    ],
)
async def test_what_cannot_be_used_is_refused_by_place(
    shop: Site, call: str, fields: dict[str, Any], pointer: str
) -> None:
    response = await ask(shop, call, **fields)

    assert (response.status_code, pointers(response)) == (422, [pointer])


@CALLS
@pytest.mark.parametrize(
    ("filter", "pointer", "words"),
    [
        ({"colour": {"gte": 3}}, "/filter/colour/gte", "holds only strings"),
        ({"price": "5"}, "/filter/price", "holds only numbers"),
        ({"not": {"in_stock": {"any": [True, "true"]}}}, "/filter/not/in_stock/any/1", "booleans"),
        ({"colour": {"lt": "2026-01-01"}}, "/filter/colour/lt", "a date"),
    ],
)
async def test_a_comparison_with_a_type_that_no_product_has_is_refused(
    shop: Site, call: str, filter: dict[str, Any], pointer: str, words: str
) -> None:
    response = await ask(shop, call, filter=filter)

    assert pointers(response) == [pointer]
    problem(response, 422, "invalid-filter")
    assert words in response.json()["detail"]


async def test_a_type_that_a_product_has_now_is_not_refused(shop: Site) -> None:
    assert (await ask(shop, "list", filter={"price": "5"})).status_code == 422
    await shop.put("odd", attributes='{"price": "5"}')

    assert ids(await ask(shop, "list", filter={"price": "5"})) == {"odd"}


async def test_nothing_is_refused_where_there_are_too_many_types_to_know_them_all(
    shop: Site,
) -> None:
    for n in range(0, MAX_ATTRIBUTES, 50):
        many = {"price": 1, **{f"a{n + i}": "x" for i in range(50)}}
        await shop.put(f"many-{n}", attributes=json.dumps(many))
    await shop.put("odd", attributes='{"price": "5"}')

    assert ids(await ask(shop, "list", filter={"price": "5"})) == {"odd"}


async def test_words_of_the_language_name_attributes_behind_a_prefix(shop: Site) -> None:
    assert ids(await ask(shop, "list", filter={"attributes.not": "yes"})) == {"boot"}
    assert ids(await ask(shop, "list", filter={"name": {"any": ["Boot", "Sock"]}})) == {
        "boot",
        "sock",
    }
    assert ids(await ask(shop, "list", filter={"attributes.name": "Boot"})) == set()


async def test_a_patch_is_what_filters_see_next(shop: Site) -> None:
    patch = {"attributes": {"colour": None, "released": "2027-01-01"}}
    assert (await shop.client.patch("/products/shoe", json=patch)).status_code == 200

    assert ids(await ask(shop, "list", filter=GREEN)) == {"boot"}
    assert ids(await ask(shop, "list", filter={"released": {"gte": "2027-01-01"}})) == {"shoe"}


@pytest.mark.parametrize("order", ["newest", "id"])
async def test_pages_hold_every_product_once_while_others_are_added(shop: Site, order: str) -> None:
    seen: list[str] = []
    cursor = None
    for _ in range(9):
        params = {"order": order, "limit": "1", "filter": json.dumps(GREEN)}
        page = await shop.client.get(
            "/products", params=params | ({"cursor": cursor} if cursor else {})
        )
        seen += [item["product_id"] for item in page.json()["items"]]
        await shop.put(f"0-{len(seen)}", attributes=json.dumps(GREEN))
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break

    assert seen == ["boot", "shoe"]


async def test_a_cursor_belongs_to_one_order_and_filter(shop: Site) -> None:
    mine = {"order": "id", "limit": "1", "filter": '{"colour": "green", "price": {"gt": 0}}'}
    cursor = (await shop.client.get("/products", params=mine)).json()["next_cursor"]
    reordered = {**mine, "filter": '{"price": {"gt": 0.0}, "colour": "green"}', "limit": "5"}

    for other in ({**mine, "order": "newest"}, {**mine, "filter": "{}"}, {"limit": "1"}):
        response = await shop.client.get("/products", params={**other, "cursor": cursor})
        assert pointers(response) == ["/cursor"]
        problem(response, 422, "invalid-cursor")
    again = await shop.client.get("/products", params={**reordered, "cursor": cursor})
    assert [item["product_id"] for item in again.json()["items"]] == ["shoe"]


async def test_the_attributes_are_listed_with_their_types(shop: Site) -> None:
    await shop.put("odd", attributes='{"price": "5", "released": "soon"}')

    assert (await shop.client.get("/attributes")).json() == {
        "attributes": [
            {"name": "colour", "types": ["string"]},
            {"name": "in_stock", "types": ["boolean"]},
            {"name": "not", "types": ["string"]},
            {"name": "price", "types": ["number", "string"]},
            {"name": "released", "types": ["date", "string"]},
            {"name": "tags", "types": ["list"]},
        ]
    }
