"""Starts the engine process, sends it requests, and restarts it when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import shutil
import time
from dataclasses import dataclass, replace
from typing import Any

from service.core.errors import ServiceError, StoreFull, StoreInUse, StoreUnavailable
from service.repositories.edge.child import EngineChild
from service.repositories.edge.protocol import Open, Opened, Reply, Request, encode
from service.repositories.edge.trust import ENOUGH, Trust

log = logging.getLogger(__name__)

_SENDS = 2
"""A request during which the process has died twice is not sent a third time."""
_START_TIMEOUT_S = 600.0
_CLOSE_TIMEOUT_S = 60.0
_LONGEST_PAUSE_S = 5.0


@dataclass(slots=True)
class _Waiting:
    id: int
    frame: bytes
    answer: asyncio.Future[Any]
    sends: int = 0


@dataclass(frozen=True, slots=True)
class _Running:
    """A process that has opened the directory, with its answer to `Open`."""

    child: EngineChild
    opened: Opened


class _Crashed(StoreUnavailable):
    """The process crashed while it opened its index, so the next one may set that index aside."""


class EngineChannel:
    """Sends requests over a socket and matches the answers by request id.

    Many requests can wait at the same time. A channel belongs to one event loop.
    """

    def __init__(self, opening: Open, *, call_timeout_s: float) -> None:
        self._opening = opening
        self._call_timeout_s = call_timeout_s
        self._ids = itertools.count(1)
        self._waiting: dict[int, _Waiting] = {}
        self._running: _Running | None = None
        self._opened = Opened()
        self._supervisor: asyncio.Task[None] | None = None
        self._trust = Trust()
        self._closing = False

    async def start(self) -> None:
        """Starts the process and opens the index. Raises StoreInUse and StoreUnavailable."""
        running = await self._spawn()
        self._adopt(running)
        self._supervisor = asyncio.create_task(self._supervise(running), name="engine")

    @property
    def up(self) -> bool:
        return self._running is not None

    @property
    def pid(self) -> int | None:
        return self._running.child.pid if self._running else None

    @property
    def rebuilt_because(self) -> str | None:
        return self._opened.rebuilt_because

    def rebuilt(self) -> None:
        self._opened = Opened()

    async def call(self, operation: str, *arguments: Any, timeout_s: float | None = None) -> Any:
        """Returns the result of the operation.

        Raises StoreUnavailable and StoreFull, and ValueError if the engine refuses the values.
        While the process restarts, the call waits. The operation must be idempotent, because a
        restarted process receives it again.
        """
        if self._closing or self._supervisor is None:
            raise StoreUnavailable("The embedded vector store is closed.")
        request = Request(next(self._ids), operation, arguments)
        waiting = _Waiting(request.id, encode(request), asyncio.get_running_loop().create_future())
        self._waiting[request.id] = waiting
        if self._running:
            self._send(self._running, waiting)
        try:
            async with asyncio.timeout(timeout_s or self._call_timeout_s):
                return await waiting.answer
        except TimeoutError as exc:
            self._replace_if_stuck()
            raise StoreUnavailable(
                "The embedded vector store did not answer in time; try again."
            ) from exc
        finally:
            del self._waiting[request.id]

    async def discard(self, reason: str) -> None:
        """Replaces the process with one that sets the index aside and starts an empty one."""
        self._trust.reason = reason
        if self._running:
            self._running.child.kill()
        await self.call("ping", timeout_s=_START_TIMEOUT_S)

    async def close(self) -> None:
        """Lets the process finish its requests, flush and exit, and kills it if it does not."""
        if self._supervisor is None or self._closing:
            return
        self._closing = True
        running = self._running
        if running is None:
            self._supervisor.cancel()
            self._fail_waiting("The embedded vector store is closed.", sends=0)
        else:
            running.child.send(encode(Request(0, "close", ())))
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                with contextlib.suppress(asyncio.CancelledError):
                    await self._supervisor
        except TimeoutError:
            if running:
                running.child.kill()
                await running.child.ended()

    def _replace_if_stuck(self) -> None:
        running = self._running
        limit_s = 0.9 * self._call_timeout_s
        if running and running.child.silence.lasts_s(time.monotonic()) > limit_s:
            log.error("the engine process is stuck and will be replaced")
            running.child.kill()

    def _send(self, running: _Running, waiting: _Waiting) -> None:
        waiting.sends += 1
        running.child.ask(waiting.id, waiting.frame)

    async def _supervise(self, running: _Running) -> None:
        while True:
            status = await self._converse(running)
            if self._closing:
                self._fail_waiting("The embedded vector store is closed.", sends=0)
                return
            log.error("the engine process ended with status %s and will be restarted", status)
            self._crashed(status)
            self._fail_waiting(
                "The embedded vector store crashed twice during this request.", sends=_SENDS
            )
            running = await self._restart()
            self._adopt(running)

    def _adopt(self, running: _Running) -> None:
        """Sends all calls to this process from now on, and first those that are already waiting."""
        self._opened = running.opened
        self._running = running
        for waiting in self._waiting.values():
            self._send(running, waiting)

    async def _converse(self, running: _Running) -> int:
        """Passes answers to their callers until the process ends, and returns its exit status."""
        child = running.child
        try:
            while (replies := await child.receive()) is not None:
                for reply in replies:
                    child.silence.answered(reply.id)
                    self._settle(reply)
        except Exception:  # an unreadable message leaves only a restart
            log.exception("the engine process sent a message that cannot be read")
            child.kill()
        finally:
            self._running = None
        return await child.ended()

    def _settle(self, reply: Reply) -> None:
        waiting = self._waiting.get(reply.id)
        if waiting is None or waiting.answer.done():
            return
        if reply.error is None:
            waiting.answer.set_result(reply.value)
        else:
            waiting.answer.set_exception(_error(reply))

    def _fail_waiting(self, detail: str, *, sends: int) -> None:
        for waiting in self._waiting.values():
            if waiting.sends >= sends and not waiting.answer.done():
                waiting.answer.set_exception(StoreUnavailable(detail))

    async def _restart(self) -> _Running:
        """Starts a new process: at once, and after a failure with growing pauses.

        Each failed attempt also fails all waiting calls.
        """
        for attempt in itertools.count():
            try:
                return await self._spawn()
            except (ServiceError, OSError) as exc:
                log.error("the engine process cannot start: %s", exc)
                self._fail_waiting(f"The embedded vector store cannot start: {exc}", sends=0)
                await asyncio.sleep(min(0.1 * 2**attempt, _LONGEST_PAUSE_S))
        raise AssertionError("unreachable")

    async def _spawn(self) -> _Running:
        """Starts a process that opens the index, and repeats this if the process crashes.

        Raises StoreInUse and StoreUnavailable.
        """
        for _ in range(ENOUGH):
            with contextlib.suppress(_Crashed):
                return await self._opened_by(await EngineChild.start(self._opening.directory))
        return await self._opened_by(await EngineChild.start(self._opening.directory))

    async def _opened_by(self, child: EngineChild) -> _Running:
        opening = replace(self._opening, distrusted_because=self._trust.reason)
        try:
            child.send(encode(opening))
            async with asyncio.timeout(_START_TIMEOUT_S):
                messages = await child.receive()
                while messages == []:
                    messages = await child.receive()
            if messages is None:
                status = await child.ended()
                log.error("the engine process ended with status %s before it was ready", status)
                kind = _Crashed if self._crashed(status) else StoreUnavailable
                raise kind(
                    f"The embedded vector store's process ended with status {status} before it was"
                    " ready; the log has its last messages."
                )
            self._raise_for(messages[0])
            self._trust.opened()
        except BaseException:
            child.kill()
            await child.ended()
            raise
        return _Running(child, messages[0])

    def _crashed(self, status: int) -> bool:
        """Returns True if the index may have caused the end of the process.

        On a full disk, the lack of space is the cause and not the index.
        """
        with contextlib.suppress(
            FileNotFoundError
        ):  # the process ended before it created the directory
            if shutil.disk_usage(self._opening.directory).free < self._opening.min_free_bytes:
                return False
        return self._trust.ended(status)

    def _raise_for(self, opened: Opened) -> None:
        if opened.in_use:
            raise StoreInUse(
                f"Another process has the vector store in {self._opening.directory} open; stop it, "
                "give this one a DATA_DIR of its own, or set QDRANT_URL for both to share a server."
            )
        if opened.error is not None:
            kind = StoreFull if opened.full else StoreUnavailable
            raise kind(
                f"The embedded vector store in {self._opening.directory} cannot be opened: "
                f"{opened.error}"
            )


def _error(reply: Reply) -> Exception:
    """Returns ValueError if the engine refused the values, because that is not an outage."""
    if reply.invalid and not reply.full:
        return ValueError(f"The embedded vector store refused the request: {reply.error}")
    kind = StoreFull if reply.full else StoreUnavailable
    return kind(f"The embedded vector store failed: {reply.error}")
