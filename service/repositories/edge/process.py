"""Runs the embedded engine in a process of its own, because its calls hold Python's global lock.

A single thread reads requests from a socket and serves searches before writes. It exits when the
service closes the other end, which also happens when the service is killed.
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

from service.repositories.edge.directory import CollectionDirectory, is_damage, is_system_error
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
from service.repositories.shared.system_errors import says_full

READ_BYTES = 1 << 20
LOCK_POLL_S = 0.05
FLUSH_WHEN_QUIET_S = 5.0
FLUSH_EVERY_S = 120.0
"""A flush blocks everything for 0.2 to 0.4 s. So rarely, it delays fewer than 1 % of searches."""
FLUSH_AFTER_WRITES = 2000
"""After a kill, the next process repeats all writes since the last flush before it is ready."""
OPENING_BYTES = 32 * 1024 * 1024
"""Disk space for the log and flush of a start. Without it the system kills the process (SIGBUS)."""
COMPACT_MAX_BYTES = 512 * 1024 * 1024
"""Larger shards are compacted at the next start, because compaction could block for over 3 s."""


class Pipe:
    """This process's end of the socket to the service."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._decoder = Decoder()

    def receive(self, timeout_s: float | None) -> list[Any] | None:
        """Returns the messages that arrive within the time, or None if the service has ended."""
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


class RequestQueue:
    """Orders requests by priority: searches first, and one write after every few searches."""

    READS_IN_A_ROW = 8

    def __init__(self) -> None:
        self._reads: deque[Request] = deque()
        self._writes: deque[Request] = deque()
        self._row = 0
        self.closed = False
        """True if the service has asked this process to exit after the requests in the queue."""

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
    """Decides when to flush.

    Only flushed writes survive a power loss, but a flush blocks all other requests.
    """

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
        """The seconds until the next flush, or None if there is nothing to flush."""
        if self._dirty_since is None:
            return None
        if self._writes >= FLUSH_AFTER_WRITES:
            return 0.0
        due = min(self._served + self._when_quiet_s, self._dirty_since + FLUSH_EVERY_S)
        return max(0.0, due - time.monotonic())


class EngineProcess:
    """Answers requests until the service ends or asks this process to close."""

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
        self._queue = RequestQueue()
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
        """Waits until an earlier process releases the directory.

        Returns False if the wait was too long, or if the service has ended meanwhile.
        """
        deadline = time.monotonic() + self._opening.lock_wait_s
        while not self._directory.lock():
            if time.monotonic() > deadline:
                self._pipe.send(Opened(in_use=True))
                return False
            if self._pipe.receive(LOCK_POLL_S) is None:
                return False
        return True

    def _serve(self, shard: Shard) -> None:
        while self._queue or not self._queue.closed:
            requests = self._pipe.receive(0 if self._queue else self._clock.due_in_s)
            if requests is None:
                return
            for request in requests:
                self._queue.add(request)
            if self._queue:
                request = self._queue.next()
                self._pipe.send(self._answer(shard, request))
                self._clock.served(wrote=request.operation in WRITES)
                if self._damaged:
                    sys.exit(DAMAGED)
            if self._clock.due_in_s == 0.0:
                self._flush(shard)

    def _answer(self, shard: Shard, request: Request) -> Reply:
        try:
            return Reply(request.id, self._call(shard, request))
        except BaseException as exc:  # the engine's panics are not of type Exception
            self._damaged = self._damaged or is_damage(exc)
            return Reply(
                request.id,
                error=f"{type(exc).__name__}: {exc}",
                full=says_full(exc),
                invalid=isinstance(exc, (TypeError, ValueError)) and not is_system_error(exc),
            )

    def _call(self, shard: Shard, request: Request) -> Any:
        if request.operation == "mark_rebuilt":
            return self._directory.mark_rebuilt()
        if request.operation in GROWING:
            self._check_space(self._opening.min_free_bytes)
        return getattr(shard, request.operation)(*request.arguments)

    def _check_space(self, least: int) -> None:
        """Raises OSError if less space is free.

        The engine writes through memory maps, so on a full disk the system would end the process.
        """
        free = self._directory.free_bytes()
        if free < least:
            raise OSError(
                errno.ENOSPC,
                f"the disk is nearly full: {free} bytes are free, "
                f"and {least} are kept in reserve; free some space",
            )

    def _may_compact(self) -> bool:
        """Returns True if the disk has room for the old and the new segments at the same time."""
        size = self._directory.shard_bytes()
        spare = self._directory.free_bytes() - self._opening.min_free_bytes
        return size <= min(COMPACT_MAX_BYTES, spare)

    def _flush(self, shard: Shard) -> None:
        self._clock.flushed()
        self._attempt(shard.flush)
        if self._clock.quiet and not self._queue and self._may_compact():
            self._attempt(shard.compact)

    def _attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (
            Exception
        ) as exc:  # the writes are in the engine's log, and the next flush may succeed
            print(  # noqa: T201  # this process has no logger, and shares stderr with the service
                f"The embedded vector store could not flush or compact: {exc}",
                file=sys.stderr,
                flush=True,
            )


def main() -> None:
    # Ctrl-C and a supervisor's SIGTERM reach both processes. Only the service reacts: it finishes
    # the requests that it has accepted, and then closes the socket.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    incoming, outgoing = os.dup(0), os.dup(1)
    os.dup2(2, 1)  # output of libraries must not reach the socket
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
