"""JSON as RFC 8259 has it and no more: no duplicate names, no NaN, no numbers beyond a double."""

from __future__ import annotations

import json
import math

from service.api.problems import FieldError, invalid_request


class _Refused(ValueError):
    """A document that Python's parser takes and this service does not."""


def parse(text: str, *, at: str) -> object:
    """The JSON value. Raises a 422 ProblemError with the pointer `at`."""
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise invalid_request(FieldError(at, "This is empty; give JSON."))
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_float,
            parse_int=_int,
            parse_constant=_constant,
        )
    except _Refused as refused:
        reason = str(refused)
    except json.JSONDecodeError as error:
        what = error.msg.lower().removesuffix(" at").removesuffix(" starting")
        reason = (
            f"This is not JSON: {what} at line {error.lineno}, column {error.colno}; "
            "correct it there."
        )
    except RecursionError:
        reason = "The JSON is nested too deeply; send it with fewer levels."
    raise invalid_request(FieldError(at, reason))


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise _Refused(f"The name {name[:64]!r} is there twice; which is meant?")
        found[name] = value
    return found


def _float(literal: str) -> float:
    number = float(literal)
    if not math.isfinite(number):
        raise _Refused(f"The number {literal[:32]} is too large; give a finite one.")
    return number


def _int(literal: str) -> int:
    if len(literal) > 32:
        raise _Refused(f"The number {literal[:32]}… is too large; give a smaller one.")
    return int(literal)


def _constant(literal: str) -> float:
    raise _Refused(f"{literal} is not a JSON number; give a finite one.")
