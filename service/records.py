"""Products and their pictures in the blob store, which is the truth the index is made from.

Keys hold the SHA-256 of the product id: ids are any Unicode, file names and object keys are not.

    products/<hash>.json          the product
    images/<hash>/<image id>      a picture's bytes
    pending/<hash>.json           a write that has begun and not ended
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from service.interfaces import BlobStore
from service.models import Product, ProductImage


@dataclass(frozen=True, slots=True)
class Intent:
    """What a write is about to touch, kept until it ends, so that a crash can be mended."""

    product_id: str
    existed: bool
    """Whether the product was there, acknowledged, before the write."""
    image_ids: frozenset[str]
    """Every picture the product had before or is to have after."""
    begun_at: datetime


class ProductRecords:
    """Reads and writes products in a blob store; raises StoreUnavailable where that does."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    async def read(self, product_id: str) -> Product | None:
        data = await self._blobs.get(_product_key(product_id))
        return None if data is None else product_from_json(data)

    async def write(self, product: Product) -> None:
        await self._blobs.put(_product_key(product.product_id), product_to_json(product))

    async def create(self, product: Product) -> bool:
        """Writes unless the product is there; False if it is."""
        return await self._blobs.create(_product_key(product.product_id), product_to_json(product))

    async def delete(self, product_id: str) -> None:
        await self._blobs.delete([_product_key(product_id)])

    async def count(self) -> int:
        return sum([1 async for _ in self._blobs.list("products/")])

    async def all(self) -> AsyncIterator[Product]:
        async for key in self._blobs.list("products/"):
            data = await self._blobs.get(key)
            if data is not None:
                yield product_from_json(data)

    async def read_image(self, product_id: str, image_id: str) -> bytes | None:
        return await self._blobs.get(_image_key(product_id, image_id))

    async def write_image(self, product_id: str, image_id: str, data: bytes) -> None:
        await self._blobs.put(_image_key(product_id, image_id), data)

    async def delete_images(self, product_id: str, image_ids: Iterable[str]) -> None:
        keys = [_image_key(product_id, image_id) for image_id in image_ids]
        if keys:
            await self._blobs.delete(keys)

    async def begin(self, intent: Intent) -> None:
        """Notes that a write begins; to be called before anything else is touched."""
        fields = asdict(intent) | {
            "image_ids": sorted(intent.image_ids),
            "begun_at": intent.begun_at.isoformat(),
        }
        await self._blobs.put(_pending_key(intent.product_id), json.dumps(fields).encode())

    async def end(self, product_id: str) -> None:
        """Notes that the write has reached every store: from here on it is acknowledged."""
        await self._blobs.delete([_pending_key(product_id)])

    async def pending(self, product_id: str) -> Intent | None:
        return await self._intent(_pending_key(product_id))

    async def all_pending(self) -> list[Intent]:
        keys = [key async for key in self._blobs.list("pending/")]
        intents = [await self._intent(key) for key in keys]
        return [intent for intent in intents if intent is not None]

    async def _intent(self, key: str) -> Intent | None:
        data = await self._blobs.get(key)
        if data is None:
            return None
        fields = json.loads(data)
        fields["image_ids"] = frozenset(fields["image_ids"])
        fields["begun_at"] = datetime.fromisoformat(fields["begun_at"])
        return Intent(**fields)


def image_id(data: bytes) -> str:
    """The SHA-256 (hex) of a picture's bytes."""
    return hashlib.sha256(data).hexdigest()


def product_to_json(product: Product) -> bytes:
    """The record as stored: JSON with RFC 3339 times."""
    fields = asdict(product)
    for name in ("created_at", "updated_at"):
        fields[name] = fields[name].isoformat()
    return json.dumps(fields, ensure_ascii=False).encode()


def product_from_json(data: bytes) -> Product:
    """The inverse of `product_to_json`. Raises ValueError or KeyError for a damaged record."""
    fields: dict[str, Any] = json.loads(data)
    for name in ("created_at", "updated_at"):
        fields[name] = datetime.fromisoformat(fields[name])
    fields["images"] = tuple(ProductImage(**image) for image in fields["images"])
    return Product(**fields)


def _hash(product_id: str) -> str:
    return hashlib.sha256(product_id.encode()).hexdigest()


def _product_key(product_id: str) -> str:
    return f"products/{_hash(product_id)}.json"


def _image_key(product_id: str, image: str) -> str:
    return f"images/{_hash(product_id)}/{image}"


def _pending_key(product_id: str) -> str:
    return f"pending/{_hash(product_id)}.json"
