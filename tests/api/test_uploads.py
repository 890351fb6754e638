"""Forms: what is read, and how each mistake is told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from tests.api.conftest import PNG, Site, pointers, problem, running

Part = tuple[str, str | None, bytes]
"""A field's name, its file name, its bytes."""

IMAGE: Part = ("image", "a.png", PNG)
NAME: Part = ("name", None, b"Shoe")


def multipart(*parts: Part, content_type: str = "", boundary: str = "b0") -> bytes:
    lines = b""
    for name, filename, data in parts:
        file = "" if filename is None else f'; filename="{filename}"'
        kind = f"\r\nContent-Type: {content_type}" if content_type else ""
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}{kind}\r\n\r\n'
        lines += head.encode() + data + b"\r\n"
    return lines + f"--{boundary}--\r\n".encode()


async def send(site: Site, body: bytes, *, url: str = "/products", boundary: str = "b0"):  # type: ignore[no-untyped-def]
    kind = f"multipart/form-data; boundary={boundary}"
    return await site.client.post(url, content=body, headers={"Content-Type": kind})


@pytest.mark.parametrize(
    ("parts", "pointer", "hint"),
    [
        ([NAME], "/image", "missing"),
        ([IMAGE], "/name", "missing"),
        ([IMAGE, NAME, NAME], "/name", "2 times"),
        ([IMAGE, NAME, ("imgae", "b.png", PNG)], "/imgae", "did you mean 'image'"),
        ([IMAGE, NAME, ("filter", None, b"{}")], "/filter", "no field"),
        ([("image", None, PNG), NAME], "/image", "send it as a file"),
        ([IMAGE, ("name", "name.txt", b"Shoe")], "/name", "send text"),
        ([IMAGE, ("name", None, b"\xff\xfe")], "/name", "UTF-8"),
        ([IMAGE, ("name", None, b"   ")], "/name", "empty"),
        ([IMAGE, ("name", None, b"x" * 513)], "/name", "513"),
        ([IMAGE, ("name", None, b"a\x00b")], "/name", "NUL"),
        ([IMAGE, NAME, ("description", None, b"x" * 10_001)], "/description", "10,001"),
        ([("image", "", b""), NAME], "/image", "missing"),
    ],
)
async def test_a_mistake_in_the_form_is_told(
    site: Site, parts: list[Part], pointer: str, hint: str
) -> None:
    response = await send(site, multipart(*parts))

    body = problem(response, 422, "invalid-request")
    assert pointers(response) == [pointer]
    assert hint in str(body["detail"])


async def test_all_mistakes_are_told_at_once(site: Site) -> None:
    parts = [("nam", None, b"Shoe"), ("attributes", None, b"[]"), ("product_id", None, b"a/b")]
    response = await send(site, multipart(*parts))

    assert sorted(pointers(response)) == ["/attributes", "/image", "/nam", "/name", "/product_id"]


@pytest.mark.parametrize(
    ("attributes", "pointer"),
    [
        ("not json", "/attributes"),
        ("[]", "/attributes"),
        ('"text"', "/attributes"),
        ('{"a": 1, "a": 2}', "/attributes"),
        ('{"a": NaN}', "/attributes"),
        ('{"a": -Infinity}', "/attributes"),
        ('{"a": 1e400}', "/attributes"),
        ('{"colour": {"r": 1}}', "/attributes/colour"),
        ('{"a": null}', "/attributes/a"),
        ('{"a": [1]}', "/attributes/a/0"),
        ('{"a": ["x", ["y"]]}', "/attributes/a/1"),
        ('{"a": "\\ud83d"}', "/attributes/a"),
        ('{"": 1}', "/attributes"),
        ('{"a": 9007199254740993}', "/attributes/a"),
        (json.dumps({"a": "x" * 1025}), "/attributes/a"),
        (json.dumps({"x" * 65: 1}), "/attributes"),
        (json.dumps({"a": ["x"] * 65}), "/attributes/a"),
        (json.dumps({f"k{n}": n for n in range(65)}), "/attributes"),
        (json.dumps({f"k{n}": "x" * 1024 for n in range(40)}), "/attributes"),
        ("[" * 50_000, "/attributes"),
    ],
)
async def test_bad_attributes_are_told_where(site: Site, attributes: str, pointer: str) -> None:
    response = await send(site, multipart(IMAGE, NAME, ("attributes", None, attributes.encode())))

    assert response.status_code == 422
    assert pointers(response) == [pointer]


async def test_json_may_come_as_a_typed_part(site: Site) -> None:
    """Generated clients send a Blob with a content type, which browsers give a file name."""
    parts = multipart(NAME) + multipart(IMAGE)
    typed = multipart(("attributes", "blob", b'{"a": 1}'), content_type="application/json")
    body = parts.replace(b"--b0--\r\n", b"") + typed
    response = await send(site, body)

    assert response.status_code == 201
    assert response.json()["attributes"] == {"a": 1}


async def test_a_picture_may_come_without_a_file_name_if_typed(site: Site) -> None:
    picture = multipart(("image", None, PNG), content_type="image/png")
    response = await send(site, multipart(NAME).replace(b"--b0--\r\n", b"") + picture)

    assert response.status_code == 201


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/mixed; boundary=b0", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; boundary=" + "b" * 5000, 400),
        ("multipart/form-data; boundary=other", 400),
        ("", 415),
    ],
)
async def test_the_content_type_must_fit(site: Site, content_type: str, status: int) -> None:
    body = multipart(IMAGE, NAME)
    response = await site.client.post(
        "/products", content=body, headers={"Content-Type": content_type}
    )

    kind = {415: "unsupported-media-type", 400: "bad-request"}[status]
    problem(response, status, kind)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b0",
        b"garbage",
        multipart(IMAGE, NAME)[:-10],
        multipart(IMAGE, NAME)[:60],
        b"--b0\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b0--\r\n",
        b"--b0\r\n" + b"X: y\r\n" * 5000 + b"\r\nx\r\n--b0--\r\n",
        b"--b0\r\nX: " + b"y" * 100_000 + b"\r\n\r\nx\r\n--b0--\r\n",
    ],
)
async def test_a_broken_body_is_the_clients_mistake(site: Site, body: bytes) -> None:
    problem(await send(site, body), 400, "bad-request")


async def test_encoded_bodies_are_refused_by_name(site: Site) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=b0", "Content-Encoding": "gzip"}
    gzipped = await site.client.post("/products", content=b"x", headers=kind)
    problem(gzipped, 415, "unsupported-media-type")

    body = multipart(IMAGE, NAME).replace(
        b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    assert pointers(await send(site, body)) == ["/image"]


async def test_sizes_and_numbers_are_capped() -> None:
    async with running(max_image_bytes=1000, max_images_per_product=2) as site:
        large = ("image", "large.png", b"x" * 1001)
        response = await send(site, multipart(large, NAME))
        problem(response, 413, "too-large")
        assert pointers(response) == ["/image"]
        assert "large.png" in response.json()["detail"]

        problem(await send(site, multipart(NAME, *[IMAGE] * 3)), 413, "too-large")
        texts: list[Part] = [(f"x{n}", None, b"") for n in range(100)]
        problem(await send(site, multipart(NAME, *texts)), 413, "too-large")
        long_text: Part = ("description", None, b"x" * 200_000)
        problem(await send(site, multipart(IMAGE, NAME, long_text)), 413, "too-large")


async def test_the_body_is_capped() -> None:
    async with running(max_upload_bytes=10_000) as site:
        body = multipart(("image", "a.png", b"x" * 10_000), NAME)
        problem(await send(site, body), 413, "too-large")

        async def pieces() -> AsyncIterator[bytes]:
            for start in range(0, len(body), 1000):
                yield body[start : start + 1000]

        response = await site.client.post(
            "/products",
            content=pieces(),
            headers={"Content-Type": "multipart/form-data; boundary=b0"},
        )
        problem(response, 413, "too-large")


async def test_no_input_comes_back_in_an_answer(site: Site) -> None:
    secret: Part = ("attributes", None, b'{"token": {"value": "hunter2"}}')
    response = await send(site, multipart(IMAGE, NAME, secret))

    assert "hunter2" not in response.text


SEARCH = "/search/image"


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("limit", "0", "/limit"),
        ("limit", "101", "/limit"),
        ("limit", "5.5", "/limit"),
        ("limit", "\u0665", "/limit"),
        ("limit", "9" * 5000, "/limit"),
        ("weights", "[]", "/weights"),
        ("weights", '{"semantic": "1"}', "/weights/semantic"),
        ("weights", '{"semantic": true}', "/weights/semantic"),
        ("weights", '{"semantic": NaN}', "/weights"),
        ("weights", '{"semantic": -1}', "/weights/semantic"),
        ("weights", '{"semantic": 0, "visual": 0}', "/weights"),
        ("weights", "{}", "/weights"),
        ("weights", '{"colour": 1}', "/weights/colour"),
        ("min_score", "high", "/min_score"),
        ("min_score", "NaN", "/min_score"),
        ("crop", '{"x": 0, "y": 0, "width": 1}', "/crop/height"),
        ("crop", '{"x": 0, "y": 0, "width": 1, "height": 1, "z": 1}', "/crop/z"),
        ("crop", '{"x": "0", "y": 0, "width": 1, "height": 1}', "/crop/x"),
        ("filter", "3", "/filter"),
        ("filter", "{", "/filter"),
        ("filter", '{"price": {"gte": "cheap"}}', "/filter/price/gte"),
        ("facets", '{"a": 1}', "/facets"),
        ("facets", '["colour", 3]', "/facets/1"),
        ("limits", "5", "/limits"),
    ],
)
async def test_a_bad_search_is_told_where(site: Site, field: str, value: str, pointer: str) -> None:
    body = multipart(IMAGE, (field, None, value.encode()))
    response = await send(site, body, url=SEARCH)

    assert response.status_code == 422
    assert pointers(response) == [pointer]


async def test_an_added_image_is_one_picture(site: Site) -> None:
    await site.put("a")
    response = await send(site, multipart(IMAGE, IMAGE), url="/products/a/images")

    problem(response, 422, "invalid-request")
    assert pointers(response) == ["/image"]


@pytest.mark.parametrize(
    "charset", ["undefined", "idna", "punycode", "hex", "rot13", "none", "a-b"]
)
async def test_a_file_name_in_an_unusable_character_set_is_read_as_latin_1(
    site: Site, charset: str
) -> None:
    name = f"Content-Disposition: form-data; name=\"image\"; filename*={charset}''x..%FF".encode()
    body = multipart(IMAGE, NAME).replace(
        b'Content-Disposition: form-data; name="image"; filename="a.png"', name
    )

    assert name in body
    assert (await send(site, body)).status_code == 201
