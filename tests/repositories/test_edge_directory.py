"""The embedded store's directory: what is opened, what is set aside, and why."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from service.repositories.edge_directory import CollectionDirectory
from service.repositories.payload import to_stored
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
