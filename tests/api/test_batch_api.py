"""POST /products/batch: one result a product, and a bad one fails alone."""

from __future__ import annotations

import json
import time
import tracemalloc

import pytest

from tests.api.conftest import JPEG, PNG, Site, manifest, pointers, problem

BATCH = "/products/batch"
FILES = [("files", ("a.png", PNG)), ("files", ("b.jpg", JPEG))]


def entry(product_id: str | None, *images: str, **changes: object) -> dict[str, object]:
    return {"product_id": product_id, "name": "Shoe", "images": list(images), **changes}


async def test_each_product_has_its_result(site: Site) -> None:
    body = manifest(entry("a", "a.png"), entry(None, "a.png", "b.jpg"), entry("b", "b.jpg"))
    first = await site.client.post(BATCH, data=body, files=FILES)
    second = await site.client.post(
        BATCH,
        data=manifest(entry("a", "a.png"), entry("b", "b.jpg", name="Boot")),
        files=FILES,
    )

    assert first.status_code == 200
    results = first.json()["results"]
    assert [result["index"] for result in results] == [0, 1, 2]
    assert [result["status"] for result in results] == ["created"] * 3
    assert len(results[1]["product_id"]) == 36
    assert [r["status"] for r in second.json()["results"]] == ["unchanged", "replaced"]


async def test_a_bad_picture_fails_its_product_alone(site: Site) -> None:
    files = [("files", ("a.png", PNG)), ("files", ("b.png", b"bad"))]
    body = manifest(entry("a", "a.png"), entry("b", "a.png", "b.png"))
    response = await site.client.post(BATCH, data=body, files=files)

    good, bad = response.json()["results"]
    assert (good["status"], good["problem"]) == ("created", None)
    assert (bad["status"], bad["product_id"]) == ("failed", "b")
    assert bad["problem"]["type"] == "/problems/invalid-image"
    assert bad["problem"]["request_id"] == response.headers["x-request-id"]
    assert bad["problem"]["errors"][0]["pointer"] == "/manifest/1/images/1"


@pytest.mark.parametrize(
    ("bad", "pointer"),
    [
        ({"name": "", "images": ["a.png"]}, "/name"),
        ({"images": ["a.png"]}, "/name"),
        ({"name": "a", "images": []}, "/images"),
        ({"name": "a", "images": "a.png"}, "/images"),
        ({"name": "a"}, "/images"),
        ({"name": "a", "images": ["a.png", "none.png"]}, "/images/1"),
        ({"name": "a", "images": [1]}, "/images/0"),
        ({"name": "a", "images": ["files"]}, "/images/0"),
        ({"name": "a", "images": ["a.png"], "product_id": "a/b"}, "/product_id"),
        ({"name": "a", "images": ["a.png"], "product_id": 7}, "/product_id"),
        ({"name": "a", "images": ["a.png"], "attributes": {"a": {}}}, "/attributes/a"),
        ({"name": "a", "images": ["a.png"], "attribute": {}}, "/attribute"),
        ({"product_id": "p", "images": ["a.png"]}, "/name"),
        ({"product_id": "p", "name": "a", "images": ["none.png"]}, "/images/0"),
        ({"name": "a", "images": ["a.png"], "product_id": "ok"}, "/product_id"),
        ("text", ""),
        (None, ""),
    ],
)
async def test_a_bad_entry_fails_alone(site: Site, bad: object, pointer: str) -> None:
    body = manifest(entry("ok", "a.png", "b.jpg"), bad)
    response = await site.client.post(BATCH, data=body, files=FILES)

    good, failed = response.json()["results"]
    assert (good["status"], failed["status"]) == ("created", "failed")
    given = bad.get("product_id") if isinstance(bad, dict) else None
    assert failed["product_id"] == (None if pointer == "/product_id" and given != "ok" else given)
    assert failed["problem"]["status"] == 422
    assert failed["problem"]["errors"][0]["pointer"] == f"/manifest/1{pointer}"


@pytest.mark.parametrize(
    "text",
    ["", "3", "[]", "[NaN]", json.dumps([{}] * 65), '[{"name": "a", "name": "b"}]'],
)
async def test_a_bad_manifest_fails_as_a_whole(site: Site, text: str) -> None:
    response = await site.client.post(BATCH, data={"manifest": text}, files=FILES)

    problem(response, 422, "invalid-request")
    assert pointers(response) == ["/manifest"]


async def test_a_missing_manifest_and_unknown_fields_are_told(site: Site) -> None:
    missing = await site.client.post(BATCH, files=FILES)
    assert pointers(missing) == ["/manifest"]
    unknown = await site.client.post(BATCH, data={"manifst": "[]"}, files=FILES)
    assert pointers(unknown) == ["/manifst", "/manifest"]
    picture = await site.client.post(BATCH, data=manifest(entry("a", "a.png")), files={"file": PNG})
    assert "did you mean 'files'?" in picture.json()["detail"]


async def test_a_file_that_no_entry_names_is_a_mistake(site: Site) -> None:
    response = await site.client.post(BATCH, data=manifest(entry("a", "a.png")), files=FILES)

    problem(response, 422, "invalid-request")
    assert "b.jpg" in response.json()["detail"]
    assert (await site.client.get("/products/a")).status_code == 404


async def test_a_store_that_fails_is_told_for_each(site: Site) -> None:
    site.services.house.outage.after = 0
    response = await site.client.post(
        BATCH, data=manifest(entry("a", "a.png"), entry("b", "b.jpg")), files=FILES
    )

    results = response.json()["results"]
    assert [result["problem"]["status"] for result in results] == [503, 503]


async def test_a_manifest_of_many_names_is_compared_with_many_files_in_one_pass(
    site: Site,
) -> None:
    files = [("files", ("z", b"x"))] * 500
    started = time.monotonic()
    long = await site.client.post(
        BATCH, data=manifest(entry("a", *["a"] * 400_000, "z")), files=files
    )
    allowed = [entry(f"p{n}", *["a"] * 1024) for n in range(64)]
    short = await site.client.post(BATCH, data=manifest(*allowed), files=files)

    assert time.monotonic() - started < 10
    [wrong] = long.json()["results"][0]["problem"]["errors"]
    assert wrong["pointer"] == "/manifest/0/images"
    assert "at most 1024" in wrong["detail"]
    assert "The file 'z' is not listed" in str(problem(short, 422, "invalid-request")["detail"])


async def test_only_the_first_mistakes_of_a_huge_manifest_are_collected(site: Site) -> None:
    wrong = [{"name": "a", "images": [1] * 500_000}, {str(n): 1 for n in range(200_000)}]
    started = time.monotonic()
    response = await site.client.post(BATCH, data=manifest(*wrong), files=FILES)

    assert time.monotonic() - started < 10
    items, names = (result["problem"] for result in response.json()["results"])
    assert [error["pointer"] for error in items["errors"]] == ["/manifest/0/images"]
    assert len(names["errors"]) == 20
    assert "And 200001 more" in names["detail"]


async def test_a_name_that_takes_long_to_normalise_is_compared_as_it_is(site: Site) -> None:
    name = "a" + "\u0315\u0300" * 100_000
    started = time.monotonic()
    response = await site.client.post(BATCH, data=manifest(entry("a", name)), files=FILES)

    assert time.monotonic() - started < 5
    assert "The file 'a.png' is not listed" in str(
        problem(response, 422, "invalid-request")["detail"]
    )


async def test_a_file_that_an_entry_names_twice_is_one_picture(site: Site) -> None:
    names = ["a.png"] * 60 + ["b.jpg"]
    body = manifest(entry("a", *names), entry("b", *names))
    response = await site.client.post(BATCH, data=body, files=FILES)

    assert [result["status"] for result in response.json()["results"]] == ["created"] * 2
    product = (await site.client.get("/products/a")).json()
    assert len(product["images"]) == 2


async def test_the_bytes_of_a_file_are_kept_once(site: Site) -> None:
    large = [("files", ("a.png", PNG + bytes(4_000_000)))]
    body = manifest(*(entry(f"p{n}", *["a.png"] * 100) for n in range(3)))
    tracemalloc.start()
    try:
        response = await site.client.post(BATCH, data=body, files=large)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert [result["status"] for result in response.json()["results"]] == ["created"] * 3
    assert peak < 100_000_000
