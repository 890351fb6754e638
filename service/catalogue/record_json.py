"""Records and intents as stored: JSON with a format version and RFC 3339 times.

Every record and every intent carries `format`. A later version of the service may add fields
without raising the number, because an older version keeps the fields that it does not know. The
number is raised if an older version could not keep the object correct; older versions then only
read it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

from service.catalogue.rules import (
    check_attributes,
    check_description,
    check_name,
    check_product_id,
)
from service.core.blob import Blob, BlobVersion
from service.core.errors import InvalidProduct
from service.core.product import Product, ProductImage

FORMAT = 1
"""The format that this version writes, and the newest one that it may change."""

IMAGE_FIELDS = tuple(field.name for field in fields(ProductImage))

IMAGE_ID = re.compile("[0-9a-f]{64}")

UNREADABLE = (ValueError, KeyError, TypeError, OverflowError, RecursionError, InvalidProduct)
"""The errors that damaged JSON causes: RecursionError if it is nested too deeply, for example."""


@dataclass(frozen=True, slots=True)
class Record:
    """A product as read from its record, with the data needed to write the record again."""

    product: Product
    version: BlobVersion
    stored: Mapping[str, Any]
    """All the fields of the JSON, also those that this version does not know."""

    @property
    def write_id(self) -> str:
        """The id of the write that made this state; empty for a record of an older version."""
        return str(self.stored.get("revision", ""))

    @property
    def is_newer(self) -> bool:
        """True if a newer version of the service wrote it in a format that only it may change."""
        return _format(self.stored) > FORMAT


@dataclass(frozen=True, slots=True)
class DamagedRecord:
    """A record that exists but cannot be read, or whose values no write of the service makes."""

    key: str
    version: BlobVersion
    is_newer: bool = False
    """True if the record is intact, in a format that only a newer version of the service reads."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A note of what a write changes. It is stored until the write ends, so that a write that a
    crash interrupts can be repaired."""

    product_id: str
    existed: bool
    """True if the product existed, acknowledged, before the write."""
    image_ids: frozenset[str]
    """The pictures that the write adds or takes away."""
    begun_at: datetime
    owner: str
    """The random name that the writing process gave itself at its start."""
    write_id: str = ""
    """The revision that the write gives the record."""
    is_newer: bool = False
    """True if a newer version of the service began the write. This version deletes nothing then."""


def image_ids(record: Record | None) -> frozenset[str]:
    """Returns the ids of the record's pictures, and none if there is no record."""
    images = () if record is None else record.product.images
    return frozenset(image.image_id for image in images)


def product_to_json(product: Product) -> dict[str, Any]:
    """The product's fields as JSON has them."""
    stored = asdict(product)
    for name in ("created_at", "updated_at"):
        stored[name] = stored[name].isoformat()
    return stored


def write_record(product: Product, over: Record | None) -> bytes:
    """The record's bytes. Fields of `over` that this version does not know are kept."""
    stored = product_to_json(product) | {"format": FORMAT}
    if over is not None:
        kept = {image["image_id"]: image for image in over.stored["images"]}
        stored["images"] = [kept.get(image["image_id"], {}) | image for image in stored["images"]]
        stored = dict(over.stored) | stored
    # A field that this version does not know may hold half of a surrogate pair.
    return json.dumps(stored, ensure_ascii=False).encode(errors="surrogatepass")


def read_record(key: str, blob: Blob) -> Record | DamagedRecord:
    """Reads a record, as the inverse of `write_record`."""
    stored: Any = None
    try:
        stored = json.loads(blob.data)
        return Record(_product(stored, blob.data), blob.version, stored)
    except UNREADABLE:
        return DamagedRecord(key, blob.version, is_newer=_format(stored) > FORMAT)


def write_intent(intent: Intent) -> bytes:
    """The intent's bytes."""
    stored = asdict(intent) | {
        "image_ids": sorted(intent.image_ids),
        "begun_at": intent.begun_at.isoformat(),
        "format": FORMAT,
    }
    del stored["is_newer"]
    return json.dumps(stored).encode()


def read_intent(data: bytes) -> Intent | None:
    """Reads an intent, as the inverse of `write_intent`. Returns None if it is damaged."""
    try:
        stored = json.loads(data)
        return Intent(
            product_id=check_product_id(stored["product_id"]),
            existed=stored["existed"],
            image_ids=frozenset(stored["image_ids"]),
            begun_at=_moment(stored["begun_at"]),
            owner=stored["owner"],
            write_id=stored.get("write_id", ""),
            is_newer=_format(stored) > FORMAT,
        )
    except UNREADABLE:
        return None


def _product(stored: Any, data: bytes) -> Product:
    """Raises one of UNREADABLE if a field is missing or has a wrong value."""
    images = tuple(_image(image) for image in stored["images"])
    if not images or len({image.image_id for image in images}) < len(images):
        raise ValueError("the pictures are missing or repeated")
    # Records of older versions have no revision, so the hash of their bytes takes its place.
    revision = stored.get("revision") or hashlib.sha256(data).hexdigest()
    return Product(
        product_id=check_product_id(stored["product_id"]),
        name=check_name(stored["name"]),
        description=check_description(stored["description"]),
        attributes=check_attributes(stored["attributes"]),
        images=images,
        created_at=_moment(stored["created_at"]),
        updated_at=_moment(stored["updated_at"]),
        revision=_text(revision),
    )


def _image(stored: Any) -> ProductImage:
    image = ProductImage(**{name: stored[name] for name in IMAGE_FIELDS})
    _text(image.media_type)
    if not IMAGE_ID.fullmatch(image.image_id):
        raise ValueError(f"{image.image_id} is no SHA-256")
    if not all(type(size) is int for size in (image.width, image.height, image.size_bytes)):
        raise TypeError("a size is no whole number")
    return image


def _text(value: object) -> str:
    """Returns the value if it is a text of printable ASCII characters, as HTTP headers take it."""
    if not isinstance(value, str) or not (value.isascii() and value.isprintable()):
        raise ValueError("this is no text of printable ASCII characters")
    return value


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    moment.astimezone(UTC)  # raises OverflowError in the first or last hours of the calendar
    return moment


def _format(stored: object) -> int:
    """Returns the format number: 0 for objects of older versions, and for anything else."""
    number = stored.get("format", 0) if isinstance(stored, Mapping) else 0
    return number if isinstance(number, int) else 0
