"""Decides the order of searches and bulk work that wait for the same thing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from service.core.embedding import Priority

BULK_AGES_AFTER_S = 2.0
"""Bulk work that waited this long may go between two searches; so it never starves."""


class Turns:
    """Searches first; after each, at most one turn of aged bulk work before the next.

    So a search waits for what runs and for one turn of bulk work, however much of it is aged.
    """

    def __init__(
        self,
        bulk_ages_after_s: float = BULK_AGES_AFTER_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bulk_ages_after_s = bulk_ages_after_s
        self._clock = clock
        self._last = Priority.BULK

    def take(self, since: Mapping[Priority, float]) -> Priority:
        """The priority whose turn it is, of those that wait; `since` when their oldest does."""
        if len(since) == 1:
            (self._last,) = since
        else:
            aged = self._clock() - since[Priority.BULK] >= self._bulk_ages_after_s
            after_search = self._last is Priority.SEARCH
            self._last = Priority.BULK if aged and after_search else Priority.SEARCH
        return self._last
