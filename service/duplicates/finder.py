"""Finds the near-duplicates of one product, and lists those of the whole catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from service.core.duplicates import DuplicateGroup, NearDuplicate
from service.core.errors import StoreUnavailable
from service.core.index import ImageFingerprint, point_id
from service.core.interfaces import VectorStore
from service.core.page import Page, decode_cursor, encode_cursor
from service.core.product import Product
from service.duplicates.clusters import Group, sort_key
from service.duplicates.index import FingerprintIndex

MAX_NEAR_DUPLICATES = 20
"""The most near-duplicates that the answer to a write names; the list of groups has them all."""


class Duplicates:
    """Finds pictures that are nearly the same under different products.

    The fingerprints are in memory. Each match is checked against the vector store, because another
    process may have deleted or renamed the product.
    """

    def __init__(self, index: FingerprintIndex, store: VectorStore) -> None:
        self._index = index
        self._store = store

    async def prepare(self) -> None:
        """Loads what `of` needs. Call this before a write, while the write can still fail.

        Raises StoreUnavailable.
        """
        await self._index.ready()

    async def of(
        self, product: Product, image_ids: Sequence[str] | None = None
    ) -> tuple[NearDuplicate, ...]:
        """Finds the near-duplicates of a product's images, most similar first.

        `image_ids` limits the search to some of them. This cannot fail after `prepare`, so that a
        finished write is not reported as failed. Without `prepare` it raises StoreUnavailable
        during an outage.
        """
        await self._index.ready()
        found = [
            (match, image.image_id)
            for image in product.images
            if image_ids is None or image.image_id in image_ids
            for match in self._index.near_duplicates(point_id(product.product_id, image.image_id))
        ]
        found.sort(key=lambda pair: (-pair[0].similarity, sort_key(pair[0].fingerprint)))
        found = found[:MAX_NEAR_DUPLICATES]
        try:
            current = await self._current(match.fingerprint for match, _ in found)
        except StoreUnavailable:
            current = {match.fingerprint.point_id: match.fingerprint for match, _ in found}
        return tuple(
            NearDuplicate(
                picture.product_id, picture.name, picture.image_id, match.similarity, of_image_id
            )
            for match, of_image_id in found
            if (picture := current.get(match.fingerprint.point_id)) is not None
        )

    async def page(self, *, limit: int, cursor: str | None = None) -> Page[DuplicateGroup]:
        """Returns one page of all groups, ordered by the product id of their first picture.

        Raises InvalidCursor and StoreUnavailable.
        """
        after = None if cursor is None else tuple(decode_cursor(cursor, length=2))
        groups = await self._index.groups(fresh=after is None)
        remaining = [group for group in groups if after is None or _position(group) > after]
        page = remaining[:limit]
        current = await self._current(picture for group in page for picture in group.fingerprints)
        return Page(
            tuple(found for group in page if (found := _checked(group, current)) is not None),
            next_cursor=encode_cursor(*_position(page[-1])) if len(remaining) > limit else None,
            total=len(groups),
        )

    async def _current(self, pictures: Iterable[ImageFingerprint]) -> dict[str, ImageFingerprint]:
        """Returns the pictures that still exist, by point id, with the present product names."""
        known = {picture.point_id: picture for picture in pictures}
        payloads = await self._store.payloads(list(known)) if known else {}
        return {
            key: replace(picture, name=payload.product.name)
            for key, picture in known.items()
            if (payload := payloads.get(key)) is not None
        }


def _checked(group: Group, current: dict[str, ImageFingerprint]) -> DuplicateGroup | None:
    """Returns the group without the pictures that are gone, or None if one product is left."""
    pictures = tuple(
        current[picture.point_id] for picture in group.fingerprints if picture.point_id in current
    )
    if len({picture.product_id for picture in pictures}) < 2:
        return None
    return DuplicateGroup(pictures, group.similarity)


def _position(group: Group) -> tuple[str, str]:
    return sort_key(group.fingerprints[0])
