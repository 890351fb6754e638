"""Defines the messages between the service and its engine process.

Each message is pickled, and preceded by its length.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

HEADER = struct.Struct("!Q")

WRITES = frozenset({"upsert", "set_payloads", "delete", "mark_rebuilt"})
"""The operations that change the index. Other requests may overtake them."""

DAMAGED = 70
"""The exit status of an engine process that could not read its index."""

GROWING = frozenset({"upsert", "set_payloads"})
"""The operations that need free disk space."""


@dataclass(frozen=True, slots=True)
class Open:
    """The first message to the engine process.

    `lock_wait_s` limits the wait for an earlier process to end. If `distrusted_because` is not
    None, it is the reason to set an existing index aside without reading it.
    """

    directory: str
    dimensions: int
    fingerprint: str
    lock_wait_s: float
    min_free_bytes: int
    distrusted_because: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """The answer to `Open`. At most one of the first three fields is set, and none on success.

    `full` is True if a full disk caused the error.
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
    """The answer to a request: either `value`, or `error` with the engine's message.

    `full` is True if a full disk caused the error, and `invalid` if the request's own values did,
    so that a repetition fails too.
    """

    id: int
    value: Any = None
    error: str | None = None
    full: bool = False
    invalid: bool = False


def encode(message: object) -> bytes:
    body = pickle.dumps(message, protocol=5)
    return HEADER.pack(len(body)) + body


class Decoder:
    """Assembles whole messages from a stream of bytes."""

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
