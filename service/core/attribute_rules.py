"""Checks the names and values of attributes."""

from __future__ import annotations

import math

from service.core.errors import InvalidProduct, within
from service.core.product import AttributeValue
from service.core.text import check_text, kind_of

MAX_ATTRIBUTE_NAME_CHARS = 64
MAX_ATTRIBUTE_STRING_CHARS = 1024
MAX_ATTRIBUTE_LIST_ITEMS = 64
MAX_WHOLE_NUMBER = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly (RFC 8259, section 6)."""


def check_attribute_name(value: object) -> str:
    """Returns a name of 1 to 64 characters that are not all blank.

    Raises InvalidProduct.
    """
    name = check_text(value, "An attribute's name", longest=MAX_ATTRIBUTE_NAME_CHARS)
    if not name.strip():
        raise InvalidProduct("An attribute's name is empty; give it a name.")
    return name


def check_attribute_value(value: object) -> AttributeValue:
    """Returns a string, a finite number, a boolean or a list of strings.

    Raises InvalidProduct.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, list):
        return _strings(value)
    if isinstance(value, str):
        return check_text(value, "This string", longest=MAX_ATTRIBUTE_STRING_CHARS)
    raise InvalidProduct(
        f"An attribute cannot be {kind_of(value)}; give a string, a number, a boolean or a list"
        " of strings."
    )


def _number(value: int | float) -> int | float:
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidProduct("A number must be finite.")
    if isinstance(value, int) and abs(value) > MAX_WHOLE_NUMBER:
        raise InvalidProduct(
            f"A whole number beyond ±{MAX_WHOLE_NUMBER} loses digits in JSON; send a string."
        )
    return value


def _strings(values: list[object]) -> list[str]:
    if len(values) > MAX_ATTRIBUTE_LIST_ITEMS:
        raise InvalidProduct(
            f"The list has {len(values)} items; keep it to {MAX_ATTRIBUTE_LIST_ITEMS}."
        )
    checked = []
    for n, item in enumerate(values):
        with within(n):
            checked.append(check_text(item, "A list item", longest=MAX_ATTRIBUTE_STRING_CHARS))
    return checked
