"""Ends the process when its event loop stands still, so that its supervisor starts it anew."""

from __future__ import annotations

import asyncio
import faulthandler
from collections.abc import Iterator
from contextlib import contextmanager

BEATS_PER_LIMIT = 15


@contextmanager
def watched_loop(limit_s: float) -> Iterator[None]:
    """Requires the running event loop to run at least every `limit_s` seconds; 0 turns this off.

    A loop that does not run for so long ends the process with status 1, after the stacks of all
    threads have been written to standard error. The timer is `faulthandler`'s, whose thread needs
    no lock of the interpreter: it also fires when a library holds that lock and never returns.
    A process that is stopped as a whole (SIGSTOP) for so long ends when it is continued.
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
    """Starts the timer anew."""
    faulthandler.dump_traceback_later(limit_s, exit=True)


async def _beat(limit_s: float) -> None:
    while True:
        await asyncio.sleep(limit_s / BEATS_PER_LIMIT)
        _arm(limit_s)
