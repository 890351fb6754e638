"""One bounded queue in front of the models: concurrent requests share passes."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from service.core.embedding import Priority
from service.core.errors import Overloaded, Starting, Unavailable
from service.core.interfaces import Encoder
from service.embedding.inference import cores
from service.embedding.inference.cores import Share
from service.embedding.inference.forward_pass import Item, Kind, Passes, Result
from service.embedding.inference.pass_queue import PassQueue
from service.embedding.inference.stats import BatcherStats

log = logging.getLogger(__name__)

SEARCH_RESERVE = 4
"""One place in so many is kept for searches: bulk work alone cannot fill the queue."""


@dataclass(slots=True, eq=False)
class _Worker:
    """A thread that runs passes of one priority, so that no search pays for bulk items."""

    name: str
    priority: Priority
    thread: threading.Thread | None = None
    running: list[Item] = field(default_factory=list)
    busy_since: float | None = None

    @property
    def alive(self) -> bool:
        return self.thread is not None and self.thread.is_alive()


class Batcher:
    """Owns the encoders: `submit` from any event loop, the passes run in threads of its own.

    One of them runs searches, a picture's two passes side by side on half of the cores each.
    Several share bulk work, each with a core of its own, at a lower priority than searches: passes
    that are independent wait neither for each other nor for the decoding beside them, as the parts
    of one pass would.
    """

    def __init__(
        self,
        encoders: Mapping[str, Encoder],
        *,
        max_items: int = 8,
        queue_max_items: int = 256,
        queue_timeout_s: float = 30.0,
        bulk_workers: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._passes = Passes(encoders)
        self.regions = self._passes.regions
        self._max_items = max_items
        self._queue_max_items = queue_max_items
        self._queue_timeout_s = queue_timeout_s
        self._clock = clock
        self._queue = PassQueue()
        self._changed = threading.Condition()
        self._closing = False
        self._started = False
        self._search_worker = _Worker("passes-search", Priority.SEARCH)
        self._bulk_workers = [
            _Worker(f"passes-bulk-{n}", Priority.BULK) for n in range(bulk_workers)
        ]
        self._workers = [self._search_worker, *self._bulk_workers]
        self.stats = BatcherStats()

    def start(self) -> None:
        self._started = True
        with self._changed:
            for worker in self._workers:
                self._start_thread(worker)

    @property
    def alive(self) -> bool:
        """True if all workers run and take work."""
        return not self._closing and all(worker.alive for worker in self._workers)

    @property
    def busy_s(self) -> float:
        """How long the oldest pass has been running, 0 without one: a hung one shows here."""
        since = [started for w in self._workers if (started := w.busy_since) is not None]
        return max(0.0, self._clock() - min(since)) if since else 0.0

    @property
    def depth(self) -> int:
        """Items waiting, those of the current pass not counted."""
        return len(self._queue)

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
        item = Item(kind, payload, loop, loop.create_future(), priority, self._clock())
        with self._changed:
            self._check_room(priority)
            self._queue.append(item)
            self._changed.notify_all()
        timer = loop.call_later(self._queue_timeout_s, self._expire, item)
        try:
            return await item.future
        finally:
            timer.cancel()
            self._withdraw(item)

    async def close(self, *, drain: bool = True, timeout_s: float = 30.0) -> None:
        """Takes no more work, finishes what waits (without `drain`: fails it), ends the threads."""
        with self._changed:
            self._closing = True
            threads = [worker.thread for worker in self._workers if worker.thread is not None]
            if not drain or not threads:
                self._fail_waiting()
            self._changed.notify_all()
        ends = time.monotonic() + timeout_s
        for thread in threads:
            await asyncio.to_thread(thread.join, max(0.0, ends - time.monotonic()))
        with self._changed:
            self._fail_waiting()
            for worker in self._workers:
                if worker.alive:
                    detail = "The model does not answer and the service is shutting down."
                    self._fail_running(worker, detail)

    def _check_room(self, priority: Priority) -> None:
        if self._closing:
            raise Unavailable("The service is shutting down; try again in a moment.")
        if not self._started:
            raise Starting("The models are still loading; try again in a moment.")
        for worker in self._workers:
            if not worker.alive:
                self._start_thread(worker)
        room = self._queue_max_items
        if priority is Priority.BULK:
            room -= room // SEARCH_RESERVE
        if self.depth >= room:
            self.stats.rejected += 1
            raise Overloaded(
                f"{self.depth} pictures and texts are waiting already; try again in a moment.",
                retry_after_s=1,
            )

    def _expire(self, item: Item) -> None:
        if self._withdraw(item):
            self.stats.timed_out += 1
            item.fail(
                Overloaded(
                    f"The wait for the models was longer than {self._queue_timeout_s:g} s; "
                    "try again later.",
                    retry_after_s=5,
                )
            )

    def _withdraw(self, item: Item) -> bool:
        """Removes the item, and returns True if it was still waiting: then it costs no pass."""
        with self._changed:
            return self._queue.remove(item)

    def _fail_waiting(self) -> None:
        for item in self._queue.drain():
            item.fail(Unavailable("The service is shutting down; try again."))

    def _fail_running(self, worker: _Worker, detail: str) -> None:
        for item in worker.running:
            item.fail(Unavailable(detail))
        worker.running = []

    def _start_thread(self, worker: _Worker) -> None:
        worker.thread = threading.Thread(
            target=self._work, args=(worker,), name=worker.name, daemon=True
        )
        worker.thread.start()

    def _work(self, worker: _Worker) -> None:
        try:
            while batch := self._next_batch(worker):
                self._run(worker, batch)
        except BaseException as exc:
            # Also SystemExit and KeyboardInterrupt from inside a model: the service must notice.
            log.exception("a worker of the models died; starting another")
            self._replace(worker, exc)

    def _replace(self, worker: _Worker, exc: BaseException) -> None:
        with self._changed:
            worker.busy_since = None
            self._fail_running(
                worker, f"The model's worker died ({type(exc).__name__}); try again."
            )
            self.stats.restarts += 1
            self._changed.notify_all()
            if not self._closing or self._queue.waiting(worker.priority):
                self._start_thread(worker)

    def _next_batch(self, worker: _Worker) -> list[Item]:
        """Waits for work; empty once closed and drained."""
        with self._changed:
            while not self._queue.waiting(worker.priority):
                if self._closing:
                    return []
                self._changed.wait()
            most, share = self._part(worker.priority)
            batch = self._queue.take(worker.priority, most)
            worker.running, worker.busy_since = batch, self._clock()
            self.stats.count(len(batch))
        # Explanations run through the plain models, with nothing beside them.
        cores.use(Share.WHOLE if batch[0].kind is Kind.EXPLANATION else share)
        return batch

    def _part(self, priority: Priority) -> tuple[int, Share]:
        """How many items a pass takes, and its share of the cores."""
        if priority is Priority.SEARCH:
            return self._max_items, Share.HALF
        idle = sum(worker.busy_since is None for worker in self._bulk_workers)
        waiting = self._queue.waiting(Priority.BULK)
        if waiting == 1 and idle == len(self._bulk_workers):
            return 1, Share.HALF  # it is alone, as a search is
        return min(self._max_items, math.ceil(waiting / idle)), Share.BACKGROUND

    def _run(self, worker: _Worker, batch: list[Item]) -> None:
        try:
            results = self._passes.run(batch)
        except Exception as exc:
            self._retry(batch, exc)
        else:
            for item, result in zip(batch, results, strict=True):
                self._settle(item, result)
        with self._changed:
            worker.running, worker.busy_since = [], None
            self._changed.notify_all()

    def _retry(self, batch: list[Item], exc: Exception) -> None:
        """One by one, so that one item fails alone."""
        log.warning("a pass over %d items failed: %r", len(batch), exc)
        if len(batch) == 1:
            self._settle(batch[0], exc)
            return
        with self._changed:
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
        with self._changed:
            self.stats.failed_items += 1
        error = Unavailable("The model failed on this item; try again, or send another.")
        error.__cause__ = result
        item.fail(error)
