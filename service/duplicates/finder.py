"""Use cases on near duplicates: those of one product, and all of the catalogue."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence

from service.core.duplicates import DuplicateGroup, NearDuplicate
from service.core.errors import InvalidCursor, StoreUnavailable
from service.core.index import ImageFingerprint, point_id
from service.core.interfaces import VectorStore
from service.core.page import Page
from service.core.product import Product
from service.duplicates.clusters import Group, order
from service.duplicates.index import FingerprintIndex

MAX_NEAR_DUPLICATES = 20
"""Of one write; the rest is in the list of all."""


class Duplicates:
    """Finds pictures that are nearly the same under different products.

    The fingerprints are in memory. Each match is checked against the vector store, because another
    process may have deleted or renamed the product.
    """

    def __init__(self, index: FingerprintIndex, store: VectorStore) -> None:
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
        found.sort(key=lambda one: (-one[0].similarity, order(one[0].fingerprint)))
        found = found[:MAX_NEAR_DUPLICATES]
        try:
            current = await self._current(alike.fingerprint for alike, _ in found)
        except StoreUnavailable:
            current = {alike.fingerprint.point_id: alike.fingerprint for alike, _ in found}
        return tuple(
            NearDuplicate(
                fingerprint.product_id,
                fingerprint.name,
                fingerprint.image_id,
                alike.similarity,
                of_image_id,
            )
            for alike, of_image_id in found
            if (fingerprint := current.get(alike.fingerprint.point_id)) is not None
        )

    async def page(self, *, limit: int, cursor: str | None = None) -> Page[DuplicateGroup]:
        """All groups by the product id of their first picture. Raises InvalidCursor,
        StoreUnavailable."""
        after = None if cursor is None else _read_cursor(cursor)
        groups = await self._index.groups(fresh=after is None)
        behind = [
            group for group in groups if after is None or order(group.fingerprints[0]) > after
        ]
        page = behind[:limit]
        current = await self._current(
            fingerprint for group in page for fingerprint in group.fingerprints
        )
        more = len(behind) > limit
        return Page(
            tuple(one for group in page if (one := _still(group, current)) is not None),
            next_cursor=_cursor(page[-1]) if more else None,
            total=len(groups),
        )

    async def _current(
        self, fingerprints: Iterable[ImageFingerprint]
    ) -> dict[str, ImageFingerprint]:
        """Those whose picture is still the same, with the product's name of now."""
        known = {fingerprint.point_id: fingerprint for fingerprint in fingerprints}
        payloads = await self._store.payloads(list(known)) if known else {}
        return {
            key: ImageFingerprint(
                key,
                fingerprint.product_id,
                payload.product.name,
                fingerprint.image_id,
                fingerprint.value,
            )
            for key, fingerprint in known.items()
            if (payload := payloads.get(key)) is not None
        }


def _still(group: Group, current: dict[str, ImageFingerprint]) -> DuplicateGroup | None:
    fingerprints = tuple(
        current[fingerprint.point_id]
        for fingerprint in group.fingerprints
        if fingerprint.point_id in current
    )
    if len({fingerprint.product_id for fingerprint in fingerprints}) < 2:
        return None
    return DuplicateGroup(fingerprints, group.similarity)


def _cursor(group: Group) -> str:
    return base64.urlsafe_b64encode(json.dumps(order(group.fingerprints[0])).encode()).decode()


def _read_cursor(cursor: str) -> tuple[str, str]:
    try:
        product_id, image_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError, RecursionError):
        product_id = image_id = None
    if not isinstance(product_id, str) or not isinstance(image_id, str):
        raise InvalidCursor(
            "This is no cursor of this list; take `next_cursor` of a page.", pointer="/cursor"
        )
    return product_id, image_id
