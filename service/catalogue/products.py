"""Use cases on products: a write reaches the blob store, then the index, then is acknowledged."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

from service.catalogue.cursors import Order, Place, read_cursor, write_cursor
from service.catalogue.indexing import Indexer
from service.catalogue.merge_patch import apply_merge_patch
from service.catalogue.records import Intent, ProductRecords, image_id
from service.core.duplicates import NearDuplicate
from service.core.embedding import EmbeddedImage, Priority
from service.core.errors import Conflict, InvalidProduct, NotFound, Unavailable, within
from service.core.filter import Filter
from service.core.interfaces import Embedder, VectorStore
from service.core.locks import KeyedLocks
from service.core.page import Page
from service.core.product import Product, ProductFields, ProductImage
from service.duplicates.finder import Duplicates
from service.filters.facets import count_facets
from service.filters.types import AttributeTypes, Types

THUMBNAIL_PX = 320

Status: TypeAlias = Literal["created", "replaced", "unchanged"]

IMAGES_AT_ONCE = 8
"""Of one product: one with many pictures shares a forward pass, and does not fill the queue."""


@dataclass(frozen=True, slots=True)
class Written:
    """A product after a write, and what the write did."""

    product: Product
    status: Status
    near_duplicates: tuple[NearDuplicate, ...]


@dataclass(frozen=True, slots=True)
class AddedImage:
    """A view of a product; `added` is False where the product had these bytes already."""

    image: ProductImage
    added: bool
    near_duplicates: tuple[NearDuplicate, ...]


class Catalogue:
    """Products and their pictures. Writes to one product go one after the other.

    Every method that writes raises StoreUnavailable, and then was not applied as a whole: what it
    began is mended before the product is next written, or by `mend`.
    """

    def __init__(
        self,
        records: ProductRecords,
        store: VectorStore,
        embedder: Embedder,
        indexer: Indexer,
        duplicates: Duplicates,
        locks: KeyedLocks,
        *,
        max_images: int,
        other_writers_grace: timedelta = timedelta(0),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._records = records
        self._store = store
        self._embedder = embedder
        self._indexer = indexer
        self._duplicates = duplicates
        self._locks = locks
        self._max_images = max_images
        self._attributes = AttributeTypes(store)
        self._grace = other_writers_grace
        self._owner = str(uuid.uuid4())
        self._now = now

    async def create(
        self,
        product_id: str | None,
        fields: ProductFields,
        images: Sequence[bytes],
    ) -> Written:
        """Raises Conflict where the id is taken, InvalidImage, InvalidProduct, Overloaded."""
        product_id = str(uuid.uuid4()) if product_id is None else product_id
        await self._duplicates.prepare()
        async with self._locks(product_id):
            if await self._settled(product_id) is not None:
                raise _exists(product_id)
            product = await self._write(product_id, None, fields, images)
        return Written(product, "created", await self._duplicates.of(product))

    async def replace(
        self,
        product_id: str,
        fields: ProductFields,
        images: Sequence[bytes],
    ) -> Written:
        """Creates or replaces; pictures the product has already are not embedded again.

        Raises InvalidImage, InvalidProduct, Overloaded.
        """
        await self._duplicates.prepare()
        async with self._locks(product_id):
            product, status = await self._replaced(product_id, fields, images)
        return Written(product, status, await self._duplicates.of(product))

    async def patch(self, product_id: str, merge: Mapping[str, object]) -> Product:
        """A JSON merge patch (RFC 7396) of name, description and attributes; embeds nothing.

        Raises NotFound, InvalidProduct.
        """
        async with self._locks(product_id):
            old = await self._existing(product_id)
            fields = apply_merge_patch(_fields(old), merge)
            if _as_json(fields) == _as_json(_fields(old)):
                return old
            new = replace(
                old,
                name=fields.name,
                description=fields.description,
                attributes=fields.attributes,
            )
            return await self._commit(old, self._touched(new), {}, {})

    async def get(self, product_id: str) -> Product:
        """Raises NotFound, also for one whose creation has not been acknowledged."""
        product = await self._records.read(product_id)
        intent = None if product is None else await self._records.pending(product_id)
        if product is None or (intent is not None and not intent.existed):
            raise NotFound(f"There is no product {product_id!r}.")
        return product

    async def page(
        self,
        *,
        order: Order = "newest",
        limit: int,
        cursor: str | None = None,
        filter: Filter | None = None,
        facets: Sequence[str] | None = None,
    ) -> Page[Product]:
        """The products that the filter admits, page by page; those added meanwhile repeat none.

        Raises InvalidCursor, also for the cursor of another order or filter, and InvalidFilter.
        """
        after = None if cursor is None else read_cursor(cursor, order, filter)
        if filter is not None:
            with within("filter"):
                await self._attributes.check(filter)
        found = await self._listed(order, after, limit + 1, filter)
        more = len(found) > limit
        return Page(
            tuple(found[:limit]),
            next_cursor=write_cursor(found[limit - 1], order, filter) if more else None,
            total=await self._store.count_products(filter=filter),
            facets=await count_facets(self._store, facets, filter),
        )

    async def attributes(self) -> Types:
        """The attributes that products have, with the types of their values."""
        return await self._attributes.all()

    async def delete(self, product_id: str) -> None:
        """Takes away the product, its vectors and its pictures. Raises NotFound."""
        async with self._locks(product_id):
            product = await self._existing(product_id)
            await self._records.begin(self._intent(product_id, product, None))
            await self._indexer.remove(product_id, _image_ids(product))
            await self._records.delete(product_id)
            await self._records.delete_images(product_id, _image_ids(product))
            await self._records.end(product_id)

    async def add_image(self, product_id: str, data: bytes) -> AddedImage:
        """Adds a view behind the others, unless the product has these bytes already.

        Raises NotFound, InvalidImage, InvalidProduct where it has too many, Overloaded.
        """
        await self._duplicates.prepare()
        product, image, added = await self._with_image(product_id, data)
        near = await self._duplicates.of(product, [image.image_id])
        return AddedImage(image, added, near)

    async def _with_image(self, product_id: str, data: bytes) -> tuple[Product, ProductImage, bool]:
        async with self._locks(product_id):
            old = await self._existing(product_id)
            identity = image_id(data)
            for image in old.images:
                if image.image_id == identity:
                    return old, image, False
            self._check_count(len(old.images) + 1)
            with within("images", 0):
                embedded = await self._embedder.embed_image(data, priority=Priority.BULK)
            image = _product_image(identity, data, embedded)
            new = self._touched(replace(old, images=(*old.images, image)))
            await self._commit(old, new, {identity: data}, {identity: embedded})
            return new, image, True

    async def delete_image(self, product_id: str, identity: str) -> Product:
        """Takes away one view. Raises NotFound, and Conflict where it is the last one."""
        async with self._locks(product_id):
            old = await self._existing(product_id)
            _find_image(old, identity)
            if len(old.images) == 1:
                raise Conflict(
                    "This is the product's only image; add another one first, or delete it all."
                )
            left = tuple(image for image in old.images if image.image_id != identity)
            return await self._commit(old, self._touched(replace(old, images=left)), {}, {})

    async def image(self, product_id: str, identity: str) -> tuple[ProductImage, bytes]:
        """A picture's stored bytes. Raises NotFound."""
        image = _find_image(await self.get(product_id), identity)
        data = await self._records.read_image(product_id, identity)
        if data is None:
            raise NotFound(f"The bytes of image {identity} are no longer stored.")
        return image, data

    async def thumbnail(self, product_id: str, identity: str) -> bytes:
        """A small JPEG of the picture. Raises NotFound."""
        _, data = await self.image(product_id, identity)
        return await self._embedder.thumbnail(data, size_px=THUMBNAIL_PX)

    async def mend(self) -> int:
        """Completes or takes back every write that a crash or an outage cut off; how many.

        A write of another process that is still young is left alone: it may be at it.
        """
        intents = [one for one in await self._records.all_pending() if not self._is_foreign(one)]
        for intent in intents:
            async with self._locks(intent.product_id):
                await self._settled(intent.product_id)
        return len(intents)

    async def _listed(
        self, order: Order, after: Place | None, limit: int, filter: Filter | None
    ) -> list[Product]:
        if order == "id":
            last = None if after is None else after[1]
            found = await self._store.products_by_id(limit=limit, after=last, filter=filter)
        else:
            found = await self._store.newest_products(limit=limit, after=after, filter=filter)
        return [payload.product for payload in found]

    async def _settled(self, product_id: str) -> Product | None:
        """The product as acknowledged, once a write that was cut off has been mended."""
        intent = await self._records.pending(product_id)
        if intent is not None:
            if self._is_foreign(intent):
                raise Unavailable(
                    f"Another process is writing product {product_id!r}; try again.",
                    retry_after_s=5,
                )
            await self._mend(intent)
        return await self._records.read(product_id)

    def _is_foreign(self, intent: Intent) -> bool:
        """Whether another process began the write, so lately that it may still be at it."""
        return intent.owner != self._owner and self._now() - intent.begun_at < self._grace

    async def _mend(self, intent: Intent) -> None:
        """Takes back a creation that was never acknowledged; carries through everything else."""
        product = await self._records.read(intent.product_id) if intent.existed else None
        if product is None:
            await self._records.delete(intent.product_id)
        else:
            await self._indexer.restore(product)
        stale = intent.image_ids.difference(() if product is None else _image_ids(product))
        await self._indexer.remove(intent.product_id, stale)
        await self._records.delete_images(intent.product_id, stale)
        await self._records.end(intent.product_id)

    async def _existing(self, product_id: str) -> Product:
        product = await self._settled(product_id)
        if product is None:
            raise NotFound(f"There is no product {product_id!r}.")
        return product

    async def _replaced(
        self, product_id: str, fields: ProductFields, images: Sequence[bytes]
    ) -> tuple[Product, Status]:
        old = await self._settled(product_id)
        if old is not None and _same(old, fields, images):
            await self._indexer.restore(old)
            return old, "unchanged"
        product = await self._write(product_id, old, fields, images)
        return product, "created" if old is None else "replaced"

    async def _write(
        self,
        product_id: str,
        old: Product | None,
        fields: ProductFields,
        images: Sequence[bytes],
    ) -> Product:
        blobs = {image_id(data): data for data in images}
        self._check_count(len(blobs))
        kept = {} if old is None else {image.image_id: image for image in old.images}
        new_blobs = {identity: data for identity, data in blobs.items() if identity not in kept}
        embedded = await self._embed(images, new_blobs)
        described = kept | {
            identity: _product_image(identity, blobs[identity], image)
            for identity, image in embedded.items()
        }
        now = self._now()
        product = Product(
            product_id=product_id,
            name=fields.name,
            description=fields.description,
            attributes=fields.attributes,
            images=tuple(described[identity] for identity in blobs),
            created_at=now if old is None else old.created_at,
            updated_at=now,
        )
        return await self._commit(old, product, new_blobs, embedded)

    async def _embed(
        self, images: Sequence[bytes], new: Mapping[str, bytes]
    ) -> dict[str, EmbeddedImage]:
        """Side by side, so that the images of one product can share a forward pass."""
        positions = {image_id(data): position for position, data in enumerate(images)}
        slots = asyncio.Semaphore(IMAGES_AT_ONCE)

        async def embed(identity: str, data: bytes) -> EmbeddedImage:
            async with slots:
                with within("images", positions[identity]):
                    return await self._embedder.embed_image(data, priority=Priority.BULK)

        answers = await asyncio.gather(*(embed(*item) for item in new.items()))
        return dict(zip(new, answers, strict=True))

    async def _commit(
        self,
        old: Product | None,
        new: Product,
        blobs: Mapping[str, bytes],
        embedded: Mapping[str, EmbeddedImage],
    ) -> Product:
        """Blob store, index, acknowledgement, in this order; `_mend` ends what was cut off."""
        await self._records.begin(self._intent(new.product_id, old, new))
        for identity, data in blobs.items():
            await self._records.write_image(new.product_id, identity, data)
        if old is not None:
            await self._records.write(new)
        elif not await self._records.create(new):
            # Somebody else's product, or a damaged record, which this one replaces.
            if await self._records.read(new.product_id) is not None:
                await self._records.end(new.product_id)
                raise _exists(new.product_id)
            await self._records.write(new)
        stale = frozenset() if old is None else _image_ids(old) - _image_ids(new)
        await self._indexer.update(new, embedded, stale)
        await self._records.delete_images(new.product_id, stale)
        await self._records.end(new.product_id)
        return new

    def _intent(self, product_id: str, old: Product | None, new: Product | None) -> Intent:
        touched = [product for product in (old, new) if product is not None]
        return Intent(
            product_id,
            existed=old is not None,
            image_ids=frozenset[str]().union(*(_image_ids(product) for product in touched)),
            begun_at=self._now(),
            owner=self._owner,
        )

    def _touched(self, product: Product) -> Product:
        return replace(product, updated_at=self._now())

    def _check_count(self, images: int) -> None:
        if not 1 <= images <= self._max_images:
            raise InvalidProduct(
                f"A product has 1 to {self._max_images} images; this one would have {images}.",
                place=("images",),
            )


def _exists(product_id: str) -> Conflict:
    return Conflict(f"Product {product_id!r} exists already; replace it with PUT.")


def _image_ids(product: Product) -> frozenset[str]:
    return frozenset(image.image_id for image in product.images)


def _fields(product: Product) -> ProductFields:
    return ProductFields(product.name, product.description, product.attributes)


def _same(old: Product, fields: ProductFields, images: Sequence[bytes]) -> bool:
    """Equal in all a caller can say; the order of the pictures counts, as the first is the main."""
    identities = list(dict.fromkeys(image_id(data) for data in images))
    return _as_json(_fields(old)) == _as_json(fields) and identities == [
        image.image_id for image in old.images
    ]


def _as_json(fields: ProductFields) -> str:
    """To compare by: in Python 1 equals true, in JSON it does not."""
    return json.dumps(asdict(fields), sort_keys=True)


def _find_image(product: Product, identity: str) -> ProductImage:
    for image in product.images:
        if image.image_id == identity:
            return image
    raise NotFound(f"Product {product.product_id!r} has no image {identity!r}.")


def _product_image(identity: str, data: bytes, image: EmbeddedImage) -> ProductImage:
    return ProductImage(
        image_id=identity,
        media_type=image.info.media_type,
        width=image.info.width,
        height=image.info.height,
        size_bytes=len(data),
    )
