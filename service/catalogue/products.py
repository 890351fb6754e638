"""Creates, changes and deletes products, in the blob store first and then in the index."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from service.catalogue.fields import as_json, fields_of, is_unchanged, with_fields
from service.catalogue.given_pictures import Pictures
from service.catalogue.indexing import Indexer
from service.catalogue.journal import Claim, Journal
from service.catalogue.merge_patch import apply_merge_patch
from service.catalogue.reading import CatalogueReader, find_image, missing
from service.catalogue.records import ProductRecords
from service.catalogue.writer import (
    Found,
    ProductWriter,
    Revisions,
    already_exists,
    changeable,
    check_match,
    check_none_match,
    image_ids,
)
from service.core.duplicates import NearDuplicate
from service.core.errors import Conflict, InvalidProduct
from service.core.interfaces import Embedder, VectorStore
from service.core.locks import KeyedLocks
from service.core.product import Product, ProductFields, ProductImage
from service.duplicates.finder import Duplicates

Status: TypeAlias = Literal["created", "replaced", "unchanged"]


@dataclass(frozen=True, slots=True)
class Written:
    """A product after a write, with what the write did."""

    product: Product
    status: Status
    near_duplicates: tuple[NearDuplicate, ...]
    warnings: tuple[str, ...] = ()
    """Sentences about what is missing from the pictures that were sent."""


@dataclass(frozen=True, slots=True)
class AddedImage:
    """A picture of a product. `added` is False if the product already had these bytes."""

    image: ProductImage
    added: bool
    near_duplicates: tuple[NearDuplicate, ...]
    warnings: tuple[str, ...] = ()


class Catalogue(CatalogueReader):
    """Products and their pictures. Writes to one product go one after the other.

    Every method that writes can raise Unavailable. The write is then incomplete, until `repair` or
    the next write to the product completes or undoes it. If `if_match` is given, a method raises
    PreconditionFailed unless the product has one of these revisions. It raises Conflict if a newer
    version of the service wrote the product.
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
        super().__init__(records, journal, store, embedder)
        self._indexer = indexer
        self._duplicates = duplicates
        self._writer = ProductWriter(records, journal, indexer)
        self._locks = locks
        self._max_images = max_images
        self._now = now

    async def create(
        self,
        product_id: str | None,
        fields: ProductFields,
        images: Sequence[bytes],
    ) -> Written:
        """Creates a product. Raises Conflict if its id exists.

        Raises InvalidImage, InvalidProduct and Overloaded.
        """
        product_id = str(uuid.uuid4()) if product_id is None else product_id
        pictures = self._checked(images)
        await self._duplicates.prepare()

        async def attempt(claim: Claim, found: Found) -> Product:
            if found is not None:
                raise already_exists(product_id, found)
            product = await self._product(product_id, fields, pictures, None)
            return await self._writer.commit(claim, None, product, pictures)

        async with self._locks(product_id):
            found = await self._records.find(product_id)
            if found is not None and await self._journal.is_acknowledged(found):
                raise already_exists(product_id, found)
            await pictures.embed(self._embedder, known=())
            product = await self._writer.write(product_id, attempt)
        near = await self._duplicates.of(product)
        return Written(product, "created", near, pictures.warnings)

    async def replace(
        self,
        product_id: str,
        fields: ProductFields,
        images: Sequence[bytes],
        *,
        if_match: Revisions | None = None,
        if_none_match: Revisions | None = None,
    ) -> Written:
        """Creates or replaces a product. Pictures that it already has are not embedded again.

        Raises InvalidImage, InvalidProduct, PreconditionFailed and Overloaded.
        """
        pictures = self._checked(images)
        await self._duplicates.prepare()

        async def attempt(claim: Claim, found: Found) -> tuple[Product, Status]:
            old = changeable(found)
            check_match(if_match, old)
            check_none_match(if_none_match, old)
            complete = image_ids(old) <= await self._writer.intact(product_id, old)
            if old is not None and complete and is_unchanged(old, fields, pictures):
                await self._indexer.restore(old)
                return old, "unchanged"
            product = await self._product(product_id, fields, pictures, old)
            product = await self._writer.commit(claim, found, product, pictures)
            return product, "created" if old is None else "replaced"

        async with self._locks(product_id):
            old = changeable(await self._records.find(product_id))
            check_match(if_match, old)
            check_none_match(if_none_match, old)
            await pictures.embed(self._embedder, known=await self._writer.intact(product_id, old))
            product, status = await self._writer.write(product_id, attempt)
        near = await self._duplicates.of(product)
        return Written(product, status, near, pictures.warnings)

    async def patch(
        self,
        product_id: str,
        merge: Mapping[str, object],
        *,
        if_match: Revisions | None = None,
    ) -> Product:
        """Applies a JSON merge patch (RFC 7396) to the name, description and attributes.

        Raises NotFound and InvalidProduct.
        """

        def merged(old: Product) -> Product:
            fields = apply_merge_patch(fields_of(old), merge)
            if as_json(fields) == as_json(fields_of(old)):
                return old
            return with_fields(old, fields)

        async with self._locks(product_id):
            return await self._change(product_id, merged, Pictures.of(()), if_match)

    async def delete(self, product_id: str, *, if_match: Revisions | None = None) -> None:
        """Deletes the product, its vectors and its pictures. Raises NotFound."""

        async def attempt(claim: Claim, found: Found) -> None:
            if found is None:
                raise missing(product_id)
            check_match(if_match, changeable(found))
            await self._writer.remove(claim, product_id, found)

        async with self._locks(product_id):
            await self._writer.write(product_id, attempt)

    async def add_image(
        self, product_id: str, data: bytes, *, if_match: Revisions | None = None
    ) -> AddedImage:
        """Adds a picture after the others, unless the product already has these bytes.

        If the product has them but their stored copy is lost or damaged, it is written again.
        Raises NotFound, InvalidImage, InvalidProduct if there are too many, and Overloaded.
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
            await pictures.embed(self._embedder, known=await self._writer.intact(product_id, old))
            product = await self._change(product_id, with_image, pictures, if_match)
        near = await self._duplicates.of(product, [identity])
        return AddedImage(find_image(product, identity), added, near, pictures.warnings)

    async def delete_image(
        self, product_id: str, identity: str, *, if_match: Revisions | None = None
    ) -> Product:
        """Deletes one picture of the product. Raises NotFound, and Conflict for the last one."""

        def without_image(old: Product) -> Product:
            find_image(old, identity)
            left = tuple(image for image in old.images if image.image_id != identity)
            if not left:
                raise Conflict(
                    "This is the product's only image; add another first, or delete the product."
                )
            return replace(old, images=left)

        async with self._locks(product_id):
            return await self._change(product_id, without_image, Pictures.of(()), if_match)

    async def repair(self) -> int:
        """Completes or undoes every interrupted write, and returns the number of those writes.

        A young write of another process is left alone, because the process may still work on it.
        """
        repaired = 0
        for product_id in await self._journal.interrupted():
            async with self._locks(product_id):
                repaired += await self._journal.repair(product_id)
        return repaired

    async def pending_writes(self) -> int:
        """Returns the number of writes, of all processes, that have begun and not ended."""
        return await self._journal.pending()

    async def _change(
        self,
        product_id: str,
        change: Callable[[Product], Product],
        pictures: Pictures,
        if_match: Revisions | None,
    ) -> Product:
        """Writes what `change` returns, unless that is the same object and has intact pictures."""

        async def attempt(claim: Claim, found: Found) -> Product:
            old = changeable(found)
            if old is None:
                raise missing(product_id)
            check_match(if_match, old)
            intact = await self._writer.intact(product_id, old) if pictures.data else frozenset()
            await pictures.embed(self._embedder, known=intact)
            new = change(old)
            if new is old and pictures.data.keys() <= intact:
                return old
            new = replace(new, updated_at=self._now())
            return await self._writer.commit(claim, found, new, pictures)

        return await self._writer.write(product_id, attempt)

    async def _product(
        self, product_id: str, fields: ProductFields, pictures: Pictures, old: Product | None
    ) -> Product:
        known = {} if old is None else {image.image_id: image for image in old.images}
        await pictures.embed(self._embedder, await self._writer.intact(product_id, old))
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
        # They are counted before they are hashed, because hashing many pictures takes long.
        self._check_count(len({id(data) for data in images}))
        return Pictures.of(images)

    def _check_count(self, images: int) -> None:
        if not 1 <= images <= self._max_images:
            raise InvalidProduct(
                f"A product has 1 to {self._max_images} images; this one would have {images}.",
                place=("images",),
            )
