"""Reads products, lists of products, and their pictures."""

from __future__ import annotations

from collections.abc import Sequence

from service.catalogue.cursors import Order, Place, read_cursor, write_cursor
from service.catalogue.journal import Journal
from service.catalogue.record_json import DamagedRecord
from service.catalogue.records import ProductRecords
from service.core.errors import NotFound, within
from service.core.filter import Filter
from service.core.interfaces import Embedder, VectorStore
from service.core.page import Page
from service.core.product import Product, ProductImage
from service.filters.facets import count_facets
from service.filters.types import AttributeTypes, Types

THUMBNAIL_PX = 320


class CatalogueReader:
    """Reads single products from their records, and lists from the index."""

    def __init__(
        self, records: ProductRecords, journal: Journal, store: VectorStore, embedder: Embedder
    ) -> None:
        self._records = records
        self._journal = journal
        self._store = store
        self._embedder = embedder
        self._attributes = AttributeTypes(store)

    async def get(self, product_id: str) -> Product:
        """Returns the product. Raises NotFound, also until its creation is acknowledged."""
        found = await self._records.find(product_id)
        if found is None or not await self._journal.is_acknowledged(found):
            raise missing(product_id)
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
        """Returns one page of the products that the filter admits.

        Products that are added between two pages cause no repetitions. Raises InvalidFilter, and
        InvalidCursor, also for a cursor of another order or filter.
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
        """Returns the names of the products' attributes, with the types of their values."""
        return await self._attributes.all()

    async def image(self, product_id: str, identity: str) -> tuple[ProductImage, bytes]:
        """Returns a picture's description and stored bytes. Raises NotFound."""
        image = find_image(await self.get(product_id), identity)
        data = await self._records.read_image(product_id, identity)
        if data is None:
            raise NotFound(
                f"The bytes of image {identity} are lost or damaged; send the same picture again"
                " with PUT of the product or POST to its images, or restore it from a backup."
            )
        return image, data

    async def thumbnail(self, product_id: str, identity: str) -> bytes:
        """Returns a small JPEG of the picture. Raises NotFound."""
        _, data = await self.image(product_id, identity)
        return await self._embedder.thumbnail(data, size_px=THUMBNAIL_PX)

    async def _listed(
        self, order: Order, after: Place | None, limit: int, filter: Filter | None
    ) -> list[Product]:
        if order == "id":
            last = None if after is None else after[1]
            found = await self._store.products_by_id(limit=limit, after=last, filter=filter)
        else:
            found = await self._store.newest_products(limit=limit, after=after, filter=filter)
        return [payload.product for payload in found]


def missing(product_id: str) -> NotFound:
    """Returns the error for a product that does not exist."""
    return NotFound(f"There is no product {product_id!r}.")


def find_image(product: Product, identity: str) -> ProductImage:
    """Returns the product's image with this id. Raises NotFound."""
    for image in product.images:
        if image.image_id == identity:
            return image
    raise NotFound(f"Product {product.product_id!r} has no image {identity!r}.")


def _unreadable(product_id: str, found: DamagedRecord) -> NotFound:
    if found.is_newer:
        return NotFound(
            f"Product {product_id!r} was written by a newer version of this service, and this one"
            " cannot read it; send the request to a service of that version."
        )
    return NotFound(
        f"The record of product {product_id!r} is damaged; replace it with PUT, or restore it"
        " from a backup."
    )
