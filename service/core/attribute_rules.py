"""Checks the names and values of attributes."""

from __future__ import annotations

import math

from service.core.errors import InvalidProduct
from service.core.product import AttributeValue
from service.core.text import check_text, kind_of

MAX_ATTRIBUTE_NAME_CHARS = 64
MAX_ATTRIBUTE_STRING_CHARS = 1024
MAX_ATTRIBUTE_LIST_ITEMS = 64
MAX_WHOLE_NUMBER = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly (RFC 8259, section 6)."""


def check_attribute_name(value: object, *, at: str = "/attributes") -> str:
    """Returns a name of 1 to 64 characters that are not all blank.

    Raises InvalidProduct.
    """
    name = check_text(value, "An attribute's name", at=at, longest=MAX_ATTRIBUTE_NAME_CHARS)
    if not name.strip():
        raise InvalidProduct("An attribute's name is empty; give it a name.", pointer=at)
    return name


def check_attribute_value(value: object, *, at: str) -> AttributeValue:
    """Returns a string, a finite number, a boolean or a list of strings.

    Raises InvalidProduct.
    """
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


def _number(value: int | float, at: str) -> int | float:
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidProduct("A number must be finite.", pointer=at)
    if isinstance(value, int) and abs(value) > MAX_WHOLE_NUMBER:
        raise InvalidProduct(
            f"A whole number beyond ±{MAX_WHOLE_NUMBER} loses digits in JSON; send a string.",
            pointer=at,
        )
    return value


def _strings(values: list[object], at: str) -> list[str]:
    if len(values) > MAX_ATTRIBUTE_LIST_ITEMS:
        raise InvalidProduct(
            f"The list has {len(values)} items; keep it to {MAX_ATTRIBUTE_LIST_ITEMS}.", pointer=at
        )
    return [
        check_text(item, "A list item", at=f"{at}/{n}", longest=MAX_ATTRIBUTE_STRING_CHARS)
        for n, item in enumerate(values)
    ]
