"""Checks strings, and names the types of JSON values."""

from __future__ import annotations

from collections.abc import Mapping

from service.core.errors import InvalidProduct

UNPAIRED_SURROGATE = (
    "has half of a surrogate pair, which is not a character; send whole characters."
)


def has_surrogate(text: str) -> bool:
    r"""Tells whether the text has a surrogate code point, which UTF-8 cannot encode.

    The \u escapes of JSON can spell such a text.
    """
    return any("\ud800" <= character <= "\udfff" for character in text)


def check_text(value: object, what: str, *, longest: int) -> str:
    """Returns the value if it is a string of at most `longest` characters, without NUL.

    `what` names the value in the message. Raises InvalidProduct.
    """
    if not isinstance(value, str):
        raise InvalidProduct(f"{what} is {kind_of(value)}; give a string.")
    if len(value) > longest:
        raise InvalidProduct(f"{what} has {len(value):,} characters; keep it to {longest:,}.")
    if has_surrogate(value):
        raise InvalidProduct(f"{what} {UNPAIRED_SURROGATE}")
    if "\x00" in value:
        raise InvalidProduct(f"{what} has a NUL character; remove it.")
    return value


def kind_of(value: object) -> str:
    """Names the type of a JSON value, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an object" if isinstance(value, Mapping) else "a list"
