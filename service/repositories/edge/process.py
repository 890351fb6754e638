"""The process that owns the embedded engine: every call of the engine holds the interpreter's lock.

One thread reads requests from a socket, serves searches before writes, and leaves when the other
end is closed, which also happens when the service is killed.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from service.repositories.edge.directory import CollectionDirectory, of_the_index
from service.repositories.edge.protocol import (
    DAMAGED,
    GROWING,
    WRITES,
    Decoder,
    Open,
    Opened,
    Reply,
    Request,
    encode,
)
from service.repositories.edge.shard import Shard
from service.repositories.shared.room import says_full

READ_BYTES = 1 << 20
LOCK_POLL_S = 0.05
FLUSH_WHEN_QUIET_S = 5.0
FLUSH_EVERY_S = 120.0
"""A flush stops everything for 0.2 to 0.4 s: too seldom for one search in a hundred to meet it."""
FLUSH_AFTER_WRITES = 2000
"""A killed process's successor repeats all writes since the last flush before it serves."""
OPENING_BYTES = 32 * 1024 * 1024
"""Room for the log and the flush of a start; without it the system ends the process (SIGBUS)."""
RECLAIM_MAX_BYTES = 512 * 1024 * 1024
"""Larger shards wait for the next start: writing so much anew stops everything for 3 s."""


class Pipe:
    """This process's end of the socket that leads to the service."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._decoder = Decoder()

    def receive(self, timeout_s: float | None) -> list[Any] | None:
        """The messages that come within the time; None when the service is gone."""
        ready, _, _ = select.select([self._incoming], [], [], timeout_s)
        if not ready:
            return []
        try:
            data = os.read(self._incoming, READ_BYTES)
        except ConnectionError:  # the service was killed before it had read every answer
            return None
        return list(self._decoder.feed(data)) if data else None

    def send(self, message: object) -> None:
        view = memoryview(encode(message))
        while view:
            view = view[os.write(self._outgoing, view) :]


class Turns:
    """Whose turn it is: searches go first, and after every few of them one write."""

    READS_IN_A_ROW = 8

    def __init__(self) -> None:
        self._reads: deque[Request] = deque()
        self._writes: deque[Request] = deque()
        self._row = 0
        self.closed = False
        """The service asked this process to leave after what is still in turn."""

    def __bool__(self) -> bool:
        return bool(self._reads or self._writes)

    def add(self, request: Request) -> None:
        if request.operation == "close":
            self.closed = True
        else:
            (self._writes if request.operation in WRITES else self._reads).append(request)

    def next(self) -> Request:
        if self._reads and (not self._writes or self._row < self.READS_IN_A_ROW):
            self._row += 1
            return self._reads.popleft()
        self._row = 0
        return self._writes.popleft()


class FlushClock:
    """When to flush: only a flush reaches the disk against power loss, and it stops everything."""

    def __init__(self, when_quiet_s: float = FLUSH_WHEN_QUIET_S) -> None:
        self._when_quiet_s = when_quiet_s
        self._dirty_since: float | None = None
        self._writes = 0
        self._served = 0.0

    def served(self, *, wrote: bool) -> None:
        self._served = time.monotonic()
        if not wrote:
            return
        self._writes += 1
        if self._dirty_since is None:
            self._dirty_since = self._served

    def flushed(self) -> None:
        self._dirty_since = None
        self._writes = 0

    @property
    def quiet(self) -> bool:
        return time.monotonic() - self._served >= self._when_quiet_s

    @property
    def due_in_s(self) -> float | None:
        """None: there is nothing to flush."""
        if self._dirty_since is None:
            return None
        if self._writes >= FLUSH_AFTER_WRITES:
            return 0.0
        due = min(self._served + self._when_quiet_s, self._dirty_since + FLUSH_EVERY_S)
        return max(0.0, due - time.monotonic())


class EngineProcess:
    """Answers requests until the service is gone or asks it to close."""

    def __init__(
        self,
        pipe: Pipe,
        directory: CollectionDirectory,
        opening: Open,
        clock: FlushClock | None = None,
    ) -> None:
        self._pipe = pipe
        self._directory = directory
        self._opening = opening
        self._turns = Turns()
        self._clock = clock or FlushClock()
        self._damaged = False

    def run(self) -> None:
        try:
            if not self._lock():
                return
            self._check_space(min(self._opening.min_free_bytes, OPENING_BYTES))
            shard = self._directory.open(distrusted_because=self._opening.distrusted_because)
        except ConnectionError:
            return
        except Exception as exc:
            self._pipe.send(Opened(error=f"{type(exc).__name__}: {exc}", full=says_full(exc)))
            return
        self._pipe.send(Opened(rebuilt_because=self._directory.rebuilt_because))
        try:
            self._serve(shard)
        finally:
            self._attempt(shard.close)

    def _lock(self) -> bool:
        """Waits for an earlier process to finish, as long as somebody waits for this one."""
        deadline = time.monotonic() + self._opening.lock_wait_s
        while not self._directory.lock():
            if time.monotonic() > deadline:
                self._pipe.send(Opened(in_use=True))
                return False
            if self._pipe.receive(LOCK_POLL_S) is None:
                return False
        return True

    def _serve(self, shard: Shard) -> None:
        while self._turns or not self._turns.closed:
            requests = self._pipe.receive(0 if self._turns else self._clock.due_in_s)
            if requests is None:
                return
            for request in requests:
                self._turns.add(request)
            if self._turns:
                request = self._turns.next()
                self._pipe.send(self._answer(shard, request))
                self._clock.served(wrote=request.operation in WRITES)
                if self._damaged:
                    sys.exit(DAMAGED)
            if self._clock.due_in_s == 0.0:
                self._flush(shard)

    def _answer(self, shard: Shard, request: Request) -> Reply:
        try:
            return Reply(request.id, self._call(shard, request))
        except BaseException as exc:  # a panic of the engine is no Exception
            self._damaged = self._damaged or of_the_index(exc)
            return Reply(request.id, error=f"{type(exc).__name__}: {exc}", full=says_full(exc))

    def _call(self, shard: Shard, request: Request) -> Any:
        if request.operation == "mark_rebuilt":
            return self._directory.mark_rebuilt()
        if request.operation in GROWING:
            self._check_space(self._opening.min_free_bytes)
        return getattr(shard, request.operation)(*request.arguments)

    def _check_space(self, least: int) -> None:
        """The engine writes through memory maps: on a full disk it would be killed, not refused."""
        free = self._directory.free_bytes()
        if free < least:
            raise OSError(
                errno.ENOSPC,
                f"the disk is nearly full: {free} bytes are free, "
                f"{least} are kept in reserve; make room",
            )

    def _may_reclaim(self) -> bool:
        """The old and the new are on the disk together for a while."""
        size = self._directory.shard_bytes()
        spare = self._directory.free_bytes() - self._opening.min_free_bytes
        return size <= min(RECLAIM_MAX_BYTES, spare)

    def _flush(self, shard: Shard) -> None:
        self._clock.flushed()
        self._attempt(shard.flush)
        if self._clock.quiet and not self._turns and self._may_reclaim():
            self._attempt(shard.reclaim)

    def _attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as exc:  # the log has the writes; the next flush may do better
            print(  # noqa: T201  # the process has no logger; stderr is the service's
                f"The embedded vector store could not flush or reclaim: {exc}",
                file=sys.stderr,
                flush=True,
            )


def main() -> None:
    # Ctrl-C and a supervisor's SIGTERM reach the service and this process alike: the service
    # finishes what it accepted, and then closes the socket.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    incoming, outgoing = os.dup(0), os.dup(1)
    os.dup2(2, 1)  # whatever prints must not speak on the socket
    pipe = Pipe(incoming, outgoing)
    messages = pipe.receive(None)
    while messages == []:
        messages = pipe.receive(None)
    if messages is None:
        return
    opening: Open = messages[0]
    directory = CollectionDirectory(
        Path(opening.directory), dimensions=opening.dimensions, fingerprint=opening.fingerprint
    )
    try:
        EngineProcess(pipe, directory, opening).run()
    except ConnectionError:
        return


if __name__ == "__main__":
    main()
