"""Compares stored vectors with their pictures in the background, a few at a time, for ever."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import numpy as np
import structlog

from service.catalogue.indexing import Indexer
from service.catalogue.records import ProductRecords
from service.core.embedding import Priority, Signal, Vector
from service.core.errors import InvalidImage, Unavailable
from service.core.interfaces import Embedder, VectorStore
from service.scoring.hybrid import split

CHUNK = 32
PAUSE_S = 10.0
"""One picture is embedded for each chunk, which takes about a hundredth of a core's time."""

LEAST_SIMILARITY = 0.999
"""The least cosine of an intact vector. Other batch sizes and bfloat16 stay above 0.9999.

The distance of unit vectors with cosine c is sqrt(2 - 2c). It also reveals a wrong length.
"""

UNIT_LENGTH_WITHIN = 1e-3

log = structlog.stdlib.get_logger(__name__)


class VectorCheck:
    """Reads the whole index again and again, and replaces damaged vectors.

    The engine has no checksums of its vectors. The part of each signal has unit length, which most
    flipped bits change. One vector of each chunk is also compared with a new one, made from the
    blob store.
    """

    def __init__(
        self, records: ProductRecords, store: VectorStore, embedder: Embedder, indexer: Indexer
    ) -> None:
        self._records = records
        self._store = store
        self._embedder = embedder
        self._indexer = indexer

    async def run(self) -> None:
        """Works until it is cancelled. An outage only delays the work."""
        while True:
            try:
                await self._walk()
            except Unavailable as exc:
                log.info("the check of the vectors was postponed", reason=exc.detail)
            except Exception:
                log.exception("the check of the vectors failed")
            await asyncio.sleep(PAUSE_S)

    async def check(self, point_ids: Sequence[str]) -> int:
        """Replaces the damaged ones among these points, and returns their number."""
        vectors = await self._store.vectors(point_ids)
        suspects = {key for key, vector in vectors.items() if not self._is_sound(vector)}
        if vectors:
            suspects.add(random.choice(list(vectors)))
        damaged = 0
        for key, payload in (await self._store.payloads(list(suspects))).items():
            product_id, image_id = payload.product.product_id, payload.image_id
            if await self._matches(product_id, image_id, vectors[key]):
                continue
            damaged += 1
            log.error("replacing a damaged vector", product_id=product_id, image=image_id)
            await self._indexer.renew(product_id, image_id)
        return damaged

    async def _walk(self) -> None:
        async for ids in self._store.point_ids():
            for start in range(0, len(ids), CHUNK):
                await self.check(ids[start : start + CHUNK])
                await asyncio.sleep(PAUSE_S)

    def _is_sound(self, vector: Vector) -> bool:
        lengths = [np.linalg.norm(part) for part in self._parts(vector).values()]
        return all(abs(length - 1) < UNIT_LENGTH_WITHIN for length in lengths)

    async def _matches(self, product_id: str, image_id: str, vector: Vector) -> bool:
        """Returns True if the vector belongs to the picture, or if the picture cannot be read."""
        data = await self._records.read_image(product_id, image_id)
        if data is None:
            return True
        try:
            fresh = await self._embedder.embed_image(data, priority=Priority.BULK)
        except InvalidImage:
            return True
        parts = self._parts(vector)
        return all(
            np.square(parts[name] - made).sum() <= 2 * (1 - LEAST_SIMILARITY)
            for name, made in fresh.embedding.vectors.items()
        )

    def _parts(self, vector: Vector) -> dict[str, Vector]:
        signals: Sequence[Signal] = self._embedder.signals
        return dict(split(vector, signals).vectors)
