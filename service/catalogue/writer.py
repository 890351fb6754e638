"""One write of a product: blob store, index, acknowledgement, on the record as it was read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from typing import TypeAlias, TypeVar

import structlog

from service.catalogue.formats import DamagedRecord, Record
from service.catalogue.indexing import Indexer
from service.catalogue.journal import Claim, Journal
from service.catalogue.pictures import Pictures
from service.catalogue.records import ProductRecords
from service.core.errors import Conflict, PreconditionFailed, Unavailable
from service.core.product import Product

ATTEMPTS = 5
"""How often a write begins anew because the record has changed under it."""

ANY_REVISION = "*"

T = TypeVar("T")
Found: TypeAlias = Record | DamagedRecord | None
Revisions: TypeAlias = Collection[str]
"""The revisions that a caller allows a write to change; ANY_REVISION stands for every one."""

log = structlog.stdlib.get_logger(__name__)


class RecordChanged(Exception):
    """Another process has written the record since it was read."""


class ProductWriter:
    """Carries writes through both stores; the caller holds the product's lock of this process."""

    def __init__(self, records: ProductRecords, journal: Journal, indexer: Indexer) -> None:
        self._records = records
        self._journal = journal
        self._indexer = indexer

    async def write(self, product_id: str, attempt: Callable[[Claim, Found], Awaitable[T]]) -> T:
        """Claims the product, and returns what `attempt` makes of the claim and the record.

        An attempt that raises RecordChanged is repeated. Raises Unavailable if others keep writing
        to the product.
        """
        for _ in range(ATTEMPTS):
            try:
                async with self._journal.claim(product_id) as claim:
                    return await attempt(claim, await self._records.find(product_id))
            except RecordChanged:
                log.info("a record changed during a write, which begins anew", id=product_id)
        raise Unavailable(f"Other services keep writing product {product_id!r}; try again.")

    async def commit(
        self, claim: Claim, found: Found, product: Product, pictures: Pictures
    ) -> Product:
        """Writes the product over `found`, with the embedded ones of its pictures.

        Returns it with its new revision. Raises RecordChanged.
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

    async def stored_images(self, product_id: str, found: Found) -> frozenset[str]:
        """The pictures of the record; for one that cannot be read, all that are stored."""
        if isinstance(found, DamagedRecord):
            return await self._records.image_ids(product_id)
        return image_ids(None if found is None else found.product)


def image_ids(product: Product | None) -> frozenset[str]:
    """The ids of the product's pictures; none where there is no product."""
    return frozenset(() if product is None else (image.image_id for image in product.images))


def changeable(found: Found) -> Product | None:
    """The product as far as it can be read. Raises Conflict where only a newer version may write.

    A damaged record counts as no product, so that it can be replaced.
    """
    if found is not None and found.is_newer:
        raise Conflict(
            "A newer version of this service wrote this product, and only that version can change"
            " it: send the request to a service of that version."
        )
    return found.product if isinstance(found, Record) else None


def check_match(if_match: Revisions | None, product: Product | None) -> None:
    """Raises PreconditionFailed unless the product has one of the revisions."""
    if if_match is None:
        return
    if product is None or not {ANY_REVISION, product.revision} & set(if_match):
        raise PreconditionFailed(
            "The product is not in the state that If-Match names; read it again, and send its"
            " ETag with the change."
        )
