"""POST /search/image answers what the contract says."""

from __future__ import annotations

import gzip
import json

import httpx
import pytest

from service.search.tokens import QueryTokens
from tests.api.conftest import JPEG, PNG, Site, pointers, problem


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


async def test_an_answer_says_that_the_index_is_incomplete(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete = await site.client.post("/search/image", files={"image": PNG})
    monkeypatch.setattr(site.services.house.search, "_is_partial", lambda: True)
    partial = await site.client.post("/search/image", files={"image": PNG})

    assert "partial" not in complete.json()
    assert partial.json()["partial"] is True


async def test_a_text_is_searched_by_the_semantic_signal_alone(site: Site) -> None:
    await site.put("a")

    response = await site.client.post("/search/text", json={"query": "red shoe", "limit": 3})

    assert response.status_code == 200
    assert response.json()["query"]["weights"] == {"semantic": 1.0, "visual": 0.0}
    assert [hit["product"]["product_id"] for hit in response.json()["hits"]] == ["a"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/query"),
        ({"query": 3}, "/query"),
        ({"query": "a", "limit": "5"}, "/limit"),
        ({"query": "a", "limit": 101}, "/limit"),
        ({"query": "a", "colour": "red"}, "/colour"),
        ({"query": "a", "weights": {"semantic": -1}}, "/weights/semantic"),
    ],
)
async def test_a_text_search_that_is_wrong_is_refused_by_place(
    site: Site, body: object, pointer: str
) -> None:
    response = await site.client.post("/search/text", json=body)

    assert pointers(response) == [pointer]
    problem(response, 422, "invalid-request")


async def test_a_mixture_joins_pictures_texts_and_products(site: Site) -> None:
    for name in "abc":
        await site.put(name, description=name)
    parts = [
        {"image": "photo.jpg", "crop": {"x": 0, "y": 0, "width": 1, "height": 1}},
        {"text": "red", "weight": 0.5},
        {"product_id": "a", "weight": -0.2},
    ]

    response = await site.client.post(
        "/search/image",
        data={"parts": json.dumps(parts), "limit": "2"},
        files={"image": ("photo.jpg", JPEG)},
    )

    assert response.status_code == 200, response.text
    assert len(response.json()["hits"]) == 2


async def test_a_mixture_without_pictures_is_json(site: Site) -> None:
    await site.put("a")
    body = {"parts": [{"text": "red"}, {"product_id": "a", "weight": 2}], "limit": 1}

    response = await site.client.post("/search", json=body)

    assert (response.status_code, len(response.json()["hits"])) == (200, 1)


@pytest.mark.parametrize(
    ("parts", "pointer"),
    [
        ([], "/parts"),
        ([{}], "/parts/0"),
        ([{"text": "a", "product_id": "b"}], "/parts/0"),
        ([{"text": "a", "weight": "much"}], "/parts/0/weight"),
        ([{"text": "a"}, {"image": "absent"}], "/parts/1/image"),
        ([{"text": "a"}, {"product_id": "none"}], "/parts/1/product_id"),
        ([{"product_id": "none"}], "/parts/0/product_id"),
        ([{"text": "a"}, {"text": " "}], "/parts/1/text"),
    ],
)
async def test_a_mixture_that_is_wrong_is_refused_by_place(
    site: Site, parts: object, pointer: str
) -> None:
    response = await site.client.post("/search", json={"parts": parts})

    assert response.status_code == 422
    assert pointers(response) == [pointer]


WHOLE = {"x": 0, "y": 0, "width": 1, "height": 1}


@pytest.mark.parametrize(
    ("parts", "fields", "pointer"),
    [
        ([{"text": "a"}, {"image": "absent"}], {}, "/parts/1/image"),
        ([{"text": "a", "crop": WHOLE}], {}, "/parts/0/crop"),
        ([{"image": "bad.jpg"}], {}, "/parts/0/image"),
        ([{"text": " "}], {}, "/parts/0/text"),
        ([{"txt": "a"}], {}, "/parts/0/txt"),
        ([{"text": "a"}], {"crop": json.dumps(WHOLE)}, "/crop"),
        ([{"image": "good.jpg"}, {"image": "bad.jpg"}], {"crop": json.dumps(WHOLE)}, "/crop"),
        ([{"text": "a"}] * 15, {}, "/parts"),
    ],
)
async def test_pictures_in_a_mixture_are_refused_by_place(
    site: Site, parts: object, fields: dict[str, str], pointer: str
) -> None:
    files = [("image", ("good.jpg", JPEG)), ("image", ("bad.jpg", JPEG))]
    if "bad.jpg" in json.dumps(parts) and not fields:
        files[1] = ("image", ("bad.jpg", b"bad"))
    data = {"parts": json.dumps(parts), **fields}
    response = await site.client.post("/search/image", data=data, files=files)

    assert response.status_code == 422
    assert pointers(response) == [pointer]


async def test_a_picture_that_no_part_names_counts_with_the_weight_1(site: Site) -> None:
    for name, picture in (("a", PNG), ("b", JPEG)):
        files = [("image", ("x.png", picture))]
        await site.client.put(f"/products/{name}", data={"name": "Shoe"}, files=files)
    both = [("image", ("one.png", PNG)), ("image", ("two.jpg", JPEG))]

    async def first(**fields: str) -> float:
        answer = await site.client.post("/search/image", data=fields, files=both)
        hits = {hit["product"]["product_id"]: hit["score"] for hit in answer.json()["hits"]}
        return float(hits["a"] - hits["b"])

    assert await first() == pytest.approx(0, abs=1e-6)
    assert await first(parts='[{"image": "one.png", "weight": 3}]') > 0.1
    assert await first(parts='[{"image": "two.jpg", "weight": 3}]') < -0.1


async def test_two_pictures_are_refused_by_number(site: Site) -> None:
    files = [("image", ("one.png", PNG)), ("image", ("two.jpg", b"bad"))]

    assert pointers(await site.client.post("/search/image", files=files)) == ["/image/1"]


@pytest.mark.parametrize(
    ("body", "pointer", "says"),
    [
        ({}, "/query", "The field 'query' is missing; add it."),
        ({"query": "a", "limt": 3}, "/limt", "did you mean 'limit'?"),
        ({"query": "a", "limit": "3"}, "/limit", "give one, such as 10."),
        ({"query": "a", "limit": 2.5}, "/limit", "give one, such as 10."),
        ({"query": "a", "limit": 0}, "/limit", "give at least 1."),
        ({"query": "a", "limit": 101}, "/limit", "give at most 100."),
        ({"query": 5}, "/query", "give a JSON string."),
        ({"query": "a", "weights": []}, "/weights", "give a JSON object."),
        ({"query": "a", "weights": {"visual": "x"}}, "/weights/visual", "give one, such as 0.5."),
        ({"query": "a", "weights": {"shape": 1}}, "/weights/shape", "There is no signal"),
        ({"query": "a", "explain": 1}, "/explain", "give one of them."),
        ({"query": "a", "facets": ["x"] * 100}, "/facets", "give at most"),
        ({"query": " "}, "/query", "The text is empty"),
    ],
)
async def test_a_json_body_that_is_wrong_is_told_what_to_do(
    site: Site, body: object, pointer: str, says: str
) -> None:
    response = await site.client.post("/search/text", json=body)

    assert response.status_code == 422
    assert pointers(response) == [pointer]
    assert says in response.json()["detail"]


async def test_a_body_with_thousands_of_mistakes_gets_a_short_answer(site: Site) -> None:
    body = {"query": "a", **{f"limit{n}": 1 for n in range(5000)}, "y" * 5000: 1}

    response = await site.client.post("/search/text", json=body)

    assert response.status_code == 422
    assert len(response.json()["errors"]) == 20
    assert "And 5000 more" in response.json()["detail"]
    assert len(response.content) < 10_000


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "This is empty; send JSON."),
        ('{"query": "a', "unterminated string at line 1, column 11; correct it there."),
        ('{"query": "a\n"}', "invalid control character at line 1, column 13"),
        ('{"query": "a", "\\ud800": 1}', "half of a surrogate pair"),
        ('{"query": "red \\ud800 car"}', "half of a surrogate pair"),
    ],
)
async def test_a_body_that_is_no_json_is_told_where(site: Site, body: str, says: str) -> None:
    headers = {"Content-Type": "application/json"}
    response = await site.client.post("/search/text", content=body, headers=headers)

    assert response.status_code == 422
    assert says in response.json()["detail"]


async def test_a_byte_order_mark_before_json_is_no_matter(site: Site) -> None:
    headers = {"Content-Type": "application/json"}
    body = '\ufeff{"query": "a"}'.encode()

    response = await site.client.post("/search/text", content=body, headers=headers)

    assert response.status_code == 200


async def test_a_query_parameter_that_is_wrong_is_told_what_to_do(site: Site) -> None:
    response = await site.client.get("/products", params={"limit": "many", "order": "oldest"})

    assert response.status_code == 422
    assert [one["detail"] for one in response.json()["errors"]] == [
        "This is not a whole number; give one, such as 10.",
        "This is not one of the choices; give 'newest' or 'id'.",
    ]


async def test_texts_and_pictures_are_refused_by_place(site: Site) -> None:
    alone = await site.client.post("/search/image", files={"image": b"bad"})
    assert pointers(alone) == ["/image"]


async def test_bounds_are_told_as_people_write_them(site: Site) -> None:
    response = await site.client.post("/search", json={"parts": [{"text": "a", "weight": 2000.0}]})

    assert pointers(response) == ["/parts/0/weight"]
    assert response.json()["detail"] == "This number is too large; give at most 1000."


async def test_similar_products_leave_the_product_itself_out(site: Site) -> None:
    for name in "abc":
        await site.put(name, description=name)

    response = await site.client.get("/products/a/similar", params={"limit": 9, "offset": 1})

    found = response.json()["hits"]
    assert [hit["rank"] for hit in found] == [2]
    assert found[0]["product"]["product_id"] in {"b", "c"}
    problem(await site.client.get("/products/none/similar"), 404, "not-found")


async def test_an_answer_says_whether_the_thing_was_found(site: Site) -> None:
    for number in range(20):
        picture = [("image", ("a.png", PNG + bytes([number])))]
        await site.client.put(f"/products/p{number}", data={"name": "Shoe"}, files=picture)
    unknown = (await search(site, PNG + b"\x03")).json()
    assert unknown["match"]["verdict"] == "unknown"
    assert unknown["match"]["confidence"] is None
    assert unknown["match"]["pending"] is True
    assert [hit["confidence"] for hit in unknown["hits"]] == [None] * 5

    await site.services.house.baseline.refresh()
    answer = (await search(site, PNG + b"\x03")).json()

    assert answer["match"]["verdict"] == "found"
    assert answer["match"]["pending"] is False
    assert answer["match"]["detail"]
    assert answer["match"]["confidence"] == answer["hits"][0]["confidence"] > 0.9


async def test_a_token_searches_again_without_the_picture(site: Site) -> None:
    for name in "ab":
        await site.put(name, description=name)
    first = (await search(site, return_token="true")).json()
    token = first["query"]["token"]
    embedded = len(site.services.house.embedder.embedded)

    again = await site.client.post("/search", json={"parts": [{"token": token}]})
    mixed = [{"token": token}, {"text": "red", "weight": 0.5}]
    refined = await site.client.post("/search", json={"parts": mixed, "explain": True, "offset": 1})
    in_form = await site.client.post(
        "/search/image", data={"parts": json.dumps([{"token": token}])}, files={"image": JPEG}
    )

    assert again.json()["hits"] == first["hits"]
    assert "token" not in again.json()["query"]
    assert len(site.services.house.embedder.embedded) == embedded + 1  # The picture in the form.
    assert (refined.status_code, in_form.status_code) == (200, 200)
    assert refined.json()["hits"][0]["explanation"]["visual"]


async def test_a_wrong_token_is_refused_by_place(site: Site) -> None:
    parts = [{"text": "red"}, {"token": "AAAA"}]
    wrong = await site.client.post("/search", json={"parts": parts})
    problem(wrong, 422, "invalid-token")
    assert pointers(wrong) == ["/parts/1/token"]

    token = (await search(site, return_token="true")).json()["query"]["token"]
    site.services.house.search.tokens = QueryTokens("other", site.services.house.embedder.signals)
    foreign = await site.client.post("/search", json={"parts": [{"token": token}]})
    problem(foreign, 409, "other-encoders")
    assert pointers(foreign) == ["/parts/0/token"]
    assert "fake-semantic and fake-visual" in foreign.json()["detail"]


async def test_a_mistake_names_the_call_or_the_field_that_was_meant(site: Site) -> None:
    picture = {"image": ("q.png", PNG)}
    form = await site.client.post("/search", files=picture)
    body = await site.client.post("/search/image", json={"parts": [{"text": "red"}]})
    field = await site.client.post("/search/image", files={"file": ("q.png", PNG)})
    text = await site.client.post("/search/image", files={"image": (None, "q.png")})
    name = await site.client.post("/search", json={"query": [{"text": "red"}]})

    assert (form.status_code, body.status_code) == (415, 415)
    assert "POST /search/image as multipart/form-data" in form.json()["detail"]
    assert "POST /search as JSON" in body.json()["detail"]
    assert "did you mean 'image'?" in field.json()["detail"]
    assert "send it as a file" in text.json()["detail"]
    assert "did you mean 'parts'?" in name.json()["detail"]


async def test_compressed_json_is_refused(site: Site) -> None:
    response = await site.client.post(
        "/search/text",
        content=gzip.compress(b'{"query": "shoe"}'),
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
    )

    problem(response, 415, "unsupported-media-type")
    assert response.headers["accept-encoding"] == "identity"
