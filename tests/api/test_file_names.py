"""A batch finds its files by their names, in every way that clients write them."""

from __future__ import annotations

import json
import unicodedata

import pytest

from tests.api.conftest import PNG, Site

NAME = 'Stühl "rot" 1.jpg'
COMPOSED, DECOMPOSED = (unicodedata.normalize(form, NAME) for form in ("NFC", "NFD"))
PERCENT = "St%C3%BChl%20%22rot%22%201.jpg"
BOUNDARY = b"b0undary"


HEADERS = {
    "browsers": 'filename="Stühl %22rot%22 1.jpg"'.encode(),
    "curl": 'filename="Stühl \\"rot\\" 1.jpg"'.encode(),
    "aiohttp": f'filename="{PERCENT}"'.encode(),
    "requests": f"filename*=UTF-8''{PERCENT}".encode(),
    "both": f"filename=\"x.jpg\"; filename*=UTF-8''{PERCENT}".encode(),
    "latin-1": b'filename="St\xfchl \\"rot\\" 1.jpg"',
    "decomposed": b'filename="%s"' % DECOMPOSED.replace('"', '\\"').encode(),
}


def part(headers: bytes, data: bytes) -> bytes:
    return b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (BOUNDARY, headers, data)


def body(file_name: bytes, named: str, *, preamble: bytes = b"") -> bytes:
    manifest = json.dumps([{"product_id": "a", "name": "A", "images": [named]}])
    return b"".join(
        [
            preamble,
            part(b'name="manifest"', manifest.encode()),
            part(b'name="files"; ' + file_name, PNG),
            b"--%s--\r\n" % BOUNDARY,
        ]
    )


async def send(site: Site, content: bytes) -> object:
    response = await site.client.post(
        "/products/batch",
        content=content,
        headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY.decode()}"},
    )
    assert response.status_code == 200, response.text
    return response.json()["results"][0]["status"]


@pytest.mark.parametrize("named", [COMPOSED, DECOMPOSED], ids=["composed", "decomposed"])
@pytest.mark.parametrize("client", HEADERS)
async def test_a_file_is_found_however_its_name_is_written(
    site: Site, client: str, named: str
) -> None:
    assert await send(site, body(HEADERS[client], named)) == "created"


async def test_a_preamble_before_the_first_boundary_is_ignored(site: Site) -> None:
    content = body(b'filename="a.jpg"', "a.jpg", preamble=b"This is a multi-part message.\r\n")
    assert await send(site, content) == "created"
