"""Every docstring is a sentence that can be read on its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.documents import ROOT

FOLDERS = ("service", "drawing", "training", "benchmarks", "scripts")

FRAGMENT = re.compile(
    r"(Also|And|As|Because|But|By|For|From|In|Not|Of|Only|Or|So|Than|That|Those|To|Until|What|Where"
    r"|Whether|Which|Who|Whose|With)\b"
)
"""A docstring that begins with one of these words continues a sentence that is not there."""

SENTENCE_ENDS = (".", ":", "?", "!")


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    """Yields the docstrings of a file with their lines, those of constants and fields included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield node.lineno, text.strip()


def offenders(folder: str) -> Iterator[str]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for line, text in docstrings(path):
            first_paragraph = text.partition("\n\n")[0]
            if FRAGMENT.match(text) or not first_paragraph.endswith(SENTENCE_ENDS):
                yield f"{name}:{line}: {first_paragraph}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_docstrings_are_sentences(folder: str) -> None:
    assert not list(offenders(folder))
