"""Whether an error says that the disk is full."""

from __future__ import annotations

import errno
import re

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def says_full(exc: BaseException) -> bool:
    """Reads the system's error number, which Rust libraries only write into their messages."""
    if isinstance(exc, OSError) and exc.errno in _FULL:
        return True
    found = re.search(r"(?:\(os error |\bOs \{ code: )(\d+)", str(exc))
    return found is not None and int(found[1]) in _FULL
