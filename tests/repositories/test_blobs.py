"""Bytes by key: one contract over directories and memory, and what a directory does alone."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from service.errors import SetupError, StoreUnavailable
from service.repositories.blobs import ObstoreBlobs


@pytest.fixture(params=["directory", "file-url", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> ObstoreBlobs:
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


async def test_ping_fails_where_the_directory_is_gone(tmp_path: Path) -> None:
    blobs = ObstoreBlobs.in_directory(tmp_path / "blobs")
    (tmp_path / "blobs").rename(tmp_path / "away")
    with pytest.raises(StoreUnavailable, match="gone"):
        await blobs.ping()


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
