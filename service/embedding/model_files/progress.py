"""Progress of loading and downloading models."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)

_LOG_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Progress:
    """The current step; for a download also the bytes received and, if known, their total."""

    step: str
    done_bytes: int = 0
    total_bytes: int | None = None


OnProgress = Callable[[Progress], None]


class LoggedProgress:
    """Passes the progress of one download on, and logs it every few seconds. Thread-safe."""

    def __init__(self, step: str, total_bytes: int | None, on_progress: OnProgress) -> None:
        self._step, self._total, self._on_progress = step, total_bytes, on_progress
        self._done = 0
        self._logged_at = 0.0
        self._lock = threading.Lock()

    def reach(self, done_bytes: int) -> None:
        """Reports that `done_bytes` were received; a smaller number than before is ignored."""
        with self._lock:
            self._done = done = max(self._done, done_bytes)
            is_due = time.monotonic() - self._logged_at >= _LOG_EVERY_S
            if is_due:
                self._logged_at = time.monotonic()
        self._on_progress(Progress(self._step, done, self._total))
        if is_due:
            total = f" of {self._total / 1e6:.0f}" if self._total else ""
            log.info("%s: %.0f%s MB", self._step, done / 1e6, total)
