"""The fingerprints of all stored pictures in memory, so that near duplicates cost no search."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np
import structlog
from numpy.typing import NDArray

from service.core.errors import Unavailable
from service.core.index import Changes, ImageFingerprint
from service.core.interfaces import VectorStore
from service.duplicates.clusters import Group, Links, grouped, order
from service.duplicates.fingerprint import FINGERPRINT_BYTES, HASH_BYTES, similar, split

CHECK_EVERY_S = 30.0
ROUNDS_TO_RENEWAL = 20
"""Also where the number of pictures is right: another process may have replaced some."""

FIRST_CAPACITY = 1024

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Alike:
    """A stored picture that is nearly the same as another one; `similarity` is 0 to 1."""

    fingerprint: ImageFingerprint
    similarity: float


class _Table:
    """Fingerprints by point id, and their hashes and colours as arrays that grow by doubling."""

    def __init__(self) -> None:
        self.fingerprints: list[ImageFingerprint] = []
        self.rows: dict[str, int] = {}
        self.version = 0
        self._hashes = np.zeros(FIRST_CAPACITY, np.uint64)
        self._colours = np.zeros((FIRST_CAPACITY, FINGERPRINT_BYTES - HASH_BYTES), np.uint8)

    @property
    def hashes(self) -> NDArray[np.uint64]:
        return self._hashes[: len(self.fingerprints)]

    @property
    def colours(self) -> NDArray[np.uint8]:
        return self._colours[: len(self.fingerprints)]

    def apply(self, changes: Changes) -> None:
        payloads = {point.point_id: point.payload for point in changes.upserts}
        for point_id, payload in (payloads | dict(changes.payloads)).items():
            product = payload.product
            if len(payload.fingerprint) == FINGERPRINT_BYTES:
                name, image_id = product.name, payload.image_id
                self.put(
                    ImageFingerprint(
                        point_id, product.product_id, name, image_id, payload.fingerprint
                    )
                )
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
        """The last one takes its place."""
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
    """200 bytes a picture, from the vector store, kept in step with this process's writes.

    What other processes write is taken over by `run`, within half a minute.
    """

    def __init__(self, store: VectorStore) -> None:
        self._store = store
        self._filling = asyncio.Lock()
        self._filled = False
        self._meanwhile: list[Changes] | None = None
        self._table = _Table()
        self._grouping = asyncio.Lock()
        self._groups: list[Group] = []
        self._links = Links.none()
        self._grouped: tuple[_Table, int] | None = None

    def __len__(self) -> int:
        return len(self._table.fingerprints)

    async def run(self) -> None:
        """Until cancelled. An outage only puts it off."""
        rounds, lacking = 0, 0
        while True:
            try:
                await self.ready()
                rounds += 1
                points = await self._store.count_points()
                if rounds % ROUNDS_TO_RENEWAL == 0 or points != len(self) + lacking:
                    await self.refill()
                    lacking = points - len(self)
            except Unavailable as exc:
                log.warning("the fingerprints are read later", reason=exc.detail)
            except Exception:
                log.exception("the fingerprints could not be read")
            await asyncio.sleep(CHECK_EVERY_S)

    async def ready(self) -> None:
        """Fills it unless that is done. Raises StoreUnavailable."""
        if not self._filled:
            await self.refill()

    async def refill(self) -> None:
        """Reads all fingerprints again, while the old ones still answer.

        Raises StoreUnavailable.
        """
        was_filled = self._filled
        async with self._filling:
            if self._filled and not was_filled:
                return  # somebody else has just filled it
            self._meanwhile = []
            try:
                table = _Table()
                async for chunk in self._store.fingerprints():
                    for fingerprint in chunk:
                        table.put(fingerprint)
                for changes in self._meanwhile:
                    table.apply(changes)
                self._table, self._filled = table, True
            finally:
                self._meanwhile = None

    def note(self, changes: Changes) -> None:
        """The vector store has applied these changes."""
        if self._meanwhile is not None:
            self._meanwhile.append(changes)
        self._table.apply(changes)

    def alike(self, point_id: str) -> list[Alike]:
        """Pictures of other products that are nearly the same as this one, most similar first."""
        table = self._table
        row = table.rows.get(point_id)
        if row is None:
            return []
        own = table.fingerprints[row]
        hash_, colours = split(own.value)
        rows, similarities = similar(hash_, colours, table.hashes, table.colours)
        found = [
            Alike(table.fingerprints[other], float(similarity))
            for other, similarity in zip(rows, similarities, strict=True)
            if table.fingerprints[other].product_id != own.product_id
        ]
        return sorted(found, key=lambda one: (-one.similarity, order(one.fingerprint)))

    async def groups(self, *, fresh: bool) -> list[Group]:
        """All near duplicates, in the order of their first pictures, found in a thread.

        Unless `fresh`, those found before will do, for the further pages of a list.
        Raises StoreUnavailable.
        """
        await self.ready()
        async with self._grouping:
            state = self._table, self._table.version
            if self._grouped is None or (fresh and self._grouped != state):
                stored = tuple(self._table.fingerprints)
                found = await asyncio.to_thread(grouped, stored, self._links)
                (self._groups, self._links), self._grouped = found, state
            return self._groups
