"""Decides that an index is damaged if the processes that read it crash repeatedly."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from service.repositories.edge.protocol import DAMAGED

CRASHES = {DAMAGED, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGSEGV}
"""The exit statuses that a damaged index may cause. SIGKILL says nothing about the index."""

ENOUGH = 3
WITHIN_S = 300.0
NEW_INDEX_TRUSTED_S = 3600.0
"""A request that crashes the engine on an intact index must not cause one rebuild after another."""


class Trust:
    """Counts crashes. `reason` says why the index must be set aside, and is None otherwise."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.reason: str | None = None
        self._now = now
        self._crashes: list[float] = []
        self._trusted_until = 0.0

    def ended(self, status: int) -> bool:
        """Records how a process ended. Returns True if it crashed."""
        if status not in CRASHES:
            return False
        now = self._now()
        self._crashes = [then for then in self._crashes if now - then < WITHIN_S] + [now]
        if len(self._crashes) >= ENOUGH and now >= self._trusted_until:
            self.reason = f"the engine's process crashed over it {len(self._crashes)} times"
        return True

    def opened(self) -> None:
        """Records that a process has opened the index, or has set it aside as requested."""
        if self.reason is not None:
            self.reason = None
            self._crashes = []
            self._trusted_until = self._now() + NEW_INDEX_TRUSTED_S
