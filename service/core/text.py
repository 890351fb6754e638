"""Checks of strings, and words for JSON values."""

from __future__ import annotations

from collections.abc import Mapping

from service.core.errors import InvalidProduct

HALF_PAIR = "has half of a surrogate pair, which is no character; send whole characters."


def has_half_pair(text: str) -> bool:
    r"""Whether it cannot be written as UTF-8; JSON's \u escapes can spell such a text."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def check_text(value: object, what: str, *, longest: int) -> str:
    """A string of whole characters up to `longest`; `what` names it in the message."""
    if not isinstance(value, str):
        raise InvalidProduct(f"{what} is {kind_of(value)}; give a string.")
    if len(value) > longest:
        raise InvalidProduct(f"{what} has {len(value):,} characters; keep it to {longest:,}.")
    if has_half_pair(value):
        raise InvalidProduct(f"{what} {HALF_PAIR}")
    if "\x00" in value:
        raise InvalidProduct(f"{what} has a NUL character; take it out.")
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
