"""Locks and opens the directory of a collection, and replaces an index that cannot be used.

<collection>/lock            the lock file, which the engine process holds
<collection>/shard/          the engine's files and identity.json
<collection>/set-aside/      the last complete shard that could not be used
<collection>/rebuild.txt     why the shard is empty; deleted once the shard is filled again
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import IO

from service.repositories.edge.shard import Shard
from service.repositories.shared.payload import LAYOUT
from service.repositories.shared.system_errors import error_number

ENGINE = "qdrant-edge-py"
_PARTS = ("edge_config.json", "segments", "wal")
_SYSTEM_ERRORS = frozenset(
    {
        errno.EACCES,
        errno.EAGAIN,
        errno.EBUSY,
        errno.EDQUOT,
        errno.EINTR,
        errno.EIO,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.ENOSPC,
        errno.EPERM,
        errno.EROFS,
        errno.ESTALE,
        errno.ETIMEDOUT,
    }
)

_DAMAGE = ("Service runtime error", "Service internal error", "Inconsistent storage")
"""The engine's messages about damaged files begin with these words."""


class CollectionDirectory:
    """Opens the shard, or sets an unusable one aside and creates an empty one.

    This loses no data, because every index can be rebuilt from the blob store.
    """

    def __init__(self, path: Path, *, dimensions: int, fingerprint: str) -> None:
        self.path = path
        self._shard = path / "shard"
        self._note = path / "rebuild.txt"
        self._unfinished = path / "unfinished"
        self._dimensions = dimensions
        # The engine promises to read its files only within one minor version.
        engine_version = ".".join(version(ENGINE).split(".")[:2])
        self._identity = {
            "engine": f"{ENGINE} {engine_version}",
            "fingerprint": fingerprint,
            "dimensions": dimensions,
            "layout": LAYOUT,
        }
        self._lock: IO[str] | None = None

    def lock(self) -> bool:
        """Locks the directory until this process ends. Returns False if another process has it."""
        self.path.mkdir(parents=True, exist_ok=True)
        file = (self.path / "lock").open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._lock = file
        return True

    def open(self, *, distrusted_because: str | None = None) -> Shard:
        """Opens the shard. If a reason to distrust it is given, sets it aside without reading it.

        Raises OSError if the system, and not the index, causes a failure.
        """
        if not self._shard.exists():
            return self._create()
        reason = distrusted_because or self._unusable()
        if reason is None:
            try:
                return Shard.load(self._shard, self._dimensions)
            except BaseException as exc:  # the engine's panics are not of type Exception
                if isinstance(exc, (KeyboardInterrupt, SystemExit, MemoryError)):
                    raise
                if is_system_error(exc):
                    raise OSError(f"the index cannot be read now: {exc}") from exc
                reason = f"the index could not be read: {exc}"
        self._set_aside(reason)
        return self._create()

    @property
    def rebuilt_because(self) -> str | None:
        return self._note.read_text() if self._note.exists() else None

    def mark_rebuilt(self) -> None:
        self._note.unlink(missing_ok=True)

    def free_bytes(self) -> int:
        return shutil.disk_usage(self.path).free

    def shard_bytes(self) -> int:
        """Returns the disk space of the shard, which is less than its length: the log is sparse."""
        return sum(path.lstat().st_blocks * 512 for path in self._shard.rglob("*"))

    def _unusable(self) -> str | None:
        try:
            found = json.loads((self._shard / "identity.json").read_text())
        except (OSError, ValueError) as exc:
            if is_system_error(exc):
                raise
            return "the index does not say which encoders made its vectors"
        for key, wanted in self._identity.items():
            if found.get(key) != wanted:
                return f"the index was made with {key} {found.get(key)!r}, not with {wanted!r}"
        # If its segments are missing, the engine starts empty without an error.
        missing = [part for part in _PARTS if not (self._shard / part).exists()]
        return f"the index has lost its {missing[0]}" if missing else None

    def _create(self) -> Shard:
        """Creates the shard under another name first, so that a kill leaves no incomplete shard."""
        shutil.rmtree(self._unfinished, ignore_errors=True)
        self._unfinished.mkdir()
        Shard.create(self._unfinished, self._dimensions).close()
        (self._unfinished / "identity.json").write_text(json.dumps(self._identity, indent=2))
        self._unfinished.rename(self._shard)
        return Shard.load(self._shard, self._dimensions)

    def _set_aside(self, reason: str) -> None:
        """Moves the shard aside, and writes down the reason.

        If the index has not been filled since the last time, the earlier shard is kept instead,
        because it is more complete.
        """
        aside = self.path / "set-aside"
        if self._note.exists() and aside.exists():
            aside = self._unfinished
        shutil.rmtree(aside, ignore_errors=True)
        note = self._note.with_suffix(".new")
        note.write_text(reason)
        os.replace(note, self._note)
        self._shard.rename(aside)


def is_damage(exc: BaseException) -> bool:
    """Returns True if the engine reports damaged files, by a panic or by its message."""
    if isinstance(exc, (OSError, ValueError, TypeError)) or is_system_error(exc):
        return False
    return not isinstance(exc, Exception) or str(exc).startswith(_DAMAGE)


def is_system_error(exc: BaseException) -> bool:
    """Returns True for an error of the operating system, which says nothing about the index."""
    return error_number(exc) in _SYSTEM_ERRORS
