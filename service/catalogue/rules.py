"""Checks the fields of a product. Every function raises InvalidProduct with the place."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping

from service.core.attribute_rules import check_attribute_name, check_attribute_value
from service.core.errors import InvalidProduct, within
from service.core.product import Attributes
from service.core.text import check_text, kind_of

MAX_PRODUCT_ID_CHARS = 128
MAX_NAME_CHARS = 512
MAX_DESCRIPTION_CHARS = 10_000
MAX_ATTRIBUTES = 64
MAX_ATTRIBUTES_BYTES = 32 * 1024
"""The limit for all attributes together, as JSON in UTF-8, because every hit contains them."""


def check_product_id(value: object) -> str:
    """Checks an id: 1 to 128 characters without `/` and control characters, not `.` or `..`."""
    product_id = check_text(value, "The product id", longest=MAX_PRODUCT_ID_CHARS)
    if not product_id:
        raise InvalidProduct(
            "The product id is empty; give 1 to 128 characters, or leave it out to get a new one."
        )
    if "/" in product_id:
        raise InvalidProduct("A product id cannot contain a slash.")
    if any(unicodedata.category(character) == "Cc" for character in product_id):
        raise InvalidProduct("A product id cannot contain control characters.")
    if product_id in {".", ".."}:
        raise InvalidProduct(
            f"{product_id!r} cannot be a product id, because URLs drop such a segment."
        )
    return product_id


def check_name(value: object) -> str:
    """Checks a name: 1 to 512 characters that are not all blank."""
    name = check_text(value, "The name", longest=MAX_NAME_CHARS)
    if not name.strip():
        raise InvalidProduct("The name is empty; give 1 to 512 characters.")
    return name


def check_description(value: object) -> str:
    """Checks a description: up to 10,000 characters. It may be empty."""
    return check_text(value, "The description", longest=MAX_DESCRIPTION_CHARS)


def check_attributes(value: object) -> Attributes:
    """Checks attributes: an object of strings, finite numbers, booleans and lists of strings."""
    if not isinstance(value, Mapping):
        raise InvalidProduct(
            f"The attributes are {kind_of(value)}; give an object such as"
            ' {"colour": "green", "price": 12.5}.'
        )
    if len(value) > MAX_ATTRIBUTES:
        raise InvalidProduct(f"There are {len(value)} attributes; give at most {MAX_ATTRIBUTES}.")
    for name in value:
        check_attribute_name(name)
    attributes = {}
    for name, item in value.items():
        with within(name):
            attributes[name] = check_attribute_value(item)
    size = len(json.dumps(attributes, ensure_ascii=False).encode())
    if size > MAX_ATTRIBUTES_BYTES:
        raise InvalidProduct(
            f"The attributes take {size} bytes as JSON; keep them to {MAX_ATTRIBUTES_BYTES}."
        )
    return attributes
