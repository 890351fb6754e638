"""Finds out within seconds whether downloads are possible at all."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

PROBE_TIMEOUT_S = 3.0


def unreachable(urls: Sequence[str], timeout_s: float = PROBE_TIMEOUT_S) -> dict[str, str]:
    """The `urls` that do not answer, each with the reason; all are asked at the same time.

    It returns after `timeout_s` at the latest: threads are used because a lookup of a host name
    cannot be given a timeout.
    """
    reasons = dict.fromkeys(urls, f"no answer within {timeout_s:g} s")
    threads = [
        threading.Thread(target=_probe, args=(url, timeout_s, reasons), daemon=True) for url in urls
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + timeout_s
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return {url: reason for url, reason in dict(reasons).items() if reason}


def _probe(url: str, timeout_s: float, reasons: dict[str, str]) -> None:
    import httpx

    try:
        status = httpx.head(url, timeout=timeout_s, follow_redirects=True).status_code
    except Exception as exc:
        # An unsupported proxy or a malformed URL is no network error, but also prevents a download.
        reasons[url] = f"{type(exc).__name__}: {exc}"
    else:
        # A hub that works may answer 401 or 404; the download then tells what it means.
        reasons[url] = f"HTTP {status}" if status in (403, 407) or status >= 500 else ""
