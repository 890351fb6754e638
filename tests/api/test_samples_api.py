"""The sample catalogue over HTTP."""

from __future__ import annotations

import pytest

from tests.api.conftest import Site, problem, running


async def test_samples_are_loaded_once(site: Site) -> None:
    first, again = [(await site.client.post("/samples")).json() for _ in range(2)]

    assert first == {"created": 3, "replaced": 0, "unchanged": 0, "kept": 0, "total": 3}
    assert again == {"created": 0, "replaced": 0, "unchanged": 3, "kept": 0, "total": 3}
    assert (await site.client.get("/products")).json()["total"] == 3


async def test_samples_are_deleted_and_nothing_else(site: Site) -> None:
    await site.put("mine")
    await site.client.post("/samples")

    answers = [(await site.client.delete("/samples")).json() for _ in range(2)]

    assert answers == [{"deleted": 3}, {"deleted": 0}]
    listed = (await site.client.get("/products")).json()["items"]
    assert [product["product_id"] for product in listed] == ["mine"]


async def test_the_pictures_to_search_with_are_listed_and_served(site: Site) -> None:
    listed = (await site.client.get("/samples")).json()

    assert listed["total"] == 3
    assert listed["queries"][0] == {
        "name": "query",
        "title": "A green sports car",
        "url": "/samples/query.jpg",
    }
    for query in listed["queries"]:
        picture = await site.client.get(query["url"])
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
        assert picture.content.startswith(b"\xff\xd8")


async def test_a_picture_at_hand_is_not_sent_again(site: Site) -> None:
    first = await site.client.get("/samples/query.jpg")

    again = await site.client.get(
        "/samples/query.jpg", headers={"If-None-Match": first.headers["etag"]}
    )

    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["cache-control"].startswith("public")


@pytest.mark.parametrize("path", ["/samples/zeppelin.jpg", "/samples/query.png", "/samples/.jpg"])
async def test_there_are_no_other_pictures(site: Site, path: str) -> None:
    problem(await site.client.get(path), 404, "not-found")


async def test_a_read_only_key_may_look_but_not_load() -> None:
    async with running(api_keys="writer", read_api_keys="reader") as site:
        reader = {"X-API-Key": "reader"}
        assert (await site.client.get("/samples", headers=reader)).status_code == 200
        assert (await site.client.get("/samples/query.jpg", headers=reader)).status_code == 200
        for method in ("POST", "DELETE"):
            problem(await site.client.request(method, "/samples", headers=reader), 403, "forbidden")
            problem(await site.client.request(method, "/samples"), 401, "unauthorized")
        writer = {"X-API-Key": "writer"}
        assert (await site.client.post("/samples", headers=writer)).status_code == 200


async def test_an_outage_is_told_and_the_next_load_completes(site: Site) -> None:
    site.services.house.outage.after = 5
    problem(await site.client.post("/samples"), 503, "store-unavailable")
    site.services.house.outage.after = None

    assert (await site.client.post("/samples")).json()["total"] == 3
    assert (await site.client.get("/products")).json()["total"] == 3
