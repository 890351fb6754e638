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
from datetime import UTC, datetime
from typing import Any

import structlog

from service.core.interfaces import BlobStore
from service.core.product import Product, ProductImage

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Intent:
    """What a write is about to touch, kept until it ends, so that a crash can be mended."""

    product_id: str
    existed: bool
    """Whether the product was there, acknowledged, before the write."""
    image_ids: frozenset[str]
    """Every picture the product had before or is to have after."""
    begun_at: datetime
    owner: str
    """The process that writes, by a name it made up at its start."""


@dataclass(frozen=True, slots=True)
class DamagedRecord:
    """A record that is there and cannot be read, as a power loss may leave it."""

    key: str


class ProductRecords:
    """Reads and writes products in a blob store; raises StoreUnavailable where that does."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    async def read(self, product_id: str) -> Product | None:
        """None also for a damaged record: the product can then be written anew."""
        found = await self._read(_product_key(product_id))
        return found if isinstance(found, Product) else None

    async def write(self, product: Product) -> None:
        await self._blobs.put(_product_key(product.product_id), product_to_json(product))

    async def create(self, product: Product) -> bool:
        """Writes unless the product is there; False if it is."""
        return await self._blobs.create(_product_key(product.product_id), product_to_json(product))

    async def delete(self, product_id: str) -> None:
        await self._blobs.delete([_product_key(product_id)])

    async def count(self) -> int:
        return sum([1 async for _ in self._blobs.list("products/")])

    async def all(self) -> AsyncIterator[Product | DamagedRecord]:
        async for key in self._blobs.list("products/"):
            found = await self._read(key)
            if found is not None:
                yield found

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

    async def _read(self, key: str) -> Product | DamagedRecord | None:
        data = await self._blobs.get(key)
        if data is None:
            return None
        try:
            return product_from_json(data)
        except (ValueError, KeyError, TypeError):
            log.error("a product's record is damaged; write the product anew", key=key)
            return DamagedRecord(key)

    async def _intent(self, key: str) -> Intent | None:
        data = await self._blobs.get(key)
        if data is None:
            return None
        try:
            fields = json.loads(data)
            fields["image_ids"] = frozenset(fields["image_ids"])
            fields["begun_at"] = datetime.fromisoformat(fields["begun_at"])
            return Intent(**fields)
        except (ValueError, KeyError, TypeError):
            log.error("the note of a write that was cut off is damaged", key=key)
            return await self._intent_of_whatever_is_there(key)

    async def _intent_of_whatever_is_there(self, key: str) -> Intent | None:
        """In place of a damaged one: to carry through what the record says, if there is one."""
        name = key.removeprefix("pending/").removesuffix(".json")
        pictures = [picture async for picture in self._blobs.list(f"images/{name}/")]
        product = await self._read(f"products/{name}.json")
        if not isinstance(product, Product):
            await self._blobs.delete([*pictures, f"products/{name}.json", key])
            return None
        return Intent(
            product.product_id,
            existed=True,
            image_ids=frozenset(picture.rpartition("/")[2] for picture in pictures),
            begun_at=datetime.min.replace(tzinfo=UTC),
            owner="",
        )


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
    """The inverse of `product_to_json`. Raises ValueError, KeyError or TypeError if damaged."""
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
