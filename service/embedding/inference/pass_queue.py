"""Orders the items that wait for the models."""

from __future__ import annotations

import itertools
from collections import deque

from service.core.embedding import Priority
from service.embedding.inference.forward_pass import Item, Kind


class PassQueue:
    """Items by kind and priority, which never share a pass. Whoever calls holds a lock."""

    def __init__(self) -> None:
        self._queues: dict[tuple[Kind, Priority], deque[Item]] = {
            key: deque() for key in itertools.product(Kind, Priority)
        }
        self._last_search: Kind | None = None

    def __len__(self) -> int:
        return sum(len(queue) for queue in self._queues.values())

    def waiting(self, priority: Priority) -> int:
        return sum(len(self._queues[kind, priority]) for kind in Kind)

    def append(self, item: Item) -> None:
        self._queues[item.kind, item.priority].append(item)

    def remove(self, item: Item) -> bool:
        """Removes the item, and returns True if it was still waiting."""
        queue = self._queues[item.kind, item.priority]
        if item not in queue:
            return False
        queue.remove(item)
        return True

    def take(self, priority: Priority, most: int) -> list[Item]:
        """Takes at most this many items of the kind that has waited longest.

        Raises ValueError if none waits.
        """
        queues = {kind: queue for kind in Kind if (queue := self._queues[kind, priority])}
        if self._last_search is Kind.EXPLANATION and len(queues) > 1:
            # One search asks for twenty of them; others wait for one pass, not for all.
            queues.pop(Kind.EXPLANATION, None)
        queue = min(queues.values(), key=lambda queue: queue[0].since)
        taken = [queue.popleft() for _ in range(min(most, len(queue)))]
        if priority is Priority.SEARCH:
            self._last_search = taken[0].kind
        return taken

    def drain(self) -> list[Item]:
        """Everything that waits."""
        items = [item for queue in self._queues.values() for item in queue]
        for queue in self._queues.values():
            queue.clear()
        return items
