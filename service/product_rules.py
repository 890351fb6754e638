"""What a product's fields may be; every rule raises InvalidProduct with a pointer to the place."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping

from service.errors import InvalidProduct
from service.models import Attributes, AttributeValue

MAX_PRODUCT_ID_CHARS = 128
MAX_NAME_CHARS = 512
MAX_DESCRIPTION_CHARS = 10_000
MAX_ATTRIBUTES = 64
MAX_ATTRIBUTE_NAME_CHARS = 64
MAX_ATTRIBUTE_STRING_CHARS = 1024
MAX_ATTRIBUTE_LIST_ITEMS = 64
MAX_ATTRIBUTES_BYTES = 32 * 1024
"""All attributes as JSON in UTF-8: they travel with every hit."""
MAX_WHOLE_NUMBER = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly (RFC 8259, section 6)."""


def check_product_id(value: object, *, at: str = "/product_id") -> str:
    """1 to 128 characters but control characters and `/`; not `.` or `..`, which no URL keeps."""
    product_id = check_text(value, "The product id", at=at, longest=MAX_PRODUCT_ID_CHARS)
    if not product_id:
        raise InvalidProduct(
            "The product id is empty; give 1 to 128 characters, or leave it out to have one made.",
            pointer=at,
        )
    if "/" in product_id:
        raise InvalidProduct("A product id cannot contain a slash.", pointer=at)
    if any(unicodedata.category(character) == "Cc" for character in product_id):
        raise InvalidProduct("A product id cannot contain control characters.", pointer=at)
    if product_id in {".", ".."}:
        raise InvalidProduct(
            f"{product_id!r} cannot be a product id, because URLs drop such a segment.", pointer=at
        )
    return product_id


def check_name(value: object, *, at: str = "/name") -> str:
    """1 to 512 characters that are not all blank."""
    name = check_text(value, "The name", at=at, longest=MAX_NAME_CHARS)
    if not name.strip():
        raise InvalidProduct("The name is empty; give 1 to 512 characters.", pointer=at)
    return name


def check_description(value: object, *, at: str = "/description") -> str:
    """Up to 10,000 characters, may be empty."""
    return check_text(value, "The description", at=at, longest=MAX_DESCRIPTION_CHARS)


def check_attributes(value: object, *, at: str = "/attributes") -> Attributes:
    """A flat object of strings, finite numbers, booleans and lists of strings."""
    if not isinstance(value, Mapping):
        raise InvalidProduct(
            f"The attributes are {kind_of(value)}; give an object such as"
            ' {"colour": "green", "price": 12.5}.',
            pointer=at,
        )
    if len(value) > MAX_ATTRIBUTES:
        raise InvalidProduct(
            f"There are {len(value)} attributes; give at most {MAX_ATTRIBUTES}.", pointer=at
        )
    checked = {check_attribute_name(name, at=at): item for name, item in value.items()}
    attributes = {
        name: check_attribute_value(item, at=f"{at}/{escape(name)}")
        for name, item in checked.items()
    }
    size = len(json.dumps(attributes, ensure_ascii=False).encode())
    if size > MAX_ATTRIBUTES_BYTES:
        raise InvalidProduct(
            f"The attributes take {size} bytes as JSON; keep them to {MAX_ATTRIBUTES_BYTES}.",
            pointer=at,
        )
    return attributes


def check_attribute_name(value: object, *, at: str = "/attributes") -> str:
    """1 to 64 characters, not all blank."""
    name = check_text(value, "An attribute's name", at=at, longest=MAX_ATTRIBUTE_NAME_CHARS)
    if not name.strip():
        raise InvalidProduct("An attribute's name is empty; name it.", pointer=at)
    return name


def check_attribute_value(value: object, *, at: str) -> AttributeValue:
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return _number(value, at)
    if isinstance(value, list):
        return _strings(value, at)
    if isinstance(value, str):
        return check_text(value, "This string", at=at, longest=MAX_ATTRIBUTE_STRING_CHARS)
    raise InvalidProduct(
        f"An attribute cannot be {kind_of(value)}; give a string, a number, a boolean or a list"
        " of strings.",
        pointer=at,
    )


HALF_PAIR = "has half of a surrogate pair, which is no character; send whole characters."


def has_half_pair(text: str) -> bool:
    r"""Whether it cannot be written as UTF-8; JSON's \u escapes can spell such a text."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def check_text(value: object, what: str, *, at: str, longest: int) -> str:
    """A string of whole characters up to `longest`; `what` names it in the message."""
    if not isinstance(value, str):
        raise InvalidProduct(f"{what} is {kind_of(value)}; give a string.", pointer=at)
    if len(value) > longest:
        raise InvalidProduct(
            f"{what} has {len(value):,} characters; keep it to {longest:,}.", pointer=at
        )
    if has_half_pair(value):
        raise InvalidProduct(f"{what} {HALF_PAIR}", pointer=at)
    if "\x00" in value:
        raise InvalidProduct(f"{what} has a NUL character; take it out.", pointer=at)
    return value


def kind_of(value: object) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an object" if isinstance(value, Mapping) else "a list"


def escape(token: str) -> str:
    """One reference token of a JSON pointer (RFC 6901)."""
    return token.replace("~", "~0").replace("/", "~1")


def _number(value: int | float, at: str) -> int | float:
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidProduct("A number must be finite.", pointer=at)
    if isinstance(value, int) and abs(value) > MAX_WHOLE_NUMBER:
        raise InvalidProduct(
            f"A whole number beyond ±{MAX_WHOLE_NUMBER} loses digits on its way; send a string.",
            pointer=at,
        )
    return value


def _strings(values: list[object], at: str) -> list[str]:
    if len(values) > MAX_ATTRIBUTE_LIST_ITEMS:
        raise InvalidProduct(
            f"The list has {len(values)} items; keep it to {MAX_ATTRIBUTE_LIST_ITEMS}.", pointer=at
        )
    return [
        check_text(item, "An item of a list", at=f"{at}/{n}", longest=MAX_ATTRIBUTE_STRING_CHARS)
        for n, item in enumerate(values)
    ]
