"""How the threads that run forward passes share the processor's cores."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from functools import cache


class Share(Enum):
    """The part of the processor that one forward pass gets."""

    WHOLE = "whole"
    """All cores, for a pass with nothing beside it."""
    HALF = "half"
    """Half of the cores, so that a picture goes through both models at the same time."""
    BACKGROUND = "background"
    """One core, at a lower priority. As many of these passes run as there are cores."""


_NICENESS = 6
"""A thread with this niceness gets a quarter of the time of a normal one that competes with it.

A higher one would slow down imports on hosts with other busy processes, which also come first.
"""

_mine = threading.local()


@cache
def count() -> int:
    """Returns how many cores passes may use: PyTorch's own choice, or `OMP_NUM_THREADS`."""
    import torch

    return torch.get_num_threads()


def passes_at_once(share: Share) -> int:
    """Returns how many passes of this share run at the same time."""
    return {Share.WHOLE: 1, Share.HALF: min(2, count()), Share.BACKGROUND: count()}[share]


def current() -> Share:
    """Returns the share of the calling thread."""
    share: Share = getattr(_mine, "share", Share.WHOLE)
    return share


def use(share: Share) -> None:
    """Sets the share of the passes that the calling thread runs from now on.

    A thread that has run in the background keeps its low priority, and threads that it starts have
    the same one, because only a privileged process may raise a priority.
    """
    import torch

    threads = max(1, count() // passes_at_once(share))
    # The first call in a thread takes over the number of the process; from then on it has its own.
    torch.get_num_threads()
    torch.set_num_threads(threads)
    _mine.share = share
    if share is Share.BACKGROUND and sys.platform == "linux":
        # On other systems a priority belongs to the whole process.
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


@contextmanager
def using(share: Share) -> Iterator[None]:
    """Sets the share until the end of the block."""
    before = current()
    use(share)
    try:
        yield
    finally:
        use(before)
