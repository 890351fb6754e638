"""An unusable index is set aside, and a usable one is opened."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from service.repositories.edge.directory import CollectionDirectory, is_system_error
from service.repositories.shared.payload import to_stored
from tests.repositories.points import DIMENSIONS, clustered, make_point


def directory(path: Path, *, fingerprint: str = "f") -> CollectionDirectory:
    return CollectionDirectory(path / "c", dimensions=DIMENSIONS, fingerprint=fingerprint)


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A directory with an index of five points."""
    found = directory(tmp_path)
    assert found.lock()
    shard = found.open()
    points = [make_point(f"p{number}", vector) for number, vector in enumerate(clustered(5))]
    shard.upsert(
        [point.point_id for point in points],
        np.stack([point.vector for point in points]),
        [to_stored(point.payload) for point in points],
    )
    shard.close()
    return tmp_path


def reopened(path: Path, *, fingerprint: str = "f") -> tuple[int, str | None]:
    """The number of points, and why the index was started anew."""
    found = directory(path, fingerprint=fingerprint)
    shard = found.open()
    count = shard.count_points()
    shard.close()
    return count, found.rebuilt_because


def test_an_index_of_another_layout_is_set_aside(filled: Path) -> None:
    file = filled / "c/shard/identity.json"
    identity = json.loads(file.read_text())
    file.write_text(json.dumps(identity | {"layout": identity["layout"] - 1}))

    count, reason = reopened(filled)

    assert count == 0
    assert reason is not None
    assert "layout" in reason


def test_a_sound_index_is_opened(filled: Path) -> None:
    assert reopened(filled) == (5, None)


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("edge_config.json", b"{"),
        ("edge_config.json", None),
        ("segments", None),
        ("wal", None),
        ("wal/first-index", b"nonsense"),
        ("identity.json", b"nonsense"),
        ("identity.json", None),
    ],
)
def test_a_broken_index_is_set_aside(filled: Path, part: str, content: bytes | None) -> None:
    path = filled / "c" / "shard" / part
    if content is not None:
        path.write_bytes(content)
    elif path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    count, reason = reopened(filled)
    assert count == 0
    assert reason
    assert (filled / "c" / "set-aside").is_dir()
    assert reopened(filled) == (0, reason)


def test_only_the_last_broken_index_is_kept(filled: Path) -> None:
    for _ in range(3):
        (filled / "c" / "shard" / "identity.json").unlink()
        reopened(filled)
    assert sorted(path.name for path in (filled / "c").iterdir()) == [
        "lock",
        "rebuild.txt",
        "set-aside",
        "shard",
    ]


def test_an_index_that_was_not_rebuilt_yet_is_kept(filled: Path) -> None:
    whole = (filled / "c" / "shard").stat().st_ino
    for _ in range(3):
        (filled / "c" / "shard" / "identity.json").unlink()
        reopened(filled)
        assert (filled / "c" / "set-aside").stat().st_ino == whole
    directory(filled).mark_rebuilt()
    rebuilt = (filled / "c" / "shard").stat().st_ino
    (filled / "c" / "shard" / "identity.json").unlink()
    reopened(filled)
    assert (filled / "c" / "set-aside").stat().st_ino == rebuilt


def test_a_process_killed_while_it_set_an_index_aside_loses_none(filled: Path) -> None:
    whole = (filled / "c" / "shard").stat().st_ino
    (filled / "c" / "shard" / "identity.json").unlink()
    (filled / "c" / "rebuild.txt").write_text("written, and then killed")
    reopened(filled)
    assert (filled / "c" / "set-aside").stat().st_ino == whole


@contextmanager
def open_files(spare: int) -> Iterator[None]:
    """No more than so many files can be opened besides those that are open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(path.name) for path in Path("/proc/self/fd").iterdir())
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(highest + 1)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(held) + 1 + spare, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for file in held:
            os.close(file)


@pytest.mark.parametrize("spare", [0, 1, 2])
def test_an_index_that_cannot_be_read_just_now_is_left_alone(filled: Path, spare: int) -> None:
    with open_files(spare), pytest.raises(OSError, match=r"Too many|TooMany"):
        directory(filled).open()
    assert reopened(filled) == (5, None)


@pytest.mark.parametrize("words", ["no space (os error 28)", "Os { code: 5, kind: Other }"])
def test_system_errors_are_known_by_their_number(words: str) -> None:
    assert is_system_error(Exception(words))
    assert is_system_error(OSError(errno.ENOSPC, "no space"))
    assert not is_system_error(Exception("no such file (os error 2)"))
    assert not is_system_error(FileNotFoundError(errno.ENOENT, "no such file"))
    assert not is_system_error(Exception("a checksum is wrong"))


def test_an_index_of_another_engine_version_is_set_aside(filled: Path) -> None:
    path = filled / "c" / "shard" / "identity.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"engine": "qdrant-edge-py 0.8"}))
    count, reason = reopened(filled)
    assert count == 0
    assert "0.8" in (reason or "")


def test_vectors_of_other_encoders_are_never_served(filled: Path) -> None:
    count, reason = reopened(filled, fingerprint="new")
    assert count == 0
    assert "fingerprint" in (reason or "")


def test_what_a_killed_first_start_left_is_no_broken_index(tmp_path: Path) -> None:
    (tmp_path / "c" / "unfinished" / "segments").mkdir(parents=True)
    assert reopened(tmp_path) == (0, None)


def test_the_lock_has_one_holder(tmp_path: Path) -> None:
    first, second = directory(tmp_path), directory(tmp_path)
    assert (first.lock(), second.lock()) == (True, False)
