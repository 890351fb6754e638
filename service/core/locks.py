"""Provides a lock per key, which exists only while a task holds or awaits it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class KeyedLocks:
    """Gives each key to one task at a time, in order of arrival: `async with locks(key)`."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def __call__(self, key: str) -> AsyncIterator[None]:
        # The local name keeps the lock alive for as long as this task holds or awaits it.
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            yield
