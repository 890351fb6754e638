"""Use cases on near duplicates: those of one product, and all of the catalogue."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence

from service.core.duplicates import DuplicateGroup, NearDuplicate
from service.core.errors import InvalidCursor, StoreUnavailable
from service.core.index import Look, point_id
from service.core.interfaces import VectorStore
from service.core.page import Page
from service.core.product import Product
from service.duplicates.clusters import Group, order
from service.duplicates.index import LookIndex

MAX_NEAR_DUPLICATES = 20
"""Of one write; the rest is in the list of all."""


class Duplicates:
    """Finds pictures that are nearly the same under different products.

    The looks are in memory; what is found is checked against the vector store, for another process
    may have deleted or renamed it.
    """

    def __init__(self, index: LookIndex, store: VectorStore) -> None:
        self._index = index
        self._store = store

    async def prepare(self) -> None:
        """To be called before a write, which can still fail. Raises StoreUnavailable."""
        await self._index.ready()

    async def of(
        self, product: Product, image_ids: Sequence[str] | None = None
    ) -> tuple[NearDuplicate, ...]:
        """Of these images, or all of the product's, the most similar first.

        Raises StoreUnavailable where `prepare` was not called before, and never after it: a write
        that is done does not fail by this.
        """
        await self._index.ready()
        found = [
            (alike, image.image_id)
            for image in product.images
            if image_ids is None or image.image_id in image_ids
            for alike in self._index.alike(point_id(product.product_id, image.image_id))
        ]
        found.sort(key=lambda one: (-one[0].similarity, order(one[0].look)))
        found = found[:MAX_NEAR_DUPLICATES]
        try:
            current = await self._current(alike.look for alike, _ in found)
        except StoreUnavailable:
            current = {alike.look.point_id: alike.look for alike, _ in found}
        return tuple(
            NearDuplicate(look.product_id, look.name, look.image_id, alike.similarity, of_image_id)
            for alike, of_image_id in found
            if (look := current.get(alike.look.point_id)) is not None
        )

    async def page(self, *, limit: int, cursor: str | None = None) -> Page[DuplicateGroup]:
        """All groups by the product id of their first picture. Raises InvalidCursor,
        StoreUnavailable."""
        after = None if cursor is None else _read_cursor(cursor)
        groups = await self._index.groups(fresh=after is None)
        behind = [group for group in groups if after is None or order(group.looks[0]) > after]
        page = behind[:limit]
        current = await self._current(look for group in page for look in group.looks)
        more = len(behind) > limit
        return Page(
            tuple(one for group in page if (one := _still(group, current)) is not None),
            next_cursor=_cursor(page[-1]) if more else None,
            total=len(groups),
        )

    async def _current(self, looks: Iterable[Look]) -> dict[str, Look]:
        """Those whose picture is still the same, with the product's name of now."""
        known = {look.point_id: look for look in looks}
        payloads = await self._store.payloads(list(known)) if known else {}
        return {
            key: Look(key, look.product_id, payload.product.name, look.image_id, look.look)
            for key, look in known.items()
            if (payload := payloads.get(key)) is not None
        }


def _still(group: Group, current: dict[str, Look]) -> DuplicateGroup | None:
    looks = tuple(current[look.point_id] for look in group.looks if look.point_id in current)
    if len({look.product_id for look in looks}) < 2:
        return None
    return DuplicateGroup(looks, group.similarity)


def _cursor(group: Group) -> str:
    return base64.urlsafe_b64encode(json.dumps(order(group.looks[0])).encode()).decode()


def _read_cursor(cursor: str) -> tuple[str, str]:
    try:
        product_id, image_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError, RecursionError):
        product_id = image_id = None
    if not isinstance(product_id, str) or not isinstance(image_id, str):
        raise InvalidCursor(
            "This is no cursor of this list; take `next_cursor` of a page.", place=("cursor",)
        )
    return product_id, image_id
