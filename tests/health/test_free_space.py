"""A disk that is nearly full is told in time, and the warning goes with the reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from service.health.free_space import DiskRoom


def test_a_disk_with_room_is_no_warning(tmp_path: Path) -> None:
    assert DiskRoom(tmp_path, reserve_bytes=0).warnings() == ()


def test_a_disk_that_is_nearly_full_is_named(tmp_path: Path) -> None:
    room = DiskRoom(tmp_path, reserve_bytes=2**62)
    (warning,) = room.warnings()
    assert str(tmp_path) in warning
    assert "free some space" in warning


def test_the_warning_goes_when_there_is_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = DiskRoom(tmp_path, reserve_bytes=1000)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=999))
    assert room.warnings()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    assert room.warnings() == ()
