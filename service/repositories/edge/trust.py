"""When an index counts as damaged: the processes that read it crash, one after the other."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from service.repositories.edge.protocol import DAMAGED

CRASHES = {DAMAGED, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGSEGV}
"""Exit statuses of a process that its index may have ended. SIGKILL says nothing of the index."""

ENOUGH = 3
WITHIN_S = 300.0
NEW_INDEX_TRUSTED_S = 3600.0
"""A request that crashes the engine on a sound index must not have it rebuilt again and again."""


class Trust:
    """Counts crashes; `reason` says why the index must be set aside, and is None otherwise."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.reason: str | None = None
        self._now = now
        self._crashes: list[float] = []
        self._trusted_until = 0.0

    def ended(self, status: int) -> bool:
        """Notes how a process ended, and tells whether it crashed."""
        if status not in CRASHES:
            return False
        now = self._now()
        self._crashes = [then for then in self._crashes if now - then < WITHIN_S] + [now]
        if len(self._crashes) >= ENOUGH and now >= self._trusted_until:
            self.reason = f"the engine's process crashed over it {len(self._crashes)} times"
        return True

    def opened(self) -> None:
        """Notes that a process has opened the index, or set it aside where it was told to."""
        if self.reason is not None:
            self.reason = None
            self._crashes = []
            self._trusted_until = self._now() + NEW_INDEX_TRUSTED_S
