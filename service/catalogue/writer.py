"""Writes a product to the blob store and the index, if its record has not changed meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from typing import TypeAlias, TypeVar

import structlog

from service.catalogue.given_pictures import Pictures
from service.catalogue.indexing import Indexer
from service.catalogue.journal import Claim, Journal
from service.catalogue.record_json import DamagedRecord, Record
from service.catalogue.records import ProductRecords
from service.core.errors import Conflict, PreconditionFailed, Unavailable
from service.core.product import Product

ATTEMPTS = 5
"""The number of attempts of a write whose record keeps changing."""

ANY_REVISION = "*"

T = TypeVar("T")
Found: TypeAlias = Record | DamagedRecord | None
Revisions: TypeAlias = Collection[str]
"""The revisions that a caller allows a write to change; ANY_REVISION stands for every one."""

log = structlog.stdlib.get_logger(__name__)


class RecordChanged(Exception):
    """Another process has written the record since it was read."""


class ProductWriter:
    """Writes to both stores. The caller holds this process's lock on the product."""

    def __init__(self, records: ProductRecords, journal: Journal, indexer: Indexer) -> None:
        self._records = records
        self._journal = journal
        self._indexer = indexer

    async def write(self, product_id: str, attempt: Callable[[Claim, Found], Awaitable[T]]) -> T:
        """Claims the product, and returns the result of `attempt` for the claim and the record.

        An attempt that raises RecordChanged is repeated. Raises Unavailable if others keep writing
        to the product.
        """
        for _ in range(ATTEMPTS):
            try:
                async with self._journal.claim(product_id) as claim:
                    return await attempt(claim, await self._records.find(product_id))
            except RecordChanged:
                log.info("repeating a write, because the record has changed", id=product_id)
        raise Unavailable(f"Other services keep writing product {product_id!r}; try again.")

    async def commit(
        self, claim: Claim, found: Found, product: Product, pictures: Pictures
    ) -> Product:
        """Replaces `found` with the product, and stores those of its pictures that are embedded.

        Returns the product with its new revision. Raises RecordChanged.
        """
        product = replace(product, revision=claim.write_id)
        before, after = await self.stored_images(product.product_id, found), image_ids(product)
        new, stale = after & pictures.embedded.keys(), before - after
        await self._journal.begin(claim, existed=found is not None, image_ids=new | stale)
        for identity in new:
            await self._records.write_image(product.product_id, identity, pictures.data[identity])
        claim.check()
        if not await self._records.write(product, found):
            raise RecordChanged
        embedded = {identity: pictures.embedded[identity] for identity in new}
        await self._indexer.update(product, embedded, stale)
        claim.check()
        await self._records.delete_images(product.product_id, stale)
        return product

    async def remove(self, claim: Claim, product_id: str, found: Record | DamagedRecord) -> None:
        """Deletes the product, its vectors and its pictures."""
        identities = await self.stored_images(product_id, found)
        await self._journal.begin(claim, existed=True, image_ids=identities)
        await self._indexer.remove(product_id, identities)
        claim.check()
        await self._records.delete(product_id)
        await self._records.delete_images(product_id, identities)

    async def intact(self, product_id: str, old: Product | None) -> frozenset[str]:
        """Returns the pictures that do not have to be stored and embedded again."""
        if old is None:
            return frozenset()
        stored = await self._records.image_ids(product_id)
        return image_ids(old) & stored - self._records.damaged_images(product_id)

    async def stored_images(self, product_id: str, found: Found) -> frozenset[str]:
        """Returns the pictures of the record, or all stored ones if the record is damaged."""
        if isinstance(found, DamagedRecord):
            return await self._records.image_ids(product_id)
        return image_ids(None if found is None else found.product)


def image_ids(product: Product | None) -> frozenset[str]:
    """Returns the ids of the product's pictures, and none if there is no product."""
    return frozenset(() if product is None else (image.image_id for image in product.images))


def changeable(found: Found) -> Product | None:
    """Returns the product, or None if there is none or its record is damaged.

    Raises Conflict if only a newer version of the service may write the record.
    """
    if found is not None and found.is_newer:
        raise Conflict(
            "A newer version of this service wrote this product, and only that version can change"
            " it: send the request to a service of that version."
        )
    return found.product if isinstance(found, Record) else None


def already_exists(product_id: str, found: Record | DamagedRecord) -> Conflict:
    """Returns the error for a creation with the id of an existing product."""
    changeable(found)
    if isinstance(found, DamagedRecord):
        return Conflict(
            f"The record of product {product_id!r} is damaged; replace it with PUT, or restore it"
            " from a backup."
        )
    return Conflict(f"Product {product_id!r} already exists; replace it with PUT.")


def check_none_match(if_none_match: Revisions | None, product: Product | None) -> None:
    """Raises PreconditionFailed if the product exists and has one of the revisions."""
    if if_none_match is None or product is None:
        return
    if {ANY_REVISION, product.revision} & set(if_none_match):
        raise PreconditionFailed(
            f"Product {product.product_id!r} exists in a state that If-None-Match excludes; leave"
            " out this header to replace the product."
        )


def check_match(if_match: Revisions | None, product: Product | None) -> None:
    """Raises PreconditionFailed unless the product has one of the revisions."""
    if if_match is None:
        return
    if product is None or not {ANY_REVISION, product.revision} & set(if_match):
        raise PreconditionFailed(
            "The product is not in the state that If-Match names; read it again, and send its"
            " ETag with the change."
        )
