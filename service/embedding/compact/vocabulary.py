"""Turns a text into the words that the compact text tower knows."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

LONGEST_PHRASE: Final = 4
"""Words in the longest name that is looked up as a whole, such as "t shirt"."""

IGNORED: Final = frozenset(
    "a an and any are as at be but by can colored coloured colour color for from has have i in "
    "is it its like me my not of on or our out photo picture please show some that the their "
    "them these this to very want was we which with without you your".split()
)
"""Words that say nothing about a product: neither known nor unknown."""


@dataclass(frozen=True)
class Reading:
    """The rows of the known words of a text, and its unknown words."""

    rows: tuple[int, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """Known words in the order of the text tower's rows, and other names for them.

    An alias may stand for several words ("turquoise" is blue and green) and may, like a
    word, be a phrase: its parts joined by a space.
    """

    words: Sequence[str]
    aliases: Mapping[str, Sequence[str]]
    _rows: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_rows", {word: row for row, word in enumerate(self.words)})

    @classmethod
    def load(cls, path: Path) -> "Vocabulary":
        """Read what `dump` wrote."""
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(content["words"], content["aliases"])

    def dump(self, path: Path) -> None:
        """Write the words and aliases as JSON."""
        content = {
            "words": list(self.words),
            "aliases": {k: list(v) for k, v in sorted(self.aliases.items())},
        }
        path.write_text(json.dumps(content, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")

    def read(self, text: str) -> Reading:
        """Take the longest known phrase at each place, from left to right."""
        tokens = tokens_of(text)
        rows: list[int] = []
        unknown: list[str] = []
        place = 0
        while place < len(tokens):
            found, length = self._longest(tokens[place : place + LONGEST_PHRASE])
            rows.extend(found)
            if not found and tokens[place] not in IGNORED:
                unknown.append(tokens[place])
            place += length
        return Reading(tuple(dict.fromkeys(rows)), tuple(dict.fromkeys(unknown)))

    def _longest(self, tokens: list[str]) -> tuple[list[int], int]:
        for length in range(len(tokens), 0, -1):
            found = self._lookup(" ".join(tokens[:length]))
            if found:
                return found, length
        return [], 1

    def _lookup(self, phrase: str) -> list[int]:
        for form in singular_forms(phrase):
            if form in self.aliases:
                return [self._rows[word] for word in self.aliases[form]]
            if form in self._rows:
                return [self._rows[form]]
        return []


def tokens_of(text: str) -> list[str]:
    """Lower-case words without accents and apostrophes; a hyphen parts two words."""
    plain = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", re.sub(r"['\u2019](s\b)?", "", plain))


def singular_forms(phrase: str) -> list[str]:
    """The phrase itself, then what it may be the plural of."""
    forms = [phrase]
    if phrase.endswith("ies"):
        forms.append(phrase[:-3] + "y")
    if phrase.endswith("ves"):
        forms += [phrase[:-3] + "f", phrase[:-3] + "fe"]
    if phrase.endswith("es"):
        forms.append(phrase[:-2])
    if phrase.endswith("s") and not phrase.endswith("ss"):
        forms.append(phrase[:-1])
    return [form for form in forms if len(form) > 1]
