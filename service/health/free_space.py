"""Warns before the disk is full."""

from __future__ import annotations

import shutil
from pathlib import Path

import structlog

log = structlog.stdlib.get_logger(__name__)


class DiskRoom:
    """Compares the free space on a directory's disk with a reserve in bytes."""

    def __init__(self, directory: Path, reserve_bytes: int) -> None:
        self._directory = directory
        self._reserve_bytes = reserve_bytes
        self._was_low = False

    def warnings(self) -> tuple[str, ...]:
        """Returns a warning if the disk is nearly full, and logs it when it first appears."""
        try:
            free = shutil.disk_usage(self._directory).free
        except FileNotFoundError:  # All data is on servers.
            return ()
        low = free < self._reserve_bytes
        if not low:
            self._was_low = False
            return ()
        warning = (
            f"The disk of {self._directory} is nearly full: {free / 1e6:.0f} MB are free. Below"
            f" {self._reserve_bytes / 1e6:.0f} MB, writes may be refused with 507: free some space."
        )
        if not self._was_low:
            log.error(warning)
        self._was_low = True
        return (warning,)
