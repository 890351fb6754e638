"""Exits the process if its event loop is blocked, so that a supervisor can restart it."""

from __future__ import annotations

import asyncio
import faulthandler
from collections.abc import Iterator
from contextlib import contextmanager

BEATS_PER_LIMIT = 15


@contextmanager
def watched_loop(limit_s: float) -> Iterator[None]:
    """Exits the process with status 1 if its event loop is blocked for `limit_s` seconds; 0: never.

    The stacks of all threads are written to standard error first. The timer is `faulthandler`'s,
    whose thread does not need the interpreter lock, so that it also fires when a library never
    releases that lock. A process that was stopped (SIGSTOP) for this long exits when it continues.
    """
    if not limit_s:
        yield
        return
    _arm(limit_s)
    beats = asyncio.create_task(_beat(limit_s), name="watchdog")
    try:
        yield
    finally:
        beats.cancel()
        faulthandler.cancel_dump_traceback_later()


def _arm(limit_s: float) -> None:
    """Restarts the timer."""
    faulthandler.dump_traceback_later(limit_s, exit=True)


async def _beat(limit_s: float) -> None:
    while True:
        await asyncio.sleep(limit_s / BEATS_PER_LIMIT)
        _arm(limit_s)
