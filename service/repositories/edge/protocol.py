"""What the service and its engine process say: pickled messages, each behind its length."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

HEADER = struct.Struct("!Q")

WRITES = frozenset({"upsert", "set_payloads", "delete", "mark_rebuilt"})
"""Requests that change the index; the others may overtake them."""

DAMAGED = 70
"""The exit status of a process that could not read its index."""

GROWING = frozenset({"upsert", "set_payloads"})
"""Requests that need room on the disk."""


@dataclass(frozen=True, slots=True)
class Open:
    """The first message.

    `lock_wait_s` is how long an earlier process may take to go. `distrusted_because` says why the
    index that is there must be set aside unread, and is None otherwise.
    """

    directory: str
    dimensions: int
    fingerprint: str
    lock_wait_s: float
    min_free_bytes: int
    distrusted_because: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """The answer to `Open`; exactly one of the first three says how it went, none: all is well.

    `full` says that the error's reason is a full disk.
    """

    rebuilt_because: str | None = None
    in_use: bool = False
    error: str | None = None
    full: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    id: int
    operation: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """`error` is the engine's own words; `value` is None then. `full`: the disk is the reason."""

    id: int
    value: Any = None
    error: str | None = None
    full: bool = False


def encode(message: object) -> bytes:
    body = pickle.dumps(message, protocol=5)
    return HEADER.pack(len(body)) + body


class Decoder:
    """Bytes as they come to whole messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Any]:
        self._buffer += data
        while len(self._buffer) >= HEADER.size:
            (length,) = HEADER.unpack_from(self._buffer)
            end = HEADER.size + length
            if len(self._buffer) < end:
                return
            message = pickle.loads(memoryview(self._buffer)[HEADER.size : end].toreadonly())
            del self._buffer[:end]
            yield message
