"""The calls on products, as API clients see them."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.api.conftest import JPEG, PNG, Site, pointers, problem, running

PICTURE = [("image", ("a.png", PNG, "image/png"))]


async def test_a_product_is_created_with_its_location(site: Site) -> None:
    form = {
        "name": "Shoe",
        "product_id": "größe 42?#",
        "attributes": '{"colour": "red", "sizes": ["41"], "price": 9.5, "new": true}',
    }
    response = await site.client.post("/products", data=form, files=PICTURE)

    assert response.status_code == 201
    assert response.headers["location"] == "/products/gr%C3%B6%C3%9Fe%2042%3F%23"
    product = response.json()
    assert product["attributes"] == json.loads(form["attributes"])
    assert product["images"][0]["url"].startswith(response.headers["location"] + "/images/")
    assert product["created_at"].endswith("Z")
    again = await site.client.get(response.headers["location"])
    assert again.json() | {"near_duplicates": [], "warnings": []} == product


async def test_every_answer_to_a_cut_picture_warns(site: Site) -> None:
    def files(field: str, n: int) -> list[tuple[str, tuple[str, bytes, str]]]:
        return [(field, ("a.png", PNG + b"%d cut" % n, "image/png"))]

    name = {"name": "Shoe"}
    batch = {"manifest": json.dumps([{"product_id": "b", **name, "images": ["a.png"]}])}
    post, put, added = [
        await site.client.post("/products", data=name, files=files("image", 1)),
        await site.client.put("/products/a", data=name, files=files("image", 2)),
        await site.client.post("/products/a/images", files=files("image", 3)),
    ]
    many = await site.client.post("/products/batch", data=batch, files=files("files", 4))
    found = await site.client.post("/search/image", files=files("image", 5))
    whole = await site.client.post("/search/image", files=PICTURE)

    for answer in (post.json(), put.json(), added.json(), *many.json()["results"]):
        assert answer["warnings"] == ["Its end is missing."]
    assert found.json()["query"]["warnings"] == ["Its end is missing."]
    assert "warnings" not in whole.json()["query"]


async def test_an_id_is_made_where_none_is_given(site: Site) -> None:
    response = await site.client.post("/products", data={"name": "Shoe"}, files=PICTURE)

    assert response.status_code == 201
    assert len(response.json()["product_id"]) == 36


async def test_an_id_that_exists_is_a_conflict(site: Site) -> None:
    form = {"name": "Shoe", "product_id": "a"}
    await site.client.post("/products", data=form, files=PICTURE)

    problem(await site.client.post("/products", data=form, files=PICTURE), 409, "conflict")


async def test_put_creates_then_changes_nothing_then_replaces(site: Site) -> None:
    created, unchanged = await site.put("a"), await site.put("a")
    embedded = len(site.services.house.embedder.embedded)
    replaced = await site.put("a", name="Boot")

    assert (created.status_code, created.json()["unchanged"]) == (201, False)
    assert created.headers["location"] == "/products/a"
    assert (unchanged.status_code, unchanged.json()["unchanged"]) == (200, True)
    assert (replaced.status_code, replaced.json()["unchanged"]) == (200, False)
    assert embedded == 1


async def test_put_refuses_another_id_in_the_form(site: Site) -> None:
    response = await site.put("a", product_id="b")

    problem(response, 422, "invalid-request")
    assert pointers(response) == ["/product_id"]
    assert (await site.put("a", product_id="a")).status_code == 201


async def test_patch_merges(site: Site) -> None:
    await site.put("a", attributes='{"colour": "red", "size": 3}', description="Old.")
    patch = {"name": "Boot", "description": None, "attributes": {"size": None, "sale": True}}
    response = await site.client.patch("/products/a", json=patch)

    assert response.status_code == 200
    assert response.json()["name"] == "Boot"
    assert response.json()["description"] == ""
    assert response.json()["attributes"] == {"colour": "red", "sale": True}


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ('{"name": null}', "/name"),
        ('{"name": ""}', "/name"),
        ('{"price": 1}', "/price"),
        ('{"attributes": {"a/b": {"c": 1}}}', "/attributes/a~1b"),
        ('{"attributes": {"a": "\\ud800"}}', "/attributes/a"),
        ('{"attributes": {"a": NaN}}', ""),
        ('{"attributes": {"a": 1e999}}', ""),
        ('{"name": "a", "name": "b"}', ""),
        ("[1]", ""),
        ("{", ""),
        ("[" * 200_000, ""),
        ("9" * 5000, ""),
    ],
)
async def test_a_bad_patch_is_told_where(site: Site, patch: str, pointer: str) -> None:
    await site.put("a")
    response = await site.client.patch(
        "/products/a", content=patch, headers={"Content-Type": "application/merge-patch+json"}
    )

    assert response.status_code == 422
    assert pointers(response) == [pointer]


async def test_patch_takes_json_only(site: Site) -> None:
    response = await site.client.patch("/products/a", data={"name": "b"})

    problem(response, 415, "unsupported-media-type")
    assert "application/merge-patch+json" in response.headers["accept-patch"]


async def test_what_is_not_there_is_404(site: Site) -> None:
    for method in ("GET", "DELETE"):
        problem(await site.client.request(method, "/products/x"), 404, "not-found")
    problem(await site.client.patch("/products/x", json={}), 404, "not-found")


async def test_delete_is_final(site: Site) -> None:
    await site.put("a")
    response = await site.client.delete("/products/a")

    assert (response.status_code, response.content) == (204, b"")
    assert (await site.client.get("/products/a")).status_code == 404


async def test_the_list_pages_to_its_end(site: Site) -> None:
    for name in "abc":
        await site.put(name)
    first = (await site.client.get("/products?limit=2")).json()
    second = (
        await site.client.get("/products", params={"limit": 2, "cursor": first["next_cursor"]})
    ).json()

    assert [item["product_id"] for item in first["items"] + second["items"]] == ["c", "b", "a"]
    assert (first["total"], second["next_cursor"]) == (3, None)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("limit=x", "/limit"),
        ("limit=1&limit=2", "/limit"),
        ("limt=2", "/limt"),
        ("filter={", "/filter"),
        ("facets={}", "/facets"),
        ("order=oldest", "/order"),
        ("cursor=" + "x" * 5000, "/cursor"),
    ],
)
async def test_a_bad_query_is_told_where(site: Site, query: str, pointer: str) -> None:
    response = await site.client.get(f"/products?{query}")

    problem(response, 422, "invalid-request")
    assert pointers(response) == [pointer]


async def test_a_foreign_cursor_is_refused(site: Site) -> None:
    problem(await site.client.get("/products?cursor=bm8"), 422, "invalid-cursor")


@pytest.mark.parametrize(
    "path", ["a%2Fb", "a%2fimages%2fb", "%00", "a%0Ab", "%FF", "%ED%A0%80", "x" * 129, "x" * 10_000]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_an_impossible_id_in_the_address_is_422(site: Site, method: str, path: str) -> None:
    response = await site.client.request(method, f"/products/{path}")

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("product_id", ["a/b", ".", "..", "a\nb", "x" * 129, "x" * 10_240])
async def test_an_impossible_id_in_the_form_is_422(site: Site, product_id: str) -> None:
    form = {"name": "Shoe", "product_id": product_id}
    response = await site.client.post("/products", data=form, files=PICTURE)

    assert response.status_code == 422
    assert pointers(response) == ["/product_id"]


@pytest.mark.parametrize("product_id", ["ä ö", "a?b", "a#b", "%41", "日本", "a+b", "...", "batch"])
async def test_any_other_id_works_percent_encoded(site: Site, product_id: str) -> None:
    form = {"name": "Shoe", "product_id": product_id}
    created = await site.client.post("/products", data=form, files=PICTURE)

    assert created.status_code == 201
    found = await site.client.get(created.headers["location"])
    assert found.json()["product_id"] == product_id


async def test_a_bad_picture_is_named(site: Site) -> None:
    files = [("image", ("a.png", PNG)), ("image", ("b.jpg", b"bad"))]
    response = await site.client.post("/products", data={"name": "Shoe"}, files=files)

    problem(response, 422, "invalid-image")
    assert pointers(response) == ["/image/1"]


async def test_an_image_is_added_once_and_taken_away(site: Site) -> None:
    await site.put("a")
    url = "/products/a/images"
    added = await site.client.post(url, files={"image": ("b.jpg", JPEG)})
    again = await site.client.post(url, files={"image": ("b.jpg", JPEG)})

    assert (added.status_code, again.status_code) == (201, 200)
    assert added.headers["location"] == added.json()["url"]
    assert (await site.client.delete(added.json()["url"])).status_code == 204
    product = (await site.client.get("/products/a")).json()
    last = await site.client.delete(product["images"][0]["url"])
    problem(last, 409, "conflict")


async def test_an_image_comes_back_with_its_etag(site: Site) -> None:
    image = (await site.put("a")).json()["images"][0]
    response = await site.client.get(image["url"])

    assert response.content == PNG
    assert response.headers["content-type"] == image["media_type"]
    assert response.headers["etag"] == f'"{image["image_id"]}"'
    assert "immutable" in response.headers["cache-control"]
    assert response.headers["content-length"] == str(len(PNG))
    for known in (f'W/"x", "{image["image_id"]}"', "*"):
        cached = await site.client.get(image["url"], headers={"If-None-Match": known})
        assert (cached.status_code, cached.content) == (304, b"")
    other = await site.client.get(image["url"], headers={"If-None-Match": '"x"'})
    assert other.status_code == 200


async def test_head_is_get_without_the_body(site: Site) -> None:
    image = (await site.put("a")).json()["images"][0]
    response = await site.client.head(image["url"])

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == str(len(PNG))
    assert (await site.client.head("/products/none")).status_code == 404


async def test_thumbnails_have_their_own_etag(site: Site) -> None:
    image = (await site.put("a")).json()["images"][0]
    response = await site.client.get(image["thumbnail_url"])

    assert response.content == b"small " + PNG
    assert response.headers["content-type"] == "image/jpeg"
    assert response.headers["etag"] != f'"{image["image_id"]}"'
    problem(await site.client.get(image["url"] + "?size=huge"), 422, "invalid-request")


async def test_a_known_etag_of_a_deleted_image_is_404(site: Site) -> None:
    image = (await site.put("a")).json()["images"][0]
    await site.client.delete("/products/a")

    response = await site.client.get(image["url"], headers={"If-None-Match": "*"})
    problem(response, 404, "not-found")


async def test_answers_that_took_a_key_are_cached_privately() -> None:
    async with running(api_keys="k") as site:
        site.client.headers["X-API-Key"] = "k"
        image = (await site.put("a")).json()["images"][0]
        response = await site.client.get(image["url"])

    assert response.headers["cache-control"].startswith("private")


async def test_below_a_mount_point_addresses_say_so(site: Site) -> None:
    transport = httpx.ASGITransport(site.app, root_path="/shop")
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        response = await client.post("/shop/products", data={"name": "a"}, files=PICTURE)
        location = response.headers["location"]
        found = await client.get(location)

    assert location.startswith("/shop/products/")
    assert found.status_code == 200


async def test_a_product_has_an_etag_that_every_write_changes(site: Site) -> None:
    created = await site.put("a")
    read = await site.client.get("/products/a")
    patched = await site.client.patch("/products/a", json={"name": "Boot"})

    assert read.headers["etag"] == created.headers["etag"]
    assert patched.headers["etag"] != read.headers["etag"]
    known = {"If-None-Match": patched.headers["etag"]}
    again = await site.client.get("/products/a", headers=known)
    assert (again.status_code, again.content) == (304, b"")


CHANGES = [
    ("PATCH", "", {"json": {"name": "Shoe"}}),
    ("PUT", "", {"data": {"name": "Shoe"}, "files": PICTURE}),
    ("POST", "/images", {"files": [("image", ("b.jpg", JPEG, "image/jpeg"))]}),
    ("DELETE", "", {}),
]


@pytest.mark.parametrize(("method", "below", "body"), CHANGES)
async def test_a_write_with_an_etag_that_is_no_longer_right_is_412(
    site: Site, method: str, below: str, body: dict[str, Any]
) -> None:
    old = (await site.put("a")).headers["etag"]
    new = (await site.client.patch("/products/a", json={"name": "Boot"})).headers["etag"]

    async def change(if_match: str) -> httpx.Response:
        headers = {"If-Match": if_match}
        return await site.client.request(method, f"/products/a{below}", headers=headers, **body)

    problem(await change(old), 412, "precondition-failed")
    problem(await change(f"W/{new}"), 412, "precondition-failed")
    assert (await change(f"{old}, {new}")).is_success


async def test_if_none_match_lets_a_put_only_create(site: Site) -> None:
    async def put(if_none_match: str, name: str) -> httpx.Response:
        return await site.client.put(
            "/products/a",
            data={"name": name},
            files=[("image", ("a.png", PNG))],
            headers={"If-None-Match": if_none_match},
        )

    created = await put("*", "Shoe")
    assert created.status_code == 201
    problem(await put("*", "Boot"), 412, "precondition-failed")
    problem(await put(f'"x", W/{created.headers["etag"]}', "Boot"), 412, "precondition-failed")
    assert (await site.client.get("/products/a")).json()["name"] == "Shoe"
    assert (await put('"x"', "Boot")).status_code == 200
