"""Warns in time of a disk that is nearly full."""

from __future__ import annotations

import shutil
from pathlib import Path

import structlog

log = structlog.stdlib.get_logger(__name__)


class DiskRoom:
    """Compares the free room of a directory's disk with a reserve, both in bytes."""

    def __init__(self, directory: Path, reserve_bytes: int) -> None:
        self._directory = directory
        self._reserve_bytes = reserve_bytes
        self._was_low = False

    def warnings(self) -> tuple[str, ...]:
        """One sentence where the disk is nearly full; it is also logged when that begins."""
        try:
            free = shutil.disk_usage(self._directory).free
        except FileNotFoundError:  # everything is kept on servers
            return ()
        low = free < self._reserve_bytes
        if not low:
            self._was_low = False
            return ()
        warning = (
            f"The disk of {self._directory} is nearly full: {free / 1e6:.0f} MB are free. Writes"
            f" may be refused with 507 below {self._reserve_bytes / 1e6:.0f} MB: make room."
        )
        if not self._was_low:
            log.error(warning)
        self._was_low = True
        return (warning,)
