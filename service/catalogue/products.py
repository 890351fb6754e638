"""Use cases on products: a write reaches the blob store, then the index, then is acknowledged."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from service.catalogue.cursors import Order, Place, read_cursor, write_cursor
from service.catalogue.formats import DamagedRecord, Record
from service.catalogue.indexing import Indexer
from service.catalogue.journal import Claim, Journal
from service.catalogue.merge_patch import apply_merge_patch
from service.catalogue.pictures import Pictures
from service.catalogue.records import ProductRecords
from service.catalogue.writer import (
    Found,
    ProductWriter,
    Revisions,
    changeable,
    check_match,
    image_ids,
)
from service.core.duplicates import NearDuplicate
from service.core.errors import Conflict, InvalidProduct, NotFound, within
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

    Every method that writes raises Unavailable, and then was not applied as a whole: what it
    began is mended before the product is next written, or by `mend`. Where `if_match` is given,
    it raises PreconditionFailed unless the product has one of these revisions, and Conflict where
    a newer version of the service wrote the product.
    """

    def __init__(
        self,
        records: ProductRecords,
        journal: Journal,
        store: VectorStore,
        embedder: Embedder,
        indexer: Indexer,
        duplicates: Duplicates,
        locks: KeyedLocks,
        *,
        max_images: int,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._records = records
        self._journal = journal
        self._store = store
        self._embedder = embedder
        self._indexer = indexer
        self._duplicates = duplicates
        self._writer = ProductWriter(records, journal, indexer)
        self._locks = locks
        self._max_images = max_images
        self._attributes = AttributeTypes(store)
        self._now = now

    async def create(
        self,
        product_id: str | None,
        fields: ProductFields,
        images: Sequence[bytes],
    ) -> Written:
        """Raises Conflict where the id is taken, InvalidImage, InvalidProduct, Overloaded."""
        product_id = str(uuid.uuid4()) if product_id is None else product_id
        pictures = self._checked(images)
        await self._duplicates.prepare()

        async def attempt(claim: Claim, found: Found) -> Product:
            if found is not None:
                raise _exists(product_id, found)
            product = await self._product(product_id, fields, pictures, None)
            return await self._writer.commit(claim, None, product, pictures)

        async with self._locks(product_id):
            found = await self._records.find(product_id)
            if found is not None and await self._journal.is_acknowledged(found):
                raise _exists(product_id, found)
            await pictures.embed(self._embedder, known=())
            product = await self._writer.write(product_id, attempt)
        return Written(product, "created", await self._duplicates.of(product))

    async def replace(
        self,
        product_id: str,
        fields: ProductFields,
        images: Sequence[bytes],
        *,
        if_match: Revisions | None = None,
    ) -> Written:
        """Creates or replaces; pictures the product has already are not embedded again.

        Raises InvalidImage, InvalidProduct, Overloaded.
        """
        pictures = self._checked(images)
        await self._duplicates.prepare()

        async def attempt(claim: Claim, found: Found) -> tuple[Product, Status]:
            old = changeable(found)
            check_match(if_match, old)
            if old is not None and _same(old, fields, pictures):
                await self._indexer.restore(old)
                return old, "unchanged"
            product = await self._product(product_id, fields, pictures, old)
            product = await self._writer.commit(claim, found, product, pictures)
            return product, "created" if old is None else "replaced"

        async with self._locks(product_id):
            old = changeable(await self._records.find(product_id))
            check_match(if_match, old)
            await pictures.embed(self._embedder, known=image_ids(old))
            product, status = await self._writer.write(product_id, attempt)
        return Written(product, status, await self._duplicates.of(product))

    async def patch(
        self,
        product_id: str,
        merge: Mapping[str, object],
        *,
        if_match: Revisions | None = None,
    ) -> Product:
        """A JSON merge patch (RFC 7396) of name, description and attributes; embeds nothing.

        Raises NotFound, InvalidProduct.
        """

        def merged(old: Product) -> Product:
            fields = apply_merge_patch(_fields(old), merge)
            if _as_json(fields) == _as_json(_fields(old)):
                return old
            return _with_fields(old, fields)

        async with self._locks(product_id):
            return await self._change(product_id, merged, Pictures.of(()), if_match)

    async def get(self, product_id: str) -> Product:
        """Raises NotFound, also for one whose creation has not been acknowledged."""
        found = await self._records.find(product_id)
        if found is None or not await self._journal.is_acknowledged(found):
            raise _missing(product_id)
        if isinstance(found, DamagedRecord):
            raise _unreadable(product_id, found)
        return found.product

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

    async def delete(self, product_id: str, *, if_match: Revisions | None = None) -> None:
        """Takes away the product, its vectors and its pictures. Raises NotFound."""

        async def attempt(claim: Claim, found: Found) -> None:
            if found is None:
                raise _missing(product_id)
            check_match(if_match, changeable(found))
            await self._writer.remove(claim, product_id, found)

        async with self._locks(product_id):
            await self._writer.write(product_id, attempt)

    async def add_image(
        self, product_id: str, data: bytes, *, if_match: Revisions | None = None
    ) -> AddedImage:
        """Adds a view behind the others, unless the product has these bytes already.

        Raises NotFound, InvalidImage, InvalidProduct where it has too many, Overloaded.
        """
        pictures = Pictures.of([data])
        await self._duplicates.prepare()
        (identity,) = pictures.data
        added = False

        def with_image(old: Product) -> Product:
            nonlocal added
            added = identity not in image_ids(old)
            if not added:
                return old
            self._check_count(len(old.images) + 1)
            return replace(old, images=(*old.images, pictures.describe(identity)))

        async with self._locks(product_id):
            old = await self.get(product_id)
            check_match(if_match, old)
            if identity not in image_ids(old):
                self._check_count(len(old.images) + 1)
            await pictures.embed(self._embedder, known=image_ids(old))
            product = await self._change(product_id, with_image, pictures, if_match)
        near = await self._duplicates.of(product, [identity])
        return AddedImage(_find_image(product, identity), added, near)

    async def delete_image(
        self, product_id: str, identity: str, *, if_match: Revisions | None = None
    ) -> Product:
        """Takes away one view. Raises NotFound, and Conflict where it is the last one."""

        def without_image(old: Product) -> Product:
            _find_image(old, identity)
            left = tuple(image for image in old.images if image.image_id != identity)
            if not left:
                raise Conflict(
                    "This is the product's only image; add another one first, or delete it all."
                )
            return replace(old, images=left)

        async with self._locks(product_id):
            return await self._change(product_id, without_image, Pictures.of(()), if_match)

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
        mended = 0
        for product_id in await self._journal.cut_off():
            async with self._locks(product_id):
                mended += await self._journal.mend(product_id)
        return mended

    async def pending_writes(self) -> int:
        """How many writes have begun and not ended, in all processes on the store."""
        return await self._journal.pending()

    async def _listed(
        self, order: Order, after: Place | None, limit: int, filter: Filter | None
    ) -> list[Product]:
        if order == "id":
            last = None if after is None else after[1]
            found = await self._store.products_by_id(limit=limit, after=last, filter=filter)
        else:
            found = await self._store.newest_products(limit=limit, after=after, filter=filter)
        return [payload.product for payload in found]

    async def _change(
        self,
        product_id: str,
        change: Callable[[Product], Product],
        pictures: Pictures,
        if_match: Revisions | None,
    ) -> Product:
        """Writes what `change` makes of the product; nothing where it gives back the same."""

        async def attempt(claim: Claim, found: Found) -> Product:
            old = changeable(found)
            if old is None:
                raise _missing(product_id)
            check_match(if_match, old)
            await pictures.embed(self._embedder, known=image_ids(old))
            new = change(old)
            if new is old:
                return old
            new = replace(new, updated_at=self._now())
            return await self._writer.commit(claim, found, new, pictures)

        return await self._writer.write(product_id, attempt)

    async def _product(
        self, product_id: str, fields: ProductFields, pictures: Pictures, old: Product | None
    ) -> Product:
        known = {} if old is None else {image.image_id: image for image in old.images}
        await pictures.embed(self._embedder, known)
        now = self._now()
        return Product(
            product_id=product_id,
            name=fields.name,
            description=fields.description,
            attributes=fields.attributes,
            images=pictures.described(known),
            created_at=now if old is None else old.created_at,
            updated_at=now,
        )

    def _checked(self, images: Sequence[bytes]) -> Pictures:
        pictures = Pictures.of(images)
        self._check_count(len(pictures.data))
        return pictures

    def _check_count(self, images: int) -> None:
        if not 1 <= images <= self._max_images:
            raise InvalidProduct(
                f"A product has 1 to {self._max_images} images; this one would have {images}.",
                place=("images",),
            )


def _missing(product_id: str) -> NotFound:
    return NotFound(f"There is no product {product_id!r}.")


def _exists(product_id: str, found: Record | DamagedRecord) -> Conflict:
    changeable(found)
    if isinstance(found, DamagedRecord):
        return Conflict(
            f"The record of product {product_id!r} is damaged; replace it with PUT, or restore it"
            " from a backup."
        )
    return Conflict(f"Product {product_id!r} exists already; replace it with PUT.")


def _unreadable(product_id: str, found: DamagedRecord) -> NotFound:
    if found.is_newer:
        return NotFound(
            f"Product {product_id!r} was written by a newer version of this service, and this one"
            " cannot read it: ask a service of that version."
        )
    return NotFound(
        f"The record of product {product_id!r} is damaged; write it anew with PUT, or restore it"
        " from a backup."
    )


def _fields(product: Product) -> ProductFields:
    return ProductFields(product.name, product.description, product.attributes)


def _with_fields(product: Product, fields: ProductFields) -> Product:
    return replace(
        product,
        name=fields.name,
        description=fields.description,
        attributes=fields.attributes,
    )


def _same(old: Product, fields: ProductFields, pictures: Pictures) -> bool:
    """Equal in all a caller can say; the order of the pictures counts, as the first is the main."""
    identities = [image.image_id for image in old.images]
    return _as_json(_fields(old)) == _as_json(fields) and identities == list(pictures.data)


def _as_json(fields: ProductFields) -> str:
    """To compare by: in Python 1 equals true, in JSON it does not."""
    return json.dumps(asdict(fields), sort_keys=True)


def _find_image(product: Product, identity: str) -> ProductImage:
    for image in product.images:
        if image.image_id == identity:
            return image
    raise NotFound(f"Product {product.product_id!r} has no image {identity!r}.")
