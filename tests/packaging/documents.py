"""Reads the README and the Makefile for the tests of this folder."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE: Final = (ROOT / "Makefile").read_text(encoding="utf-8")


def shell_blocks() -> list[str]:
    """Returns the README's fenced shell blocks, in order."""
    return re.findall(r"^```sh\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def shell_lines() -> list[str]:
    """Returns the commands of the shell blocks, with continued lines joined."""
    joined = "\n".join(shell_blocks()).replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def make_targets() -> dict[str, str | None]:
    """Returns every target that can be called by name, with its help."""
    rules = re.findall(r"^([a-z][a-z-]*):(?:[^#=\n]*)(?:## (.*))?$", MAKEFILE, re.MULTILINE)
    return {name: text or None for name, text in rules}


@dataclass(frozen=True)
class Curl:
    """A call of curl in the README."""

    method: str
    url: str
    forms: tuple[tuple[str, str], ...]
    body: str | None

    @property
    def path(self) -> str:
        return re.sub(r"^https?://[^/]+", "", self.url).partition("?")[0]

    @property
    def files(self) -> list[Path]:
        """The files it uploads."""
        return [ROOT / value[1:].partition(";")[0] for _, value in self.forms if value[:1] == "@"]

    @property
    def file_fields(self) -> set[str]:
        return {name for name, value in self.forms if value[:1] == "@"}


def curl_calls() -> list[Curl]:
    return [_parse(line) for line in shell_lines() if line.startswith("curl ")]


def _parse(line: str) -> Curl:
    words = iter(shlex.split(line.partition(" | ")[0])[1:])
    method, urls, forms, body = "", [], [], None
    query: list[str] = []
    for word in words:
        if word in {"-X", "--request"}:
            method = next(words)
        elif word in {"-F", "--form"}:
            name, _, value = next(words).partition("=")
            forms.append((name, value))
        elif word in {"-d", "--data"}:
            body = next(words)
        elif word in {"-G", "--get"}:
            method = "GET"
        elif word == "--data-urlencode":
            query.append(next(words))
        elif word in {"-H", "--header", "-o", "--output", "-w", "--write-out"}:
            next(words)
        elif not word.startswith("-"):
            urls.append(word)
    (url,) = urls
    if query:
        url += "?" + "&".join(query)
    return Curl(method or ("POST" if forms or body else "GET"), url, tuple(forms), body)
