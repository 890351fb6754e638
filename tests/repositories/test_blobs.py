"""Blob stores keep one contract in directories and in memory; directories also survive kills."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from obstore.store import S3Store

from service.core.blob import BlobVersion
from service.core.errors import SetupError, StoreUnavailable
from service.repositories.blobs import ObstoreBlobs
from service.repositories.shared.system_errors import says_full
from tests.s3 import s3_blobs, s3_server


@pytest.fixture(scope="module")
def s3_port() -> Iterator[int]:
    with s3_server() as port:
        yield port


@pytest.fixture(params=["directory", "file-url", "memory", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> ObstoreBlobs:
    if request.param == "s3":
        return s3_blobs(request.getfixturevalue("s3_port"), prefix=tmp_path.name)
    if request.param == "directory":
        return ObstoreBlobs.in_directory(tmp_path / "new" / "blobs")
    if request.param == "file-url":
        return ObstoreBlobs.from_url((tmp_path / "with space").as_uri())
    return ObstoreBlobs.from_url("memory:///")


async def keys(blobs: ObstoreBlobs, prefix: str) -> list[str]:
    return sorted([key async for key in blobs.list(prefix)])


async def test_what_is_put_is_got(blobs: ObstoreBlobs) -> None:
    await blobs.put("images/ab/cd.jpg", b"\x00\xff")
    assert await blobs.get("images/ab/cd.jpg") == b"\x00\xff"


async def test_empty_and_large_objects_come_back_whole(blobs: ObstoreBlobs) -> None:
    large = bytes(range(256)) * 4 * 10_000
    await blobs.put("a", b"")
    await blobs.put("b", large)
    assert await blobs.get("a") == b""
    assert await blobs.get("b") == large


async def test_a_missing_key_is_none(blobs: ObstoreBlobs) -> None:
    assert await blobs.get("images/none") is None


async def test_put_replaces(blobs: ObstoreBlobs) -> None:
    await blobs.put("a", b"1")
    await blobs.put("a", b"2")
    assert await blobs.get("a") == b"2"


async def test_create_writes_only_what_is_not_there(blobs: ObstoreBlobs) -> None:
    assert await blobs.create("a", b"1") is True
    assert await blobs.create("a", b"2") is False
    assert await blobs.get("a") == b"1"


async def test_of_many_creators_one_wins(blobs: ObstoreBlobs) -> None:
    results = await asyncio.gather(*(blobs.create("a", b"%d" % i) for i in range(20)))
    assert results.count(True) == 1
    assert await blobs.get("a") == b"%d" % results.index(True)


async def test_replace_writes_over_the_version_that_was_read(blobs: ObstoreBlobs) -> None:
    await blobs.put("a", b"1")
    read = await blobs.read("a")
    assert read is not None
    assert read.data == b"1"

    assert await blobs.replace("a", b"2", read.version) is True
    assert await blobs.replace("a", b"3", read.version) is False
    assert await blobs.get("a") == b"2"


async def test_replace_makes_nothing_anew(blobs: ObstoreBlobs) -> None:
    await blobs.put("a", b"1")
    read = await blobs.read("a")
    assert read is not None
    await blobs.delete(["a"])

    assert await blobs.replace("a", b"2", read.version) is False
    assert await blobs.get("a") is None
    assert await blobs.read("a") is None


async def test_of_many_replacers_one_wins(blobs: ObstoreBlobs) -> None:
    await blobs.put("a", b"start")
    read = await blobs.read("a")
    assert read is not None

    results = await asyncio.gather(
        *(blobs.replace("a", b"%d" % number, read.version) for number in range(20))
    )

    assert results.count(True) == 1
    assert await blobs.get("a") == b"%d" % results.index(True)


async def test_a_version_of_another_object_does_not_match(blobs: ObstoreBlobs) -> None:
    await blobs.put("a", b"1")
    assert await blobs.replace("a", b"2", BlobVersion(e_tag='"another"')) is False


async def test_delete_passes_over_what_is_missing(blobs: ObstoreBlobs) -> None:
    await blobs.put("a", b"1")
    await blobs.put("b", b"1")
    await blobs.delete(["none", "a", "neither", "b"])
    assert await keys(blobs, "") == []
    await blobs.delete([])


async def test_list_gives_the_keys_under_a_prefix(blobs: ObstoreBlobs) -> None:
    await asyncio.gather(*(blobs.put(f"images/{i:05}", b"") for i in range(1500)))
    await blobs.put("products/x.json", b"{}")
    assert len(await keys(blobs, "images/")) == 1500
    assert await keys(blobs, "products/") == ["products/x.json"]
    assert await keys(blobs, "nothing/") == []


async def test_ping_answers(blobs: ObstoreBlobs) -> None:
    await blobs.ping()


async def test_a_directory_keeps_its_objects(tmp_path: Path) -> None:
    await ObstoreBlobs.in_directory(tmp_path).put("a/b", b"1")
    assert await ObstoreBlobs.in_directory(tmp_path).get("a/b") == b"1"


async def test_staging_files_of_a_killed_writer_are_no_objects(tmp_path: Path) -> None:
    blobs = ObstoreBlobs.in_directory(tmp_path)
    await blobs.put("images/a", b"1")
    (tmp_path / "images" / "b#1").write_bytes(b"half")
    assert await keys(blobs, "images/") == ["images/a"]
    await blobs.put("images/b", b"whole")
    assert await blobs.get("images/b") == b"whole"


def as_directory(path: Path) -> ObstoreBlobs:
    return ObstoreBlobs.in_directory(path)


def as_url(path: Path) -> ObstoreBlobs:
    return ObstoreBlobs.from_url(path.as_uri())


LOCAL = pytest.mark.parametrize("local", [as_directory, as_url])


@LOCAL
async def test_ping_fails_where_the_directory_is_gone(
    tmp_path: Path, local: Callable[[Path], ObstoreBlobs]
) -> None:
    blobs = local(tmp_path / "the blobs")
    await blobs.ping()
    (tmp_path / "the blobs").rename(tmp_path / "away")
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="gone"):
            await blobs.ping()


@LOCAL
async def test_a_write_does_not_make_a_directory_anew_that_is_gone(
    tmp_path: Path, local: Callable[[Path], ObstoreBlobs]
) -> None:
    blobs = local(tmp_path / "blobs")
    await blobs.put("products/a.json", b"{}")
    (tmp_path / "blobs").rename(tmp_path / "away")

    with pytest.raises(StoreUnavailable, match="gone"):
        await blobs.put("products/b.json", b"{}")
    with pytest.raises(StoreUnavailable, match="gone"):
        await blobs.create("products/b.json", b"{}")
    (tmp_path / "away").rename(tmp_path / "blobs")

    assert await blobs.get("products/a.json") == b"{}"
    await blobs.put("products/b.json", b"{}")


@LOCAL
async def test_ping_fails_where_nothing_can_be_written(
    tmp_path: Path, local: Callable[[Path], ObstoreBlobs]
) -> None:
    blobs = local(tmp_path)
    (tmp_path / "ping").mkdir()
    with pytest.raises(StoreUnavailable):
        await blobs.ping()


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
async def test_ping_fails_in_a_read_only_directory(tmp_path: Path) -> None:
    blobs = ObstoreBlobs.in_directory(tmp_path / "blobs")
    (tmp_path / "blobs").chmod(0o500)
    with pytest.raises(StoreUnavailable):
        await blobs.ping()


NO_BUCKET = b"<Error><Code>NoSuchBucket</Code><Message>It does not exist</Message></Error>"
EMPTY_BUCKET = (
    b"<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated></ListBucketResult>"
)


@asynccontextmanager
async def bucket(answer: bytes) -> AsyncIterator[ObstoreBlobs]:
    """A bucket whose server gives this answer to everything."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 %s\r\nContent-Type: application/xml\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%s"
            % (b"200 OK" if answer is EMPTY_BUCKET else b"404 Not Found", len(answer), answer)
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        store = S3Store(
            "b",
            endpoint=f"http://127.0.0.1:{port}",
            region="us-east-1",
            skip_signature=True,
            client_options={"allow_http": True},
        )
        blobs = ObstoreBlobs(store)
        yield blobs
        await blobs.close()


async def test_ping_fails_where_the_bucket_does_not_exist() -> None:
    async with bucket(NO_BUCKET) as blobs:
        with pytest.raises(StoreUnavailable):
            await blobs.ping()


async def test_ping_answers_for_an_empty_bucket() -> None:
    async with bucket(EMPTY_BUCKET) as blobs:
        await blobs.ping()


async def test_a_closed_store_finishes_what_it_began_and_refuses_the_rest(
    blobs: ObstoreBlobs,
) -> None:
    puts = [asyncio.create_task(blobs.put(f"a/{number}", b"1")) for number in range(50)]
    await asyncio.sleep(0)
    await blobs.close()
    await asyncio.gather(*puts)
    with pytest.raises(StoreUnavailable, match="closed"):
        await blobs.get("a/1")
    await blobs.close()


async def test_a_deleted_product_leaves_no_empty_directory(tmp_path: Path) -> None:
    blobs = ObstoreBlobs.in_directory(tmp_path / "blobs")
    await blobs.put("images/p/1.jpg", b"1")
    await blobs.put("images/q/1.jpg", b"1")
    await blobs.delete(["images/p/1.jpg"])
    assert [path.name for path in (tmp_path / "blobs" / "images").iterdir()] == ["q"]
    await blobs.delete(["images/q/1.jpg"])
    assert list((tmp_path / "blobs").iterdir()) == []
    await blobs.ping()


async def test_directories_that_come_and_go_lose_no_write(tmp_path: Path) -> None:
    blobs = ObstoreBlobs.in_directory(tmp_path)

    async def come_and_go(number: int) -> None:
        for _ in range(50):
            await blobs.put(f"images/p/{number}", b"1")
            assert await blobs.get(f"images/p/{number}") == b"1"
            await blobs.delete([f"images/p/{number}"])
            assert await blobs.create(f"images/p/{number}", b"2")
            await blobs.delete([f"images/p/{number}"])

    await asyncio.gather(*(come_and_go(number) for number in range(8)))
    assert await keys(blobs, "images/") == []


async def test_what_the_file_system_refuses_is_unavailable(tmp_path: Path) -> None:
    blobs = ObstoreBlobs.in_directory(tmp_path)
    (tmp_path / "images").write_bytes(b"a file where a directory should be")
    with pytest.raises(StoreUnavailable):
        await blobs.put("images/a", b"1")


def test_a_directory_that_cannot_be_made_is_a_setup_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SetupError):
        ObstoreBlobs.in_directory(tmp_path / "file" / "blobs")


@pytest.mark.parametrize("url", ["ftp://host/x", "nonsense", "s3://"])
def test_a_url_of_no_known_store_is_a_setup_error(url: str) -> None:
    with pytest.raises(SetupError):
        ObstoreBlobs.from_url(url)


def test_a_process_ends_well_right_after_its_last_call(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys; from pathlib import Path\n"
        "from service.repositories.blobs import ObstoreBlobs\n"
        "async def main():\n"
        "    blobs = ObstoreBlobs.in_directory(Path(sys.argv[1]))\n"
        "    await blobs.put('a/b', b'1')\n"
        "    print([key async for key in blobs.list('a/')])\n"
        "asyncio.run(main())\n"
    )
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)], check=False, timeout=30
        )
        assert done.returncode == 0


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (Exception("Generic LocalFileSystem error: No space left on device (os error 28)"), True),
        (Exception("Service runtime error: Os { code: 28, kind: StorageFull }"), True),
        (Exception("Connection refused (os error 111)"), False),
    ],
)
def test_a_full_disk_is_told_from_other_errors(error: Exception, full: bool) -> None:
    assert says_full(error) is full
