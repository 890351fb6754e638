"""Stores products and their pictures in the blob store, from which the index can be rebuilt.

Keys contain the SHA-256 of the product id, as an id may contain characters that a key may not.

    products/<hash>.json          the product
    images/<hash>/<image id>      a picture's bytes
    pending/<hash>.json           the intent of a write that has begun and not ended
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence

import structlog

from service.catalogue.record_json import DamagedRecord, Record, read_record, write_record
from service.core.errors import StoreUnavailable
from service.core.interfaces import BlobStore
from service.core.product import Product

log = structlog.stdlib.get_logger(__name__)


class ProductRecords:
    """Reads and writes products in a blob store. Every method can raise StoreUnavailable."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._damage: dict[str, str] = {}

    @property
    def damage(self) -> tuple[str, ...]:
        """The damaged records and pictures, until they are replaced or read without an error."""
        return tuple(self._damage.values())

    def damaged_images(self, product_id: str) -> frozenset[str]:
        """Returns the ids of the product's pictures that are known to be damaged."""
        prefix = _image_key(product_id, "")
        damaged = (key.removeprefix(prefix) for key in self._damage if key.startswith(prefix))
        return frozenset(damaged)

    async def read(self, product_id: str) -> Product | None:
        """Returns the product, or None if its record does not exist or is damaged."""
        found = await self.find(product_id)
        return found.product if isinstance(found, Record) else None

    async def find(self, product_id: str) -> Record | DamagedRecord | None:
        """Returns the record with its version, for a later `write`."""
        return await self._find(_product_key(product_id), product_id)

    async def write(self, product: Product, over: Record | DamagedRecord | None) -> bool:
        """Replaces `over`, which `find` returned.

        Returns False, and writes nothing, if the record has changed since. Unknown fields of a
        readable record are kept; a damaged record is replaced completely.
        """
        data = write_record(product, over if isinstance(over, Record) else None)
        try:
            written = await self._put(_product_key(product.product_id), data, over)
        except StoreUnavailable:
            # The record may have been written although the answer was lost.
            if await self._has_revision(product):
                return True
            raise
        return written or await self._has_revision(product)

    async def _put(self, key: str, data: bytes, over: Record | DamagedRecord | None) -> bool:
        if over is None:
            written = await self._blobs.create(key, data)
        else:
            written = await self._blobs.replace(key, data, over.version)
        if written:
            self._damage.pop(key, None)
        return written

    async def delete(self, product_id: str) -> None:
        await self._delete([_product_key(product_id)])

    async def count(self) -> int:
        return sum([1 async for _ in self._blobs.list("products/")])

    async def all(self) -> AsyncIterator[Product | DamagedRecord]:
        async for key in self._blobs.list("products/"):
            found = await self._find(key)
            if found is not None:
                yield found.product if isinstance(found, Record) else found

    async def read_image(self, product_id: str, identity: str) -> bytes | None:
        """Returns a picture's bytes, or None if they are lost or do not match their hash."""
        key = _image_key(product_id, identity)
        data = await self._blobs.get(key)
        if data is None or await asyncio.to_thread(image_id, data) == identity:
            self._damage.pop(key, None)
            return data
        self._note_damage(key, f"picture {identity} of product {product_id!r}")
        return None

    async def write_image(self, product_id: str, image_id: str, data: bytes) -> None:
        key = _image_key(product_id, image_id)
        await self._blobs.put(key, data)
        self._damage.pop(key, None)

    async def delete_images(self, product_id: str, image_ids: Iterable[str]) -> None:
        keys = [_image_key(product_id, image_id) for image_id in image_ids]
        if keys:
            await self._delete(keys)

    async def image_ids(self, product_id: str) -> frozenset[str]:
        """Returns the ids of the pictures stored for the product, independently of its record."""
        prefix = f"images/{key_hash(product_id)}/"
        return frozenset([key.removeprefix(prefix) async for key in self._blobs.list(prefix)])

    async def id_of(self, hash: str) -> str | None:
        """Returns the id of the product with this hash, or None if its record cannot be read."""
        found = await self._find(f"products/{hash}.json")
        return found.product.product_id if isinstance(found, Record) else None

    async def _find(self, key: str, product_id: str | None = None) -> Record | DamagedRecord | None:
        blob = await self._blobs.read(key)
        found = None if blob is None else read_record(key, blob)
        if isinstance(found, Record) and _product_key(found.product.product_id) != key:
            # It is the record of another product, copied here by mistake.
            found = DamagedRecord(key, found.version, is_newer=found.is_newer)
        if isinstance(found, DamagedRecord) and not found.is_newer:
            self._note_damage(
                key, f"record {key}" if product_id is None else f"the record of {product_id!r}"
            )
        else:
            self._damage.pop(key, None)
        return found

    async def _delete(self, keys: Sequence[str]) -> None:
        await self._blobs.delete(keys)
        for key in keys:
            self._damage.pop(key, None)

    def _note_damage(self, key: str, what: str) -> None:
        if key not in self._damage:
            log.error(
                "a stored object is damaged; write it again, or restore it from a backup",
                object=what,
                key=key,
            )
            self._damage[key] = what

    async def _has_revision(self, product: Product) -> bool:
        """Returns True if the stored record is this write's own.

        The client of a store repeats a write whose answer was lost. The repetition then fails on
        the record that the first attempt wrote.
        """
        found = await self.find(product.product_id)
        return isinstance(found, Record) and found.write_id == product.revision


def image_id(data: bytes) -> str:
    """Returns the SHA-256 (hex) of a picture's bytes."""
    return hashlib.sha256(data).hexdigest()


def key_hash(product_id: str) -> str:
    """Returns the part of a key that identifies the product."""
    return hashlib.sha256(product_id.encode()).hexdigest()


def _product_key(product_id: str) -> str:
    return f"products/{key_hash(product_id)}.json"


def _image_key(product_id: str, image: str) -> str:
    return f"images/{key_hash(product_id)}/{image}"
