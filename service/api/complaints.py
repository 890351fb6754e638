"""What is wrong with a request, in sentences that say what to do."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

RULE = "rule"
"""The name of an error of a rule of the core's, which has a sentence of its own."""

_SENTENCES = {
    "extra_forbidden": "There is no such field; leave it out, or correct its name.",
    "int_type": "This is not a whole number; give one, such as 10.",
    "int_parsing": "This is not a whole number; give one, such as 10.",
    "int_from_float": "This is not a whole number; give one, such as 10.",
    "int_parsing_size": "This number is too long; give a smaller one.",
    "float_type": "This is not a number; give one, such as 0.5.",
    "float_parsing": "This is not a number; give one, such as 0.5.",
    "finite_number": "This number is not finite; give one that is.",
    "bool_type": "This is neither true nor false; give one of them.",
    "bool_parsing": "This is neither true nor false; give one of them.",
    "string_type": "This is not text; give a JSON string.",
    "string_unicode": "This has half of a surrogate pair, which is no character; send whole "
    "characters.",
    "list_type": "This is not a list; give a JSON array.",
    "dict_type": "This is not an object; give a JSON object.",
    "model_type": "This is not an object; give a JSON object.",
    "model_attributes_type": "This is not an object; give a JSON object.",
    "literal_error": "This cannot be chosen; give {expected}.",
    "greater_than_equal": "This number is too small; give at least {ge}.",
    "greater_than": "This number is too small; give one above {gt}.",
    "less_than_equal": "This number is too large; give at most {le}.",
    "less_than": "This number is too large; give one below {lt}.",
    "too_short": "This has {actual_length} items; give at least {min_length}.",
    "too_long": "This has too many items; give at most {max_length}.",
    "string_too_short": "This text is too short; give at least {min_length} characters.",
    "string_too_long": "This text is too long; give at most {max_length} characters.",
}
"""By pydantic's name of the error; what is in braces is in the error's context."""


_SYNONYMS = {
    **dict.fromkeys(("file", "files", "photo", "picture", "pictures", "img"), ("image", "files")),
    **dict.fromkeys(("id", "sku"), ("product_id",)),
    **dict.fromkeys(("title",), ("name",)),
    **dict.fromkeys(("q", "text"), ("query",)),
    **dict.fromkeys(("query", "queries"), ("parts",)),
    **dict.fromkeys(("top_k", "size", "count", "per_page"), ("limit",)),
}
"""Names that other services use, and ours for the same."""


def complaint(error: Mapping[str, object], known: Sequence[str] = ()) -> str:
    """One of pydantic's errors as a sentence, which never repeats the input: that may be a secret.

    `known` are the fields there are, where the error may be about a name that is none of them.
    """
    kind, place, context = error["type"], error["loc"], error.get("ctx")
    if kind == RULE:
        return str(error["msg"])
    if kind == "missing" and isinstance(place, tuple):
        return f"The field {str(place[-1])!r} is missing; give it."
    if kind == "extra_forbidden" and known and isinstance(place, tuple):
        return unknown_name("field", str(place[-1]), known)
    sentence = _SENTENCES.get(str(kind))
    if sentence is None:
        return f"{error['msg']}."
    return sentence.format(**_written(context)) if isinstance(context, dict) else sentence


def _written(context: Mapping[str, object]) -> dict[str, object]:
    """Bounds as people write them: 1 and not 1.0."""
    return {
        name: f"{value:g}" if isinstance(value, float) else value for name, value in context.items()
    }


def unknown_name(what: str, name: str, known: Sequence[str]) -> str:
    """The complaint about a name that is not known, with the one that was meant if it is near."""
    close = difflib.get_close_matches(name.lower(), known, n=1)
    meant = [one for one in _SYNONYMS.get(name.lower(), ()) if one in known] + close
    hint = f"did you mean {meant[0]!r}?" if meant else f"there are {', '.join(known) or 'none'}."
    return f"There is no {what} {name[:64]!r}; {hint}"
