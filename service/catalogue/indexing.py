"""Updates the index to match the records, for one product or for all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace

import structlog

from service.catalogue.record_json import DamagedRecord, Record, image_ids, product_to_json
from service.catalogue.records import ProductRecords
from service.core.embedding import EmbeddedImage, Priority
from service.core.errors import InvalidImage, Overloaded, Starting, StoreUnavailable, Unavailable
from service.core.index import Changes, Payload, Point, point_id
from service.core.interfaces import Embedder, VectorStore
from service.core.locks import KeyedLocks
from service.core.product import Product
from service.duplicates.index import FingerprintIndex
from service.scoring.hybrid import stored_vector

PRODUCTS_AT_ONCE = 16
"""This many keep the batches full while one product waits for the disk."""

DELETE_CHUNK = 1000

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a rebuild, counted in products."""

    done: int
    total: int
    embedded_images: int
    failed: tuple[str, ...] = ()
    """Ids of products that could not be indexed; the log says why."""


@dataclass(frozen=True, slots=True)
class Restored:
    """The result for one product. `ok` is False if one of its images could not be indexed."""

    product_id: str
    embedded_images: int = 0
    ok: bool = True
    changed: bool = False
    """True if anything was written to the index."""


class Indexer:
    """Writes products to the vector store. Embeds stored pictures only if a vector is missing."""

    def __init__(
        self,
        records: ProductRecords,
        store: VectorStore,
        embedder: Embedder,
        locks: KeyedLocks,
        fingerprints: FingerprintIndex,
    ) -> None:
        self._fingerprints = fingerprints
        self._records = records
        self._store = store
        self._embedder = embedder
        self._locks = locks

    async def update(
        self, product: Product, new: Mapping[str, EmbeddedImage], stale: Iterable[str]
    ) -> None:
        """Adds the `new` images, updates the payloads of the others, and removes `stale` images.

        An image whose point is missing, as after a loss of the index, is embedded again.
        """
        kept = _points_by_id(product, leave_out=new)
        found = _with_fingerprints(await self._store.payloads(list(kept))) if kept else {}
        missing = kept.keys() - found.keys()
        again, _ = await self._embed_all(product, [kept[key].image_id for key in missing])
        payloads = _payloads(product)
        upserts = tuple(
            self._point(payloads[image_id], image) for image_id, image in {**again, **new}.items()
        )
        renewed = {
            key: replace(kept[key], fingerprint=old.fingerprint) for key, old in found.items()
        }
        deletes = tuple(point_id(product.product_id, image_id) for image_id in stale)
        await self._apply(Changes(upserts, renewed, deletes))

    async def remove(self, product_id: str, image_ids: Iterable[str]) -> None:
        deletes = tuple(point_id(product_id, image_id) for image_id in image_ids)
        if deletes:
            await self._apply(Changes(deletes=deletes))

    async def restore(self, product: Product) -> Restored:
        """Updates a product's points to match its record, as far as its pictures can be read."""
        wanted = _points_by_id(product)
        found = _with_fingerprints(await self._store.payloads(list(wanted)))
        missing = [payload.image_id for key, payload in wanted.items() if key not in found]
        new, failed = await self._embed_all(product, missing)
        outdated = {
            key: replace(wanted[key], fingerprint=old.fingerprint)
            for key, old in found.items()
            if not _equal(wanted[key], old)
        }
        upserts = tuple(
            self._point(payload, new[payload.image_id])
            for payload in wanted.values()
            if payload.image_id in new
        )
        if upserts or outdated:
            await self._apply(Changes(upserts, outdated))
        changed = bool(upserts or outdated)
        return Restored(product.product_id, len(new), ok=not failed, changed=changed)

    async def renew(self, product_id: str, image_id: str) -> None:
        """Replaces the point of one image with a new one made from the blob store."""
        async with self._locks(product_id):
            await self.remove(product_id, [image_id])
            await self._follow_record(product_id)

    async def rebuild(self, on_progress: Callable[[Progress], None]) -> Progress:
        """Updates the whole index to match the records, and deletes points without a record.

        Correct points are left alone, so that an interrupted rebuild can continue.
        """
        progress = Progress(0, await self._records.count(), 0)
        orphans = {key async for chunk in self._store.point_ids() for key in chunk}
        running: set[asyncio.Task[Restored]] = set()

        async def collect(at_most: int) -> None:
            nonlocal progress, running
            while len(running) > at_most:
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    progress = _advanced(progress, task.result())
                    on_progress(progress)

        try:
            async for product in self._records.all():
                await collect(PRODUCTS_AT_ONCE - 1)
                if isinstance(product, DamagedRecord):
                    progress = _advanced(progress, Restored(product.key, 0, ok=False))
                    continue
                orphans.difference_update(
                    point_id(product.product_id, image.image_id) for image in product.images
                )
                running.add(asyncio.create_task(self._restore_current(product.product_id)))
            await collect(0)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        await self._drop_orphans(orphans)
        return progress

    async def _restore_current(self, product_id: str) -> Restored:
        """Reads the record again under its lock, as it may have changed since it was listed.

        Only an outage is raised: one product that fails must not end the whole rebuild.
        """
        try:
            async with self._locks(product_id):
                return await self._follow_record(product_id)
        except Unavailable:
            raise
        except Exception:
            log.exception("a product cannot be indexed", product_id=product_id)
            return Restored(product_id, ok=False)

    async def _follow_record(self, product_id: str) -> Restored:
        """Restores the product, and repeats this until its record has not changed meanwhile.

        Otherwise the index could lose the write of another process. A record that cannot be read
        changes nothing.
        """
        found = await self._records.find(product_id)
        restored = Restored(product_id)
        while not isinstance(found, DamagedRecord):
            if found is not None:
                restored = await self.restore(found.product)
            latest = await self._records.find(product_id) if restored.changed else found
            if isinstance(latest, DamagedRecord) or _revision(latest) == _revision(found):
                break
            await self.remove(product_id, image_ids(found) - image_ids(latest))
            found = latest
        return restored

    async def _drop_orphans(self, orphans: set[str]) -> None:
        """Deletes points that had no record when the rebuild began and have none now."""
        keys = sorted(orphans)
        for start in range(0, len(keys), DELETE_CHUNK):
            payloads = await self._store.payloads(keys[start : start + DELETE_CHUNK])
            for key, payload in payloads.items():
                await self._drop_orphan(key, payload)

    async def _drop_orphan(self, key: str, payload: Payload) -> None:
        product_id = payload.product.product_id
        async with self._locks(product_id):
            found = await self._records.find(product_id)
            if not isinstance(found, DamagedRecord) and payload.image_id not in image_ids(found):
                await self._apply(Changes(deletes=(key,)))
                await self._follow_record(product_id)

    async def _apply(self, changes: Changes) -> None:
        await self._store.apply(changes)
        self._fingerprints.note(changes)

    def _point(self, payload: Payload, image: EmbeddedImage) -> Point:
        return Point(
            point_id(payload.product.product_id, payload.image_id),
            stored_vector(image.embedding, self._embedder.signals),
            replace(payload, fingerprint=image.fingerprint),
        )

    async def _embed_all(
        self, product: Product, image_ids: Iterable[str]
    ) -> tuple[dict[str, EmbeddedImage], list[str]]:
        """Returns the embedded images by id, and the ids of those that failed, with a log entry."""
        embedded: dict[str, EmbeddedImage] = {}
        failed: list[str] = []
        for image_id in image_ids:
            try:
                embedded[image_id] = await self._embed(product, image_id)
            except (StoreUnavailable, Starting):
                raise
            except (
                InvalidImage,
                Unavailable,
            ) as exc:  # Unavailable itself: the model failed on this image
                failed.append(image_id)
                log.error(
                    "an image cannot be indexed",
                    product_id=product.product_id,
                    image_id=image_id,
                    reason=exc.detail,
                )
        return embedded, failed

    async def _embed(self, product: Product, image_id: str) -> EmbeddedImage:
        data = await self._records.read_image(product.product_id, image_id)
        if data is None:
            raise InvalidImage(f"The bytes of image {image_id} are missing from the blob store.")
        while True:
            try:
                return await self._embedder.embed_image(data, priority=Priority.BULK)
            except Overloaded as exc:  # a rebuild lets all other requests go first
                await asyncio.sleep(exc.retry_after_s)


def _advanced(progress: Progress, restored: Restored) -> Progress:
    return Progress(
        done=progress.done + 1,
        total=max(progress.total, progress.done + 1),
        embedded_images=progress.embedded_images + restored.embedded_images,
        failed=progress.failed if restored.ok else (*progress.failed, restored.product_id),
    )


def _payloads(product: Product) -> dict[str, Payload]:
    return {
        image.image_id: Payload(product, image.image_id, primary=position == 0)
        for position, image in enumerate(product.images)
    }


def _points_by_id(product: Product, leave_out: Container[str] = ()) -> dict[str, Payload]:
    return {
        point_id(product.product_id, image_id): payload
        for image_id, payload in _payloads(product).items()
        if image_id not in leave_out
    }


def _revision(record: Record | None) -> str | None:
    return None if record is None else record.product.revision


def _with_fingerprints(found: Mapping[str, Payload]) -> dict[str, Payload]:
    """A point without a fingerprint, as older versions made them, counts as missing."""
    return {key: payload for key, payload in found.items() if payload.fingerprint}


def _equal(one: Payload, other: Payload) -> bool:
    return one.primary == other.primary and _as_json(one.product) == _as_json(other.product)


def _as_json(product: Product) -> str:
    """The product as text for comparisons, because 1 equals True in Python, but not in JSON.

    The revision is left out, because the index does not have it.
    """
    return json.dumps(product_to_json(replace(product, revision="")), sort_keys=True)
