"""Finds a form's files by the names that the request gives them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from service.api.bodies.multipart import Part
from service.api.problems import FieldError, invalid_request, pointer
from service.core.errors import InvalidInput


def find_file(files: Sequence[Part], name: str) -> Part:
    """The one file of this name, however the client wrote it. Raises InvalidInput."""
    exact = [part for part in files if part.filename == name]
    found = exact or [part for part in files if is_named(part, name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidInput(f"{len(found)} files of the request are named {name!r:.200}; send one.")
    names = ", ".join(repr(part.filename)[:64] for part in files[:8]) or "none"
    raise InvalidInput(f"No file of the request is named {name!r:.200}; the files are: {names}.")


def is_named(part: Part, name: str) -> bool:
    return unicodedata.normalize("NFC", name) in (
        unicodedata.normalize("NFC", one) for one in part.filenames
    )


def refuse_unnamed(files: Sequence[Part], names: Iterable[str], *, where: str) -> None:
    """A file that nothing names is a mistake somewhere: dropping it would hide that."""
    known = list(names)
    for part in files:
        if not any(is_named(part, name) for name in known):
            named = "has no file name" if not part.filename else f"is {part.filename!r:.200}"
            detail = f"A file {named}, which {where} does not name; name it there."
            raise invalid_request(FieldError(pointer((part.name,)), detail))
