"""Starts the engine's child process, exchanges messages with it, and waits for its end."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.repositories.edge.protocol import Decoder

_COMMAND = (
    "import signal\n"
    "for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):\n"
    "    signal.signal(number, signal.SIG_IGN)\n"
    "from service.repositories.edge.process import main\n"
    "main()\n"
)
_PACKAGE_ROOT = str(Path(__file__).parents[3])
_READ_BYTES = 1 << 20


class Silence:
    """Measures how long a process has left a request unanswered without sending a byte.

    Times are from the monotonic clock. A process without open requests is not silent. A request
    stays open until it is answered, even if its caller has stopped waiting.
    """

    def __init__(self) -> None:
        self._asked: dict[int, float] = {}
        self._heard = 0.0

    def asked(self, request_id: int, now: float) -> None:
        self._asked.setdefault(request_id, now)

    def heard(self, now: float) -> None:
        """Records that bytes arrived: even a part of an answer shows that the process works."""
        self._heard = now

    def answered(self, request_id: int) -> None:
        self._asked.pop(request_id, None)

    def lasts_s(self, now: float) -> float:
        oldest = next(iter(self._asked.values()), now)
        return now - max(oldest, self._heard)


@dataclass(slots=True)
class EngineChild:
    """A running child process, and the socket that connects the service to it."""

    process: subprocess.Popen[bytes]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    decoder: Decoder = field(default_factory=Decoder)
    silence: Silence = field(default_factory=Silence)

    @classmethod
    async def start(cls, directory: str) -> EngineChild:
        """Starts a process. `directory` only tells people who list the processes which one it is.

        Raises OSError if the system cannot start a process.
        """
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=_READ_BYTES)
        try:
            process = await asyncio.to_thread(_popen, theirs, directory)
        except BaseException:
            writer.close()
            raise
        return cls(process, reader, writer)

    @property
    def pid(self) -> int:
        return self.process.pid

    def ask(self, request_id: int, frame: bytes) -> None:
        self.silence.asked(request_id, time.monotonic())
        self.send(frame)

    def send(self, frame: bytes) -> None:
        self.writer.write(frame)

    async def receive(self) -> list[Any] | None:
        """Returns the next complete messages, or None once the process has closed its end.

        The list is empty if only a part of a message arrived.
        """
        try:
            data = await self.reader.read(_READ_BYTES)
        except ConnectionError:  # the process was killed before it had read all requests
            return None
        self.silence.heard(time.monotonic())
        return list(self.decoder.feed(data)) if data else None

    def kill(self) -> None:
        self.process.kill()

    async def ended(self) -> int:
        """Waits for the end of the process, and returns its exit status, negative for a signal."""
        self.writer.close()
        return await asyncio.to_thread(self.process.wait)


def _popen(theirs: socket.socket, directory: str) -> subprocess.Popen[bytes]:
    """Starts the process by `vfork`, which runs no fork handler of any loaded library.

    OpenBLAS's handler waits for the running matrix product, so a plain `fork`, which uvloop uses,
    can block the event loop forever. On Linux, `subprocess` uses `vfork` unless it is given a
    `preexec_fn` or has to change the user or group.
    """
    paths = [_PACKAGE_ROOT, os.environ.get("PYTHONPATH", "")]
    with theirs:
        return subprocess.Popen(
            # -P: files in the working directory are not imported in place of the service's.
            [sys.executable, "-P", "-c", _COMMAND, directory],
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            start_new_session=True,
        )
