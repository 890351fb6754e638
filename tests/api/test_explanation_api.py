"""`explain` and `overlay` on every search, as the contract says."""

from __future__ import annotations

import base64
import io
import json

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.api.conftest import PNG, Site, pointers, problem


async def search(site: Site, **fields: str) -> httpx.Response:
    return await site.client.post("/search/image", data=fields, files={"image": ("q.png", PNG)})


async def test_each_hit_has_a_grid_and_a_box_for_each_signal(site: Site) -> None:
    for name in "ab":
        await site.put(name, description=name)

    answer = (await search(site, explain="true")).json()

    for hit in answer["hits"]:
        assert set(hit["explanation"]) == {"semantic", "visual"}
        for name, explained in hit["explanation"].items():
            assert set(explained) == {"grid", "unplaced", "box", "overlay"}
            assert np.shape(explained["grid"]) == (7, 7)
            similarity = hit["scores"][name]["similarity"]
            assert np.sum(explained["grid"]) == pytest.approx(similarity, abs=1e-4)
            assert explained["box"] == {"x": 0, "y": 0.125, "width": 1, "height": 0.75}
            assert explained["overlay"] is None
    assert set(answer["took_ms"]) == {"decode", "embed", "search", "explain", "total"}
    assert "unexplained" not in answer["query"]


@pytest.mark.parametrize("explain", [{}, {"explain": "false"}])
async def test_without_it_an_answer_is_as_before(site: Site, explain: dict[str, str]) -> None:
    await site.put("a")

    answer = (await search(site, **explain)).json()

    assert "explanation" not in answer["hits"][0]
    assert set(answer["took_ms"]) == {"decode", "embed", "search", "total"}


async def test_an_overlay_is_a_png_as_a_data_uri(site: Site) -> None:
    await site.put("a")

    hit = (await search(site, explain="true", overlay="true")).json()["hits"][0]

    for explained in hit["explanation"].values():
        start, _, data = explained["overlay"].partition(",")
        assert start == "data:image/png;base64"
        image = Image.open(io.BytesIO(base64.b64decode(data, validate=True)))
        assert (image.format, image.mode, image.size) == ("PNG", "RGBA", (384, 288))
        opacity = np.asarray(image)[..., 3]
        assert opacity.max() > 0
        assert (opacity[:36] == 0).all(), "above the box"


async def test_a_missing_picture_makes_a_null(site: Site) -> None:
    await site.put("a")
    objects = site.services.house.blobs.objects
    for key in [key for key in objects if key.startswith("images/")]:
        del objects[key]

    hit = (await search(site, explain="true")).json()["hits"][0]

    assert hit["explanation"] is None


async def test_texts_mixtures_and_similar_products_are_explained(site: Site) -> None:
    for name in "ab":
        await site.put(name, description=name)
    parts = json.dumps([{"product_id": "a", "weight": -0.5}])

    by_text = await site.client.post("/search/text", json={"query": "red", "explain": True})
    answers = [
        await site.client.post(
            "/search/image", data={"parts": parts, "explain": "true"}, files={"image": PNG}
        ),
        await site.client.post("/search", json={"parts": [{"product_id": "a"}], "explain": True}),
        await site.client.get("/products/a/similar", params={"explain": "true"}),
    ]

    assert by_text.json()["hits"][0]["explanation"]["visual"] is None
    reasons = by_text.json()["query"]["unexplained"]
    assert reasons == {"visual": "The query has no visual embedding."}
    for answer in answers:
        explained = answer.json()["hits"][0]["explanation"]
        assert np.shape(explained["visual"]["grid"]) == (7, 7), answer.text


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"explain": "true", "limit": "21"}, "/limit"),
        ({"overlay": "true"}, "/overlay"),
        ({"explain": "yes"}, "/explain"),
        ({"explain": "true", "overlay": "1"}, "/overlay"),
    ],
)
async def test_what_cannot_be_explained_is_refused_by_place(
    site: Site, fields: dict[str, str], pointer: str
) -> None:
    response = await search(site, **fields)

    assert pointers(response) == [pointer]
    problem(response, 422, "invalid-request")


async def test_the_other_searches_refuse_by_place_too(site: Site) -> None:
    await site.put("a")
    too_many = {"explain": True, "limit": 21}

    answers = [
        await site.client.post("/search/text", json={"query": "red", **too_many}),
        await site.client.post("/search", json={"parts": [{"text": "red"}], **too_many}),
        await site.client.get("/products/a/similar", params={"explain": "true", "limit": 21}),
    ]

    assert [pointers(answer) for answer in answers] == [["/limit"]] * 3


async def test_a_blob_store_that_is_away_is_a_503(site: Site) -> None:
    await site.put("a")
    site.services.house.outage.after = 2

    problem(await search(site, explain="true"), 503, "store-unavailable")
