"""Converts the payloads of points to and from the dictionaries that the engines store."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from service.core.index import ImageFingerprint, Payload
from service.core.product import Product, ProductImage
from service.repositories.shared.filter_payload import FILTER, id_order, to_filter_payload

LAYOUT = 3
"""The version of the dictionary. An index with another one is rebuilt from the blob store."""

PRODUCT_ID = "product_id"
NAME = "name"
PRIMARY = "primary"
CREATED_US = "created_us"
FINGERPRINT = "look"
FINGERPRINT_FIELDS = [PRODUCT_ID, NAME, "image_id", FINGERPRINT]
"""The fields that `to_fingerprint` needs."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

EARLIEST_US = -(2.0**62)
"""A time before the creation of any product, in microseconds since 1970."""


def to_stored(payload: Payload) -> dict[str, Any]:
    """Returns the dictionary for an engine. Its field `filter` is for filters.

    Only primary points have `created_us` (microseconds since 1970) and the order of the ids.
    Therefore sorting by them lists products, and the range of all times counts products. A
    condition on `primary` would read every payload, at 10 us a point, even with an index.
    """
    product = payload.product
    stored: dict[str, Any] = {
        PRODUCT_ID: product.product_id,
        NAME: product.name,
        "description": product.description,
        "attributes": dict(product.attributes),
        "created_at": _to_text(product.created_at),
        "updated_at": _to_text(product.updated_at),
        "images": [_image_to_stored(image) for image in product.images],
        "image_id": payload.image_id,
        PRIMARY: payload.primary,
        FILTER: to_filter_payload(product.attributes),
    }
    if payload.fingerprint:
        stored[FINGERPRINT] = base64.b64encode(payload.fingerprint).decode()
    if payload.primary:
        order = enumerate(id_order(product.product_id))
        stored[FILTER]["order"] = {str(level): number for level, number in order}
        stored[CREATED_US] = _microseconds(product.created_at)
    return stored


def from_stored(stored: Mapping[str, Any]) -> Payload:
    """Returns the payload of a dictionary, as the inverse of `to_stored`."""
    product = Product(
        product_id=stored[PRODUCT_ID],
        name=stored[NAME],
        description=stored["description"],
        attributes=stored["attributes"],
        images=tuple(ProductImage(**image) for image in stored["images"]),
        created_at=datetime.fromisoformat(stored["created_at"]),
        updated_at=datetime.fromisoformat(stored["updated_at"]),
    )
    return Payload(
        product=product,
        image_id=stored["image_id"],
        primary=stored[PRIMARY],
        fingerprint=base64.b64decode(stored.get(FINGERPRINT, "")),
    )


def to_fingerprint(point_id: str, stored: Mapping[str, Any]) -> ImageFingerprint | None:
    """Returns the fingerprint of a point with FINGERPRINT_FIELDS, or None if it has none."""
    fingerprint = base64.b64decode(stored.get(FINGERPRINT, ""))
    if not fingerprint:
        return None
    return ImageFingerprint(
        point_id, stored[PRODUCT_ID], stored[NAME], stored["image_id"], fingerprint
    )


def place(created_at: datetime, product_id: str) -> tuple[int, str]:
    """Returns the position of the product in the list of the newest, for comparisons."""
    return _microseconds(created_at), product_id


def _microseconds(time: datetime) -> int:
    """Returns microseconds since 1970, exactly, which the float of `timestamp()` is not."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def _to_text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _image_to_stored(image: ProductImage) -> dict[str, Any]:
    return {
        "image_id": image.image_id,
        "media_type": image.media_type,
        "width": image.width,
        "height": image.height,
        "size_bytes": image.size_bytes,
    }
