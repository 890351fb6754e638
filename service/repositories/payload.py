"""What a point carries, as the plain dictionary that the engines store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from service.models import Payload, Product, ProductImage

PRODUCT_ID = "product_id"
PRIMARY = "primary"
CREATED_US = "created_us"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_stored(payload: Payload) -> dict[str, Any]:
    """The dictionary for an engine; `attributes` stay one object, so that filters name their paths.

    `created_us` (microseconds since 1970) is on primary points alone: ordering by it then lists
    products, and needs no filter, which costs 20 ms at 20,000 points.
    """
    product = payload.product
    stored: dict[str, Any] = {
        PRODUCT_ID: product.product_id,
        "name": product.name,
        "description": product.description,
        "attributes": dict(product.attributes),
        "created_at": _to_text(product.created_at),
        "updated_at": _to_text(product.updated_at),
        "images": [_image_to_stored(image) for image in product.images],
        "image_id": payload.image_id,
        PRIMARY: payload.primary,
    }
    if payload.primary:
        stored[CREATED_US] = _microseconds(product.created_at)
    return stored


def from_stored(stored: Mapping[str, Any]) -> Payload:
    """The inverse of `to_stored`."""
    product = Product(
        product_id=stored[PRODUCT_ID],
        name=stored["name"],
        description=stored["description"],
        attributes=stored["attributes"],
        images=tuple(ProductImage(**image) for image in stored["images"]),
        created_at=datetime.fromisoformat(stored["created_at"]),
        updated_at=datetime.fromisoformat(stored["updated_at"]),
    )
    return Payload(product=product, image_id=stored["image_id"], primary=stored[PRIMARY])


def place(created_at: datetime, product_id: str) -> tuple[int, str]:
    """Where the product is in the list of the newest."""
    return _microseconds(created_at), product_id


def _microseconds(time: datetime) -> int:
    """Exact, unlike `timestamp()`, which goes through a float."""
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
