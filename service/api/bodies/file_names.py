"""Finds uploaded files by the file names that other fields of the request refer to."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from service.api.bodies.multipart import Part
from service.api.problems import FieldError, invalid_request, pointer
from service.core.errors import InvalidInput


def find_file(files: Sequence[Part], name: str) -> Part:
    """Returns the only file with this name, in any encoding of it. Raises InvalidInput."""
    exact = [part for part in files if part.filename == name]
    found = exact or [part for part in files if has_name(part, name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidInput(f"{len(found)} files of the request are named {name!r:.200}; send one.")
    names = ", ".join(repr(part.filename)[:64] for part in files[:8]) or "none"
    raise InvalidInput(f"No file of the request is named {name!r:.200}; the files are: {names}.")


def has_name(part: Part, name: str) -> bool:
    return unicodedata.normalize("NFC", name) in (
        unicodedata.normalize("NFC", one) for one in part.filenames
    )


def refuse_unreferenced(files: Sequence[Part], names: Iterable[str], *, where: str) -> None:
    """Raises a 422 ProblemError if a file is not among `names`; ignoring it would hide a mistake.

    `where` says in the message where the names were expected.
    """
    known = list(names)
    for part in files:
        if not any(has_name(part, name) for name in known):
            which = f"The file {part.filename!r:.200}" if part.filename else "A file without a name"
            detail = f"{which} is not listed in {where}; list it there or leave it out."
            raise invalid_request(FieldError(pointer((part.name,)), detail))
