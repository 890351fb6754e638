"""A bounded pool of threads that decode before the queue: searches first, memory capped."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from service.core.embedding import Priority
from service.core.errors import Overloaded
from service.embedding.priorities import BULK_AGES_AFTER_S, Turns

T = TypeVar("T")


class PixelBudget:
    """Pixels that may be held in memory at once, over all threads."""

    def __init__(self, pixels: int) -> None:
        self._total = self._free = pixels
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, pixels: int) -> Iterator[None]:
        """Waits until there is room; a picture beyond the whole budget is decoded alone."""
        pixels = min(pixels, self._total)
        with self._changed:
            self._changed.wait_for(lambda: self._free >= pixels)
            self._free -= pixels
        try:
            yield
        finally:
            with self._changed:
                self._free += pixels
                self._changed.notify_all()


class DecodePool:
    """Runs as many threads as slots; `Turns` orders searches and bulk work.

    While a search is under way no bulk work starts, unless it has aged. For one event loop.
    """

    def __init__(
        self,
        threads: int,
        *,
        max_waiting: int,
        timeout_s: float,
        bulk_ages_after_s: float = BULK_AGES_AFTER_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.threads = threads or _cores()
        self._free = self.threads
        self._max_waiting = max_waiting
        self._timeout_s = timeout_s
        self._clock = clock
        self._bulk_ages_after_s = bulk_ages_after_s
        self._searches = 0
        self._turns = Turns(bulk_ages_after_s, clock)
        self._waiting: dict[Priority, deque[tuple[float, asyncio.Future[None]]]] = {
            priority: deque() for priority in Priority
        }
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="decode")

    @property
    def waiting(self) -> int:
        return sum(not turn.done() for queue in self._waiting.values() for _, turn in queue)

    async def run(self, priority: Priority, work: Callable[[], T]) -> T:
        """`work()` in a thread. Raises Overloaded, and whatever `work` raises."""
        await self._turn(priority)
        loop = asyncio.get_running_loop()
        try:
            future: Future[T] = self._pool.submit(work)
        except BaseException:
            self._release()
            raise
        # The slot is free when the thread is, not when a caller that gave up stops waiting.
        future.add_done_callback(lambda _: _on_loop(loop, self._release))
        return await asyncio.wrap_future(future)

    @contextmanager
    def bulk_held(self) -> Iterator[None]:
        """Holds bulk work back while a search is under way, so that they do not share cores."""
        self._searches += 1
        try:
            yield
        finally:
            self._searches -= 1
            self._grant()

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _turn(self, priority: Priority) -> None:
        if self._free and not (priority is Priority.BULK and self._searches):
            self._free -= 1
            self._turns.take({priority: self._clock()})
            return
        if self.waiting >= self._max_waiting:
            raise Overloaded("Too many pictures are waiting to be decoded; try again in a moment.")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[priority].append((self._clock(), turn))
        try:
            await asyncio.wait_for(asyncio.shield(turn), self._timeout_s)
        except asyncio.CancelledError:
            self._give_up(turn)
            raise
        except TimeoutError:
            self._give_up(turn)
            raise Overloaded(
                f"The wait for decoding was longer than {self._timeout_s:g} s; try again later.",
                retry_after_s=5,
            ) from None

    def _give_up(self, turn: asyncio.Future[None]) -> None:
        if turn.done() and not turn.cancelled():
            self._release()
        turn.cancel()

    def _release(self) -> None:
        self._free += 1
        self._grant()

    def _grant(self) -> None:
        """The free slots to those whose turn it is."""
        while self._free:
            since = self._since()
            if not since:
                return
            _, turn = self._waiting[self._turns.take(since)].popleft()
            self._free -= 1
            turn.set_result(None)

    def _since(self) -> dict[Priority, float]:
        """Since when the oldest waits, of those that may go now."""
        for queue in self._waiting.values():
            while queue and queue[0][1].done():
                queue.popleft()
        since = {priority: queue[0][0] for priority, queue in self._waiting.items() if queue}
        if self._searches and Priority.BULK in since:
            age_s = self._clock() - since[Priority.BULK]
            if age_s < self._bulk_ages_after_s:
                del since[Priority.BULK]
        return since


def _cores() -> int:
    """Counts the cores that this process may use, if the system reports them."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _on_loop(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(callback)
    except RuntimeError:
        # The loop is closed: the process is going down.
        return
