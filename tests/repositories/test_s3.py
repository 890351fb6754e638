"""A bucket works with a real S3 server that loses answers, hangs or has no credentials."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from service.core.errors import SetupError, StoreUnavailable
from service.core.product import ProductFields
from service.repositories import blobs as module
from service.repositories.blobs import ObstoreBlobs
from tests.catalogue.services import Service
from tests.fakes import BruteForceStore
from tests.repositories.proxy import Proxy, proxy_before
from tests.s3 import BUCKET, KEYS, s3_server

FIELDS = ProductFields("Shoe", "", {})


@pytest.fixture(scope="module")
def s3_port() -> Iterator[int]:
    with s3_server() as port:
        yield port


@pytest.fixture
async def proxy(s3_port: int) -> AsyncIterator[Proxy]:
    async with proxy_before(s3_port) as proxy:
        yield proxy


@pytest.fixture
def environment(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS["access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS["secret_access_key"])
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")


@pytest.mark.parametrize("lost", ["PUT {}/products/", "PUT {}/pending/", "PUT {}/images/", "POST "])
@pytest.mark.usefixtures("environment")
async def test_a_write_whose_answer_is_lost_is_the_write_that_it_was(
    proxy: Proxy, lost: str, tmp_path: Path
) -> None:
    folder = f"{BUCKET}/{tmp_path.name}"
    blobs, store = ObstoreBlobs.from_url(f"s3://{folder}"), BruteForceStore()
    catalogue = Service(blobs, store).catalogue

    proxy.lose = lost.format(f"/{folder}").encode()
    created = await catalogue.create("a", FIELDS, [b"front"])
    assert proxy.lost == 1
    proxy.lose = lost.format(f"/{folder}").encode()
    patched = await catalogue.patch("a", {"name": "Boot"})

    assert created.status == "created"
    assert await catalogue.get("a") == patched
    assert [point.payload.product for point in store.points.values()] == [patched]
    assert [key async for key in blobs.list("pending/")] == []
    await blobs.close()


@pytest.mark.usefixtures("environment")
async def test_a_store_that_hangs_is_unavailable_within_a_bound_and_works_again(
    proxy: Proxy,
) -> None:
    blobs = ObstoreBlobs.from_url(f"s3://{BUCKET}")
    proxy.hangs = True
    began = time.monotonic()

    calls = [*(blobs.get("a") for _ in range(40)), blobs.create("a", b"1"), blobs.put("b", b"1")]
    answers = await asyncio.gather(*calls, return_exceptions=True)

    assert {type(answer) for answer in answers} == {StoreUnavailable}
    assert time.monotonic() - began < module.LONGEST_CALL_S
    proxy.hangs = False
    await blobs.put("a", b"1")
    assert await blobs.get("a") == b"1"
    await blobs.close()


def test_without_credentials_the_start_ends_with_the_reason_in_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in module.AWS_CREDENTIALS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")
    began = time.monotonic()

    with pytest.raises(SetupError, match="AWS_ACCESS_KEY_ID"):
        ObstoreBlobs.from_url(f"s3://{BUCKET}")

    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "url",
    [
        "ftp://user:hunter2@host/x",
        "ftp://host/x?sig=hunter2",
        "hunter2@nonsense",
        "nope://user:hunter2@",
        "s3://user:hunter2@",
        "az://user:hunter2@host/x?sig=hunter2",
    ],
)
@pytest.mark.usefixtures("environment")
def test_a_refused_url_does_not_show_its_password(url: str) -> None:
    with pytest.raises(SetupError) as caught:
        ObstoreBlobs.from_url(url)

    assert "hunter2" not in caught.value.detail
    assert caught.value.__cause__ is None
