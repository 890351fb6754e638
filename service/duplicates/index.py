"""Keeps the fingerprints of all stored pictures in memory, so that finding duplicates is cheap."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.core.index import Changes, ImageFingerprint
from service.core.interfaces import VectorStore
from service.core.periodic import repeat
from service.duplicates.clusters import Group, Links, group_near_duplicates, sort_key
from service.duplicates.fingerprint import FINGERPRINT_BYTES, HASH_BYTES, similar, split

CHECK_EVERY_S = 30.0
CHECKS_PER_REFILL = 20
"""This many checks end in a refill even if the number of pictures is right.

Another process may have replaced some of them.
"""

INITIAL_CAPACITY = 1024


@dataclass(frozen=True, slots=True)
class NearMatch:
    """A stored picture that is a near-duplicate of another one. `similarity` is 0 to 1."""

    fingerprint: ImageFingerprint
    similarity: float


class _Table:
    """Fingerprints by point id, with their hashes and colours as arrays that grow by doubling."""

    def __init__(self) -> None:
        self.fingerprints: list[ImageFingerprint] = []
        self.rows: dict[str, int] = {}
        self.version = 0
        self._hashes = np.zeros(INITIAL_CAPACITY, np.uint64)
        self._colours = np.zeros((INITIAL_CAPACITY, FINGERPRINT_BYTES - HASH_BYTES), np.uint8)

    @property
    def hashes(self) -> NDArray[np.uint64]:
        return self._hashes[: len(self.fingerprints)]

    @property
    def colours(self) -> NDArray[np.uint8]:
        return self._colours[: len(self.fingerprints)]

    def apply(self, changes: Changes) -> None:
        payloads = {point.point_id: point.payload for point in changes.upserts}
        for point_id, payload in (payloads | dict(changes.payloads)).items():
            product, value = payload.product, payload.fingerprint
            if len(value) == FINGERPRINT_BYTES:
                owner = point_id, product.product_id, product.name, payload.image_id
                self.put(ImageFingerprint(*owner, value))
        for point_id in changes.deletes:
            self.drop(point_id)

    def put(self, fingerprint: ImageFingerprint) -> None:
        row = self.rows.setdefault(fingerprint.point_id, len(self.fingerprints))
        if row == len(self.fingerprints):
            self.fingerprints.append(fingerprint)
            if row == len(self._hashes):
                self._hashes = np.concatenate([self._hashes, np.zeros_like(self._hashes)])
                self._colours = np.concatenate([self._colours, np.zeros_like(self._colours)])
        self.fingerprints[row] = fingerprint
        self._hashes[row], self._colours[row] = split(fingerprint.value)
        self.version += 1

    def drop(self, point_id: str) -> None:
        """Removes the point's row and moves the last row into its place."""
        row = self.rows.pop(point_id, None)
        if row is None:
            return
        last = self.fingerprints.pop()
        if row < len(self.fingerprints):
            self.fingerprints[row] = last
            self.rows[last.point_id] = row
            self._hashes[row] = self._hashes[len(self.fingerprints)]
            self._colours[row] = self._colours[len(self.fingerprints)]
        self.version += 1


class FingerprintIndex:
    """Holds 200 bytes a picture, read from the vector store.

    Writes of this process are applied at once, and `run` picks up those of other processes within
    half a minute.
    """

    def __init__(self, store: VectorStore) -> None:
        self._store = store
        self._filling = asyncio.Lock()
        self._filled = False
        self._changes_while_filling: list[Changes] | None = None
        self._table = _Table()
        self._checks = 0
        self._without_fingerprint = 0
        self._grouping = asyncio.Lock()
        self._groups: list[Group] = []
        self._links = Links.none()
        self._grouped_state: tuple[_Table, int] | None = None

    def __len__(self) -> int:
        return len(self._table.fingerprints)

    async def run(self) -> None:
        """Keeps the index up to date until cancelled."""
        await repeat(self.check, every_s=CHECK_EVERY_S, name="fingerprints")

    async def check(self) -> None:
        """Refills the index if the store has another number of pictures, or if a refill is due.

        Raises StoreUnavailable.
        """
        await self.ready()
        self._checks += 1
        points = await self._store.count_points()
        expected = len(self) + self._without_fingerprint
        if self._checks % CHECKS_PER_REFILL == 0 or points != expected:
            await self.refill()
            self._without_fingerprint = points - len(self)

    async def ready(self) -> None:
        """Fills the index unless that has been done. Raises StoreUnavailable."""
        if not self._filled:
            await self.refill()

    async def refill(self) -> None:
        """Reads all fingerprints again, while the old ones still answer.

        Raises StoreUnavailable.
        """
        was_filled = self._filled
        async with self._filling:
            if self._filled and not was_filled:
                return  # Another task has filled it while this one waited.
            self._changes_while_filling = []
            try:
                table = _Table()
                async for chunk in self._store.fingerprints():
                    for fingerprint in chunk:
                        table.put(fingerprint)
                for changes in self._changes_while_filling:
                    table.apply(changes)
                self._table, self._filled = table, True
            finally:
                self._changes_while_filling = None

    def note(self, changes: Changes) -> None:
        """Applies changes that the vector store has applied before."""
        if self._changes_while_filling is not None:
            self._changes_while_filling.append(changes)
        self._table.apply(changes)

    def near_duplicates(self, point_id: str) -> list[NearMatch]:
        """Returns the near-duplicates under other products, most similar first."""
        table = self._table
        row = table.rows.get(point_id)
        if row is None:
            return []
        own = table.fingerprints[row]
        rows, similarities = similar(*split(own.value), table.hashes, table.colours)
        found = [
            NearMatch(table.fingerprints[other], float(similarity))
            for other, similarity in zip(rows, similarities, strict=True)
            if table.fingerprints[other].product_id != own.product_id
        ]
        return sorted(found, key=lambda match: (-match.similarity, sort_key(match.fingerprint)))

    async def groups(self, *, fresh: bool) -> list[Group]:
        """Returns all groups of near-duplicates, ordered by their first pictures.

        They are found in a thread. Without `fresh`, the groups of an earlier call are good enough,
        as for the later pages of a list. Raises StoreUnavailable.
        """
        await self.ready()
        async with self._grouping:
            state = self._table, self._table.version
            if self._grouped_state is None or (fresh and self._grouped_state != state):
                stored = tuple(self._table.fingerprints)
                self._groups, self._links = await asyncio.to_thread(
                    group_near_duplicates, stored, self._links
                )
                self._grouped_state = state
            return self._groups
