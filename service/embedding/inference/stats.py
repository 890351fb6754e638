"""Counters of the batcher, for metrics."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class BatcherStats:
    """Counts since the start, for metrics."""

    batches: int = 0
    items: int = 0
    retried_batches: int = 0
    failed_items: int = 0
    rejected: int = 0
    timed_out: int = 0
    restarts: int = 0
    batch_sizes: dict[int, int] = field(default_factory=dict)
    """How many passes had so many items."""

    def count(self, size: int) -> None:
        """One more pass, over so many items."""
        self.batches += 1
        self.items += size
        self.batch_sizes[size] = self.batch_sizes.get(size, 0) + 1
