"""Parses JSON strictly (RFC 8259): without duplicate names, NaN and numbers beyond a double."""

from __future__ import annotations

import json
import math

from service.core.errors import InvalidInput


def parse(text: str) -> object:
    """Returns the JSON value. Raises InvalidInput."""
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise InvalidInput("This is empty; send JSON.")
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_float,
            parse_int=_int,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        what = error.msg.lower().removesuffix(" at").removesuffix(" starting")
        raise InvalidInput(
            f"This is not valid JSON: {what} at line {error.lineno}, column {error.colno}; "
            "correct it there."
        ) from error
    except RecursionError as error:
        raise InvalidInput("The JSON is nested too deeply; send it with fewer levels.") from error


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise InvalidInput(f"The name {name[:64]!r} occurs twice in an object; use it once.")
        found[name] = value
    return found


def _float(literal: str) -> float:
    number = float(literal)
    if not math.isfinite(number):
        raise InvalidInput(f"The number {literal[:32]} is too large; give a finite one.")
    return number


def _int(literal: str) -> int:
    if len(literal) > 32:
        raise InvalidInput(f"The number {literal[:32]}… is too large; give a smaller one.")
    return int(literal)


def _constant(literal: str) -> float:
    raise InvalidInput(f"{literal} is not a JSON number; give a finite one.")
