"""Recognises errors by the operating system's error number."""

from __future__ import annotations

import errno
import re

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def says_full(exc: BaseException) -> bool:
    """Returns True if the error says that the disk is full."""
    return error_number(exc) in _FULL


def error_number(exc: BaseException) -> int | None:
    """Returns the system's error number, which Rust libraries only write into their messages."""
    if isinstance(exc, OSError) and exc.errno is not None:
        return exc.errno
    found = re.search(r"(?:\(os error |\bOs \{ code: )(\d+)", str(exc))
    return int(found[1]) if found else None
