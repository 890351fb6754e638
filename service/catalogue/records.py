"""Products and their pictures in the blob store, which is the truth the index is made from.

Keys hold the SHA-256 of the product id: ids are any Unicode, file names and object keys are not.

    products/<hash>.json          the product
    images/<hash>/<image id>      a picture's bytes
    pending/<hash>.json           the intent of a write that has begun and not ended
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence

import structlog

from service.catalogue.formats import DamagedRecord, Record, read_record, write_record
from service.core.errors import StoreUnavailable
from service.core.interfaces import BlobStore
from service.core.product import Product

log = structlog.stdlib.get_logger(__name__)


class ProductRecords:
    """Reads and writes products in a blob store; raises StoreUnavailable where that does."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._damage: dict[str, str] = {}

    @property
    def damage(self) -> tuple[str, ...]:
        """The records and pictures that were found damaged and have not been read well since."""
        return tuple(self._damage.values())

    def damaged_images(self, product_id: str) -> frozenset[str]:
        """The ids of the product's pictures that were found damaged."""
        prefix = _image_key(product_id, "")
        damaged = (key.removeprefix(prefix) for key in self._damage if key.startswith(prefix))
        return frozenset(damaged)

    async def read(self, product_id: str) -> Product | None:
        """The product; None also where its record is damaged."""
        found = await self.find(product_id)
        return found.product if isinstance(found, Record) else None

    async def find(self, product_id: str) -> Record | DamagedRecord | None:
        """The record with its version, for a later `write`."""
        return await self._find(_product_key(product_id), product_id)

    async def write(self, product: Product, over: Record | DamagedRecord | None) -> bool:
        """Writes over what `find` gave; False, and nothing is written, if that has changed since.

        A damaged record is written over whole, a readable one keeps the fields that are unknown.
        """
        data = write_record(product, over if isinstance(over, Record) else None)
        try:
            written = await self._put(_product_key(product.product_id), data, over)
        except StoreUnavailable:
            # The answer may have been lost behind the work.
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
        """A picture's bytes, checked against their hash; None where they are gone or damaged."""
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
        """The pictures that are stored for the product, whatever its record says."""
        prefix = f"images/{key_hash(product_id)}/"
        return frozenset([key.removeprefix(prefix) async for key in self._blobs.list(prefix)])

    async def id_of(self, hash: str) -> str | None:
        """The id of the product whose keys hold this hash, as far as its record can be read."""
        found = await self._find(f"products/{hash}.json")
        return found.product.product_id if isinstance(found, Record) else None

    async def _find(self, key: str, product_id: str | None = None) -> Record | DamagedRecord | None:
        blob = await self._blobs.read(key)
        found = None if blob is None else read_record(key, blob)
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
                "found damaged; write it anew, or restore it from a backup", what=what, key=key
            )
            self._damage[key] = what

    async def _has_revision(self, product: Product) -> bool:
        """A store repeats a write whose answer was lost, and then refuses what it has written."""
        found = await self.find(product.product_id)
        return isinstance(found, Record) and found.write_id == product.revision


def image_id(data: bytes) -> str:
    """The SHA-256 (hex) of a picture's bytes."""
    return hashlib.sha256(data).hexdigest()


def key_hash(product_id: str) -> str:
    """The part of a key that stands for the product."""
    return hashlib.sha256(product_id.encode()).hexdigest()


def _product_key(product_id: str) -> str:
    return f"products/{key_hash(product_id)}.json"


def _image_key(product_id: str, image: str) -> str:
    return f"images/{key_hash(product_id)}/{image}"
