"""POST /search/image answers what the contract says."""

from __future__ import annotations

import httpx
import pytest

from tests.api.conftest import JPEG, PNG, Site


async def search(site: Site, picture: bytes = PNG, **fields: str) -> httpx.Response:
    return await site.client.post("/search/image", data=fields, files={"image": ("q.png", picture)})


async def test_an_indexed_picture_finds_its_product_with_score_1(site: Site) -> None:
    image = (await site.put("a b", attributes='{"colour": "red"}')).json()["images"][0]
    answer = (await search(site)).json()

    hit = answer["hits"][0]
    assert (hit["rank"], hit["score"]) == (1, pytest.approx(1, abs=1e-3))
    assert hit["image"] == {"image_id": image["image_id"], "url": image["url"]}
    assert hit["product"] == {
        "product_id": "a b",
        "name": "Shoe",
        "description": "",
        "attributes": {"colour": "red"},
    }
    assert answer["query"] == {
        "weights": {"semantic": pytest.approx(0.6), "visual": pytest.approx(0.4)},
        "encoders": {"semantic": "fake-semantic", "visual": "fake-visual"},
    }
    assert set(answer["took_ms"]) == {"decode", "embed", "search", "total"}


async def test_the_contributions_add_up_to_the_score(site: Site) -> None:
    await site.put("a")
    answer = (await search(site, JPEG, weights='{"semantic": 3, "visual": 1}')).json()

    scores = answer["hits"][0]["scores"]
    assert scores["semantic"]["weight"] == pytest.approx(0.75)
    total = sum(score["contribution"] for score in scores.values())
    assert answer["hits"][0]["score"] == pytest.approx(total, abs=1e-6)


async def test_limit_min_score_and_crop_are_taken(site: Site) -> None:
    for name in "abc":
        await site.put(name, description=name)
    crop = '{"x": 0.1, "y": 0.1, "width": 0.5, "height": 0.5}'

    assert len((await search(site, limit="2", crop=crop)).json()["hits"]) == 2
    assert (await search(site, min_score="1.5")).json()["hits"] == []


async def test_an_empty_catalogue_has_no_hits(site: Site) -> None:
    response = await search(site)

    assert (response.status_code, response.json()["hits"]) == (200, [])
