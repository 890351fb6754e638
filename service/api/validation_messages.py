"""Messages for invalid requests: each names the mistake and says what to send instead."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

CORE_RULE = "rule"
"""The pydantic error type of a broken rule of the core, which brings its own message."""

_MESSAGES = {
    "extra_forbidden": "There is no such field; remove it or correct its name.",
    "int_type": "This is not a whole number; give one, such as 10.",
    "int_parsing": "This is not a whole number; give one, such as 10.",
    "int_from_float": "This is not a whole number; give one, such as 10.",
    "int_parsing_size": "This number is too long; give a smaller one.",
    "float_type": "This is not a number; give one, such as 0.5.",
    "float_parsing": "This is not a number; give one, such as 0.5.",
    "finite_number": "This number is not finite; give a finite one.",
    "bool_type": "This is neither true nor false; give one of them.",
    "bool_parsing": "This is neither true nor false; give one of them.",
    "string_type": "This is not text; give a JSON string.",
    "string_unicode": "This contains half of a surrogate pair, which is not a character; send "
    "complete characters.",
    "list_type": "This is not a list; give a JSON array.",
    "dict_type": "This is not an object; give a JSON object.",
    "model_type": "This is not an object; give a JSON object.",
    "model_attributes_type": "This is not an object; give a JSON object.",
    "literal_error": "This is not one of the choices; give {expected}.",
    "greater_than_equal": "This number is too small; give at least {ge}.",
    "greater_than": "This number is too small; give one above {gt}.",
    "less_than_equal": "This number is too large; give at most {le}.",
    "less_than": "This number is too large; give one below {lt}.",
    "too_short": "This has {actual_length} items; give at least {min_length}.",
    "too_long": "This has too many items; give at most {max_length}.",
    "string_too_short": "This text is too short; give at least {min_length} characters.",
    "string_too_long": "This text is too long; give at most {max_length} characters.",
}
"""Messages by pydantic's error type, with placeholders for values of the error's context."""

_SYNONYMS = {
    **dict.fromkeys(("file", "files", "photo", "picture", "pictures", "img"), ("image", "files")),
    **dict.fromkeys(("id", "sku"), ("product_id",)),
    **dict.fromkeys(("title",), ("name",)),
    **dict.fromkeys(("q", "text"), ("query",)),
    **dict.fromkeys(("query", "queries"), ("parts",)),
    **dict.fromkeys(("top_k", "size", "count", "per_page"), ("limit",)),
}
"""Field names that other services use, with the names of the same fields in this service."""


def validation_message(error: Mapping[str, object], known: Sequence[str] = ()) -> str:
    """Returns the message for an error of pydantic's. It never quotes a value, which may be secret.

    `known` lists the fields that exist, so that the message can suggest one for an unknown name.
    """
    kind, place, context = error["type"], error["loc"], error.get("ctx")
    if kind == CORE_RULE:
        return str(error["msg"])
    if kind == "missing" and isinstance(place, tuple):
        return f"The field {str(place[-1])!r} is missing; add it."
    if kind == "extra_forbidden" and known and isinstance(place, tuple):
        return unknown_name_message("field", str(place[-1]), known)
    message = _MESSAGES.get(str(kind))
    if message is None:
        return f"{error['msg']}."
    return message.format(**_formatted(context)) if isinstance(context, dict) else message


def _formatted(context: Mapping[str, object]) -> dict[str, object]:
    """Formats the bounds as people write them: 1 instead of 1.0."""
    return {
        name: f"{value:g}" if isinstance(value, float) else value for name, value in context.items()
    }


def unknown_name_message(kind: str, name: str, known: Sequence[str]) -> str:
    """Returns the message for an unknown name, with the most similar known name if there is one."""
    close = difflib.get_close_matches(name.lower(), known, n=1)
    suggestions = [one for one in _SYNONYMS.get(name.lower(), ()) if one in known] + close
    if suggestions:
        return f"There is no {kind} {name[:64]!r}; did you mean {suggestions[0]!r}?"
    return f"There is no {kind} {name[:64]!r}; the names are: {', '.join(known) or 'none'}."
