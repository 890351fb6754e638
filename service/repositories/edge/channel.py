"""The service's side of the engine process: starts it, talks to it, restarts it when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.core.errors import ServiceError, StoreInUse, StoreUnavailable
from service.repositories.edge.protocol import Decoder, Open, Opened, Reply, Request, encode

log = logging.getLogger(__name__)

_COMMAND = (
    "import signal\n"
    "for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):\n"
    "    signal.signal(number, signal.SIG_IGN)\n"
    "from service.repositories.edge.process import main\n"
    "main()\n"
)
_PACKAGE_ROOT = str(Path(__file__).parents[3])
_READ_BYTES = 1 << 20
_SENDS = 2
"""A request that the process died of twice is not sent a third time."""
_START_TIMEOUT_S = 600.0
_CLOSE_TIMEOUT_S = 60.0
_LONGEST_PAUSE_S = 5.0


class Silence:
    """How long a process has owed an answer without a word. Times are of the monotonic clock.

    One that was asked nothing is not silent, however long that is; one that was asked stays so when
    nobody waits for the answer any more.
    """

    def __init__(self) -> None:
        self._asked: dict[int, float] = {}
        self._heard = 0.0

    def asked(self, request_id: int, now: float) -> None:
        self._asked.setdefault(request_id, now)

    def heard(self, now: float) -> None:
        """Any bytes: the process lives, even where an answer is not complete."""
        self._heard = now

    def answered(self, request_id: int) -> None:
        self._asked.pop(request_id, None)

    def lasts_s(self, now: float) -> float:
        oldest = next(iter(self._asked.values()), now)
        return now - max(oldest, self._heard)


@dataclass(slots=True)
class _Waiting:
    id: int
    frame: bytes
    answer: asyncio.Future[Any]
    sends: int = 0


@dataclass(slots=True)
class _Running:
    """A process that has opened the directory, and what it said of it."""

    process: Process
    opened: Opened
    decoder: Decoder = field(default_factory=Decoder)
    silence: Silence = field(default_factory=Silence)

    def ask(self, request_id: int, frame: bytes) -> None:
        self.silence.asked(request_id, time.monotonic())
        self.send(frame)

    def send(self, frame: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(frame)

    async def receive(self) -> list[Any] | None:
        assert self.process.stdout is not None
        data = await self.process.stdout.read(_READ_BYTES)
        self.silence.heard(time.monotonic())
        return list(self.decoder.feed(data)) if data else None


class EngineChannel:
    """Requests by id over a pipe, many at a time. Belongs to one event loop."""

    def __init__(self, opening: Open, *, call_timeout_s: float) -> None:
        self._opening = opening
        self._call_timeout_s = call_timeout_s
        self._ids = itertools.count(1)
        self._waiting: dict[int, _Waiting] = {}
        self._running: _Running | None = None
        self._opened = Opened()
        self._supervisor: asyncio.Task[None] | None = None
        self._closing = False

    async def start(self) -> None:
        """Raises StoreInUse, StoreUnavailable."""
        running = await self._spawn()
        self._adopt(running)
        self._supervisor = asyncio.create_task(self._supervise(running), name="engine")

    @property
    def up(self) -> bool:
        return self._running is not None

    @property
    def pid(self) -> int | None:
        return self._running.process.pid if self._running else None

    @property
    def rebuilt_because(self) -> str | None:
        return self._opened.rebuilt_because

    def rebuilt(self) -> None:
        self._opened = Opened()

    async def call(self, operation: str, *arguments: Any, timeout_s: float | None = None) -> Any:
        """While the process restarts, a call waits for it; what it does must be idempotent."""
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

    async def close(self) -> None:
        """Lets the process finish what it has, flush and leave; kills it if it does not."""
        if self._supervisor is None or self._closing:
            return
        self._closing = True
        running = self._running
        if running is None:
            self._supervisor.cancel()
            self._fail_waiting("The embedded vector store is closed.", sends=0)
        else:
            running.send(encode(Request(0, "close", ())))
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                with contextlib.suppress(asyncio.CancelledError):
                    await self._supervisor
        except TimeoutError:
            if running:
                running.process.kill()
                await running.process.wait()

    def _replace_if_stuck(self) -> None:
        running = self._running
        if running and running.silence.lasts_s(time.monotonic()) > 0.9 * self._call_timeout_s:
            log.error("the engine process is stuck, another replaces it")
            with contextlib.suppress(ProcessLookupError):
                running.process.kill()

    def _send(self, running: _Running, waiting: _Waiting) -> None:
        waiting.sends += 1
        running.ask(waiting.id, waiting.frame)

    async def _supervise(self, running: _Running) -> None:
        while True:
            await self._converse(running)
            if self._closing:
                self._fail_waiting("The embedded vector store is closed.", sends=0)
                return
            log.error(
                "the engine process ended with %s, another starts", running.process.returncode
            )
            self._fail_waiting("The embedded vector store died of this request.", sends=_SENDS)
            running = await self._restart()
            self._adopt(running)

    def _adopt(self, running: _Running) -> None:
        """The process takes the calls from now on, those first that wait already."""
        self._opened = running.opened
        self._running = running
        for waiting in self._waiting.values():
            self._send(running, waiting)

    async def _converse(self, running: _Running) -> None:
        """Until the process is gone."""
        try:
            while (replies := await running.receive()) is not None:
                for reply in replies:
                    running.silence.answered(reply.id)
                    self._settle(reply)
        except Exception:  # whatever it said: a process that is understood takes its place
            log.exception("the engine process is not understood")
            with contextlib.suppress(ProcessLookupError):
                running.process.kill()
        finally:
            self._running = None
        if running.process.stdin:
            running.process.stdin.close()
        await running.process.wait()

    def _settle(self, reply: Reply) -> None:
        waiting = self._waiting.get(reply.id)
        if waiting is None or waiting.answer.done():
            return
        if reply.error is None:
            waiting.answer.set_result(reply.value)
        else:
            waiting.answer.set_exception(
                StoreUnavailable(f"The embedded vector store failed: {reply.error}")
            )

    def _fail_waiting(self, detail: str, *, sends: int) -> None:
        for waiting in self._waiting.values():
            if waiting.sends >= sends and not waiting.answer.done():
                waiting.answer.set_exception(StoreUnavailable(detail))

    async def _restart(self) -> _Running:
        """At once, then with growing pauses; what waits is failed when the first attempt fails."""
        for attempt in itertools.count():
            try:
                return await self._spawn()
            except (ServiceError, OSError) as exc:
                log.error("the engine process cannot start: %s", exc)
                self._fail_waiting(f"The embedded vector store cannot start: {exc}", sends=0)
                await asyncio.sleep(min(0.1 * 2**attempt, _LONGEST_PAUSE_S))
        raise AssertionError("unreachable")

    async def _spawn(self) -> _Running:
        paths = [_PACKAGE_ROOT, os.environ.get("PYTHONPATH", "")]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # what lies in the working directory is no module of ours
            "-c",
            _COMMAND,
            self._opening.directory,  # for who reads the list of processes
            stdin=PIPE,
            stdout=PIPE,
            limit=_READ_BYTES,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            start_new_session=True,
        )
        running = _Running(process, Opened())
        try:
            running.send(encode(self._opening))
            async with asyncio.timeout(_START_TIMEOUT_S):
                messages = await running.receive()
                while messages == []:
                    messages = await running.receive()
            if messages is None:
                code = await process.wait()
                raise StoreUnavailable(
                    f"The embedded vector store's process ended with {code} before it was ready; "
                    "its last words are in the log."
                )
            running.opened = messages[0]
            self._raise_for(running.opened)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            raise
        return running

    def _raise_for(self, opened: Opened) -> None:
        if opened.in_use:
            raise StoreInUse(
                f"Another process has the vector store in {self._opening.directory} open; stop it, "
                "or give this one a DATA_DIR of its own, or let both share a server by QDRANT_URL."
            )
        if opened.error is not None:
            raise StoreUnavailable(
                f"The embedded vector store in {self._opening.directory} cannot be opened: "
                f"{opened.error}"
            )
