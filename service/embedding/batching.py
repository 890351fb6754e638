"""One bounded queue and one thread in front of the models: concurrent requests share a pass."""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from service.embedding.passes import Item, Kind, Passes, Result
from service.embedding.turns import BULK_AGES_AFTER_S, Turns
from service.errors import Overloaded, Starting, Unavailable
from service.interfaces import Encoder
from service.models import Priority

log = logging.getLogger(__name__)

BULK_PAUSES_FOR_S = 1.0
"""A bulk pass older than this pauses for no more searches, so that it ends."""

SEARCH_RESERVE = 4
"""One place in so many is kept for searches: bulk work alone cannot fill the queue."""


@dataclass(slots=True)
class BatcherStats:
    """Counts since the start, for metrics."""

    batches: int = 0
    items: int = 0
    retried_batches: int = 0
    failed_items: int = 0
    rejected: int = 0
    timed_out: int = 0
    restarts: int = 0
    pauses: int = 0
    """Search passes that went in the middle of a bulk pass."""
    batch_sizes: dict[int, int] = field(default_factory=dict)
    """How many passes had so many items."""


class Batcher:
    """Owns the encoders: `submit` from any event loop, everything else runs in its one thread."""

    def __init__(
        self,
        semantic: Encoder,
        visual: Encoder,
        *,
        max_items: int = 8,
        queue_max_items: int = 256,
        queue_timeout_s: float = 30.0,
        bulk_ages_after_s: float = BULK_AGES_AFTER_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._passes = Passes(semantic, visual)
        self.regions = self._passes.regions
        self._max_items = max_items
        self._queue_max_items = queue_max_items
        self._queue_timeout_s = queue_timeout_s
        self._turns = Turns(bulk_ages_after_s, clock)
        self._clock = clock
        self._queues: dict[tuple[Kind, Priority], deque[Item]] = {
            key: deque() for key in itertools.product(Kind, Priority)
        }
        self._changed = threading.Condition()
        self._closing = False
        self._busy_since: float | None = None
        self._running: list[Item] = []
        self._turn = Priority.SEARCH
        """Of the pass under way; for the worker alone."""
        self._last_kind: Kind | None = None
        self._thread: threading.Thread | None = None
        self.stats = BatcherStats()

    def start(self) -> None:
        with self._changed:
            self._start_thread()

    @property
    def alive(self) -> bool:
        """Whether the worker runs and takes work."""
        return not self._closing and self._thread is not None and self._thread.is_alive()

    @property
    def busy_s(self) -> float:
        """How long the current pass has been running, 0 between passes: a hung one shows here."""
        since = self._busy_since
        return 0.0 if since is None else max(0.0, self._clock() - since)

    @property
    def depth(self) -> int:
        """Items waiting, those of the current pass not counted."""
        return sum(len(queue) for queue in self._queues.values())

    def check_room(self, priority: Priority) -> None:
        """Raises what `submit` would raise now, so that no decoding is wasted."""
        with self._changed:
            self._check_room(priority)

    async def submit(
        self, kind: Kind, payload: Any, priority: Priority = Priority.SEARCH
    ) -> Result:
        """One array per signal, as `Result` says. The payload is what `Passes` takes for the kind.

        Raises Overloaded where the queue is full or the wait too long, and Unavailable where the
        model failed on this item, or the service is closing.
        """
        loop = asyncio.get_running_loop()
        item = Item(kind, payload, loop, loop.create_future(), self._clock())
        queue = self._queues[kind, priority]
        with self._changed:
            self._check_room(priority)
            queue.append(item)
            self._changed.notify_all()
        timer = loop.call_later(self._queue_timeout_s, self._expire, queue, item)
        try:
            return await item.future
        finally:
            timer.cancel()
            self._withdraw(queue, item)

    async def close(self, *, drain: bool = True, timeout_s: float = 30.0) -> None:
        """Takes no more work, finishes what waits (without `drain`: fails it), ends the thread."""
        with self._changed:
            self._closing = True
            thread = self._thread
            if not drain or thread is None:
                self._fail_waiting()
            self._changed.notify_all()
        if thread is not None:
            await asyncio.to_thread(thread.join, timeout_s)
        with self._changed:
            self._fail_waiting()
            if thread is not None and thread.is_alive():
                self._fail_running("The model does not answer and the service is shutting down.")

    def _check_room(self, priority: Priority) -> None:
        if self._closing:
            raise Unavailable("The service is shutting down; try again in a moment.")
        if self._thread is None:
            raise Starting("The models are still loading; try again in a moment.")
        if not self._thread.is_alive():
            self._start_thread()
        room = self._queue_max_items
        if priority is Priority.BULK:
            room -= room // SEARCH_RESERVE
        if self.depth >= room:
            self.stats.rejected += 1
            raise Overloaded(
                f"{self.depth} pictures and texts are waiting already; try again in a moment.",
                retry_after_s=1,
            )

    def _expire(self, queue: deque[Item], item: Item) -> None:
        if self._withdraw(queue, item):
            self.stats.timed_out += 1
            item.fail(
                Overloaded(
                    f"The wait for the models was longer than {self._queue_timeout_s:g} s; "
                    "try again later.",
                    retry_after_s=5,
                )
            )

    def _withdraw(self, queue: deque[Item], item: Item) -> bool:
        """Whether the item was still waiting; a timed out or cancelled one costs no pass."""
        with self._changed:
            if item not in queue:
                return False
            queue.remove(item)
            return True

    def _fail_waiting(self) -> None:
        for queue in self._queues.values():
            while queue:
                queue.popleft().fail(Unavailable("The service is shutting down; try again."))

    def _fail_running(self, detail: str) -> None:
        for item in self._running:
            item.fail(Unavailable(detail))
        self._running = []

    def _start_thread(self) -> None:
        self._thread = threading.Thread(target=self._work, name="batcher", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            while batch := self._next_batch():
                self._run(batch, pausing=self._turn is Priority.BULK)
        except BaseException as exc:
            # Also SystemExit and KeyboardInterrupt from inside a model: the service must notice.
            log.exception("the batcher's worker died; starting another")
            self._replace(exc)

    def _replace(self, exc: BaseException) -> None:
        with self._changed:
            self._busy_since = None
            self._fail_running(f"The model's worker died ({type(exc).__name__}); try again.")
            self.stats.restarts += 1
            if not self._closing or self.depth:
                self._start_thread()

    def _next_batch(self) -> list[Item]:
        """Waits for work; empty once closed and drained."""
        with self._changed:
            while not self.depth:
                if self._closing:
                    return []
                self._changed.wait()
            self._busy_since = self._clock()
            return self._take(Priority)

    def _next_searches(self) -> list[Item]:
        """What a bulk pass pauses for; empty where no search waits. Never waits."""
        with self._changed:
            return self._take([Priority.SEARCH])

    def _take(self, priorities: Iterable[Priority]) -> list[Item]:
        # Priorities never share a pass: no search pays for bulk items beside it.
        oldest: dict[Priority, deque[Item]] = {}
        for priority in priorities:
            queues = {kind: queue for kind in Kind if (queue := self._queues[kind, priority])}
            if self._last_kind is Kind.EXPLANATION and len(queues) > 1:
                # One search asks for twenty of them; others wait for one pass, not for all.
                queues.pop(Kind.EXPLANATION, None)
            if queues:
                oldest[priority] = min(queues.values(), key=lambda queue: queue[0].since)
        if not oldest:
            return []
        self._turn = self._turns.take({key: queue[0].since for key, queue in oldest.items()})
        queue = oldest[self._turn]
        batch = [queue.popleft() for _ in range(min(self._max_items, len(queue)))]
        self._running = [*self._running, *batch]
        self._last_kind = batch[0].kind
        return batch

    def _run(self, batch: list[Item], *, pausing: bool) -> None:
        self.stats.batches += 1
        self.stats.items += len(batch)
        sizes = self.stats.batch_sizes
        sizes[len(batch)] = sizes.get(len(batch), 0) + 1
        try:
            results = self._results(batch, pausing=pausing)
        except Exception as exc:
            self._retry(batch, exc)
        else:
            for item, result in zip(batch, results, strict=True):
                self._settle(item, result)
        with self._changed:
            self._running = self._running[: -len(batch)]
            if not self._running:
                self._busy_since = None

    def _results(self, batch: list[Item], *, pausing: bool) -> list[Result | Exception]:
        steps = self._passes.run_in_steps(batch)
        ends = self._clock() + BULK_PAUSES_FOR_S
        while True:
            try:
                next(steps)
            except StopIteration as end:
                results: list[Result | Exception] = end.value
                return results
            if pausing and self._clock() < ends and (searches := self._next_searches()):
                self.stats.pauses += 1
                self._run(searches, pausing=False)

    def _retry(self, batch: list[Item], exc: Exception) -> None:
        """One by one, so that one item fails alone."""
        log.warning("a pass over %d items failed: %r", len(batch), exc)
        if len(batch) == 1:
            self._settle(batch[0], exc)
            return
        self.stats.retried_batches += 1
        for item in batch:
            try:
                (result,) = self._passes.run([item])
            except Exception as item_exc:
                self._settle(item, item_exc)
            else:
                self._settle(item, result)

    def _settle(self, item: Item, result: Result | Exception) -> None:
        if not isinstance(result, Exception):
            item.succeed(result)
            return
        self.stats.failed_items += 1
        error = Unavailable("The model failed on this item; try again, or send another.")
        error.__cause__ = result
        item.fail(error)
