"""Finds uploaded files by the file names that other fields of the request refer to."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from service.api.bodies.multipart import Part
from service.api.problems import FieldError, invalid_request, pointer
from service.core.errors import InvalidInput

MAX_NORMALISED_CHARS = 1024
"""Longer names are compared as they are: normalisation can take quadratic time."""


class NamedFiles:
    """The files of a request, by every way in which their names can be written."""

    def __init__(self, files: Sequence[Part]) -> None:
        self._files = files
        self._exact: dict[str | None, list[Part]] = {}
        self._normalised: dict[str, list[Part]] = {}
        for part in files:
            self._exact.setdefault(part.filename, []).append(part)
            for name in _normalised_names(part):
                self._normalised.setdefault(name, []).append(part)

    def find(self, name: str) -> Part:
        """Returns the only file with this name, in any encoding of it. Raises InvalidInput."""
        found = self._exact.get(name) or self._normalised.get(_normalised(name), [])
        if len(found) == 1:
            return found[0]
        if found:
            raise InvalidInput(
                f"{len(found)} files of the request are named {name!r:.200}; send one."
            )
        names = ", ".join(repr(part.filename)[:64] for part in self._files[:8]) or "none"
        raise InvalidInput(
            f"No file of the request is named {name!r:.200}; the files are: {names}."
        )

    def refuse_unreferenced(self, names: Iterable[str], *, where: str) -> None:
        """Raises a 422 ProblemError if a file is not among `names`, because it may be a mistake.

        `where` says in the message where the names were expected.
        """
        known = {_normalised(name) for name in names}
        for part in self._files:
            if known.isdisjoint(_normalised_names(part)):
                named = f"The file {part.filename!r:.200}"
                which = named if part.filename else "A file without a name"
                detail = f"{which} is not listed in {where}; list it there or leave it out."
                raise invalid_request(FieldError(pointer((part.name,)), detail))


def _normalised_names(part: Part) -> set[str]:
    return {_normalised(name) for name in part.filenames}


def _normalised(name: str) -> str:
    return unicodedata.normalize("NFC", name) if len(name) <= MAX_NORMALISED_CHARS else name
