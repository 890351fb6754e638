"""A collection's directory on disk: who may open it, and what to do where it is of no use.

<collection>/lock            held by the engine process
<collection>/shard/          the engine's files, and identity.json beside them
<collection>/set-aside/      the last whole shard that could not be used
<collection>/rebuild.txt     why the shard started empty, until it has been filled again
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import IO

from service.repositories.edge.shard import Shard
from service.repositories.shared.payload import LAYOUT

ENGINE = "qdrant-edge-py"
_PARTS = ("edge_config.json", "segments", "wal")
_OF_THE_MACHINE = frozenset(
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


class CollectionDirectory:
    """Opens the shard, or sets a useless one aside and starts empty: every index can be rebuilt."""

    def __init__(self, path: Path, *, dimensions: int, fingerprint: str) -> None:
        self.path = path
        self._shard = path / "shard"
        self._note = path / "rebuild.txt"
        self._unfinished = path / "unfinished"
        self._dimensions = dimensions
        # Storage is promised for one minor version of the engine.
        engine_version = ".".join(version(ENGINE).split(".")[:2])
        self._identity = {
            "engine": f"{ENGINE} {engine_version}",
            "fingerprint": fingerprint,
            "dimensions": dimensions,
            "layout": LAYOUT,
        }
        self._lock: IO[str] | None = None

    def lock(self) -> bool:
        """False while another process holds it. The kernel lets go when this one dies."""
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
        """Opens the shard; a reason to distrust it has it set aside unread.

        Raises OSError where the machine, and not the index, is what fails.
        """
        if not self._shard.exists():
            return self._create()
        reason = distrusted_because or self._unusable()
        if reason is None:
            try:
                return Shard.load(self._shard, self._dimensions)
            except BaseException as exc:  # a panic of the engine is no Exception
                if isinstance(exc, (KeyboardInterrupt, SystemExit, MemoryError)):
                    raise
                if of_the_machine(exc):
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
        """What the shard takes on the disk; its log has holes."""
        return sum(path.lstat().st_blocks * 512 for path in self._shard.rglob("*"))

    def _unusable(self) -> str | None:
        try:
            found = json.loads((self._shard / "identity.json").read_text())
        except (OSError, ValueError) as exc:
            if of_the_machine(exc):
                raise
            return "the index does not say whose vectors it holds"
        for key, wanted in self._identity.items():
            if found.get(key) != wanted:
                return f"the index was made with {key} {found.get(key)!r}, and this is {wanted!r}"
        # Without its segments the engine starts empty and says nothing.
        missing = [part for part in _PARTS if not (self._shard / part).exists()]
        return f"the index has lost its {missing[0]}" if missing else None

    def _create(self) -> Shard:
        """By a rename at the end, so that a process killed half-way leaves no broken shard."""
        shutil.rmtree(self._unfinished, ignore_errors=True)
        self._unfinished.mkdir()
        Shard.create(self._unfinished, self._dimensions).close()
        (self._unfinished / "identity.json").write_text(json.dumps(self._identity, indent=2))
        self._unfinished.rename(self._shard)
        return Shard.load(self._shard, self._dimensions)

    def _set_aside(self, reason: str) -> None:
        """Where an older one has not been rebuilt yet, that is kept, and not what came after it."""
        aside = self.path / "set-aside"
        if self._note.exists() and aside.exists():
            aside = self._unfinished
        shutil.rmtree(aside, ignore_errors=True)
        note = self._note.with_suffix(".new")
        note.write_text(reason)
        os.replace(note, self._note)
        self._shard.rename(aside)


def of_the_index(exc: BaseException) -> bool:
    """Tells whether the engine says that its files are damaged, by a panic or in its words."""
    if isinstance(exc, (OSError, ValueError, TypeError)) or of_the_machine(exc):
        return False
    return not isinstance(exc, Exception) or str(exc).startswith(_DAMAGE)


def of_the_machine(exc: BaseException) -> bool:
    """Whether the error says nothing of the index, which may be sound.

    The engine raises a bare Exception, with the system's error in its words as Rust has them.
    """
    if isinstance(exc, OSError):
        return exc.errno in _OF_THE_MACHINE
    found = re.search(r"(?:\(os error |\bOs \{ code: )(\d+)", str(exc))
    return found is not None and int(found[1]) in _OF_THE_MACHINE
