"""Reads a file of products: a JSON array, or JSON Lines, which has one object on each line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.core.errors import ServiceError

MAX_INTEGER_DIGITS = 32
"""The service reads no longer whole numbers."""

_BLANKS = " \t\r\n"
"""JSON allows these between values. Other line separators may stand in strings alone."""

_USUAL_NAMES = {
    "product_id": ("id", "sku", "SKU", "handle", "Handle", "item_group_id"),
    "name": ("title", "Title", "product_name", "Name"),
}
"""Names that shops give these fields, the likeliest first."""


@dataclass(frozen=True, slots=True)
class UnfitNumber:
    """A number that JSON does not allow, or that no double can hold."""

    literal: str


@dataclass(frozen=True, slots=True)
class FileProduct:
    """A product of the file, or the reason why it cannot be used."""

    line: int
    """The line of the file on which the product begins; the first is 1."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    mistake: str = ""

    @property
    def product_id(self) -> str | None:
        """The id as it is sent; shops' own ids may be numbers."""
        given = self.fields.get("product_id")
        return str(given) if isinstance(given, str | int | float) else None

    @property
    def label(self) -> str:
        """Names the product in messages."""
        name = self.product_id or self.fields.get("name")
        return f"line {self.line}, {name}" if isinstance(name, str) else f"line {self.line}"


def read_products(path: Path, renamed: Mapping[str, str] | None = None) -> list[FileProduct]:
    """The products in the order of the file; `renamed` gives the file's name for a field of ours.

    Raises ServiceError if the file cannot be read, is a broken array, or has other fields.
    """
    text = _text(path)
    values = _array(text, path) if text.lstrip(_BLANKS).startswith("[") else _lines(text)
    products = [_product(line, value, renamed or {}) for line, value in values]
    _check_fields(products, path)
    return products


def without_earlier(products: Sequence[FileProduct]) -> tuple[list[FileProduct], list[str]]:
    """Keeps the last product of each id; the second part says which others are left out."""
    last = {product.product_id: product for product in products if product.product_id}
    kept, told = [], []
    for product in products:
        later = last.get(product.product_id or "", product)
        if later is product:
            kept.append(product)
        else:
            told.append(
                f"{product.label}: left out, because a later product, on line {later.line}, "
                "has the same id"
            )
    return kept, told


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise ServiceError(f"{path} cannot be read: {exc.strerror}.") from exc
    try:
        # A byte order mark, or where the zeros stand, tells UTF-8, UTF-16 and UTF-32 apart.
        return data.decode(json.detect_encoding(data)).removeprefix("\ufeff")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        raise ServiceError(f"{path} is not UTF-8 on line {line}; save it as UTF-8.") from exc


def _lines(text: str) -> Iterator[tuple[int, Any]]:
    for line, content in enumerate(text.split("\n"), start=1):
        if content := content.strip(_BLANKS + "\ufeff"):
            try:
                yield line, _decoder.decode(content)
            except json.JSONDecodeError as exc:
                yield line, ServiceError(f"this is not JSON from column {exc.colno} on")
            except RecursionError:
                yield line, ServiceError("this is nested too deeply")


def _array(text: str, path: Path) -> Iterator[tuple[int, Any]]:
    """The elements, each with the line on which it begins."""
    place = _next(text, text.index("[") + 1)
    line, counted = 1, 0
    separator = "," if text[place : place + 1] != "]" else "]"
    while separator == ",":
        line, counted = line + text.count("\n", counted, place), place
        try:
            value, place = _decoder.raw_decode(text, place)
        except json.JSONDecodeError as exc:
            raise _broken(text, exc.pos, path) from exc
        except RecursionError as exc:
            raise ServiceError(f"{path}, line {line}: this is nested too deeply.") from exc
        yield line, value
        place = _next(text, place)
        separator = text[place : place + 1]
        if separator not in (",", "]"):
            raise _broken(text, place, path)
        if separator == ",":
            place = _next(text, place + 1)
    if _next(text, place + 1) < len(text):
        raise _broken(text, _next(text, place + 1), path)


def _next(text: str, place: int) -> int:
    """The place of the next character that is no blank, from `place` on."""
    while place < len(text) and text[place] in _BLANKS:
        place += 1
    return place


def _broken(text: str, place: int, path: Path) -> ServiceError:
    line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
    what = "the array has no end" if place >= len(text) else "this is not JSON"
    return ServiceError(f"{path}, line {line}, column {column}: {what}; correct it there.")


def _product(line: int, value: Any, renamed: Mapping[str, str]) -> FileProduct:
    if isinstance(value, ServiceError):
        return FileProduct(line, mistake=f"{value.detail}; correct it there")
    if not isinstance(value, dict):
        return FileProduct(line, mistake='this is no JSON object, such as {"product_id": "mug-1"}')
    for ours, theirs in renamed.items():
        if theirs in value:
            value[ours] = value.pop(theirs)
    return FileProduct(line, value)


def _check_fields(products: Iterable[FileProduct], path: Path) -> None:
    """Raises ServiceError for a file none of whose products has a name."""
    readable = [product.fields for product in products if not product.mistake]
    if not readable or any(fields.get("name") for fields in readable):
        return
    found = list(dict.fromkeys(name for fields in readable for name in fields))
    missing = [name for name in _USUAL_NAMES if not any(fields.get(name) for fields in readable)]
    options = " ".join(f"--map {ours}={_guess(ours, found)}" for ours in missing)
    raise ServiceError(
        f"No product in {path} has {' or '.join(f'a {name}' for name in missing)}. "
        f"Its fields are {', '.join(found[:20]) or 'none'}. "
        f"Map its fields to those of the service: {options}"
    )


def _guess(ours: str, found: Sequence[str]) -> str:
    return next((name for name in _USUAL_NAMES[ours] if name in found), "FIELD")


def _float(literal: str) -> float | UnfitNumber:
    number = float(literal)
    return number if math.isfinite(number) else UnfitNumber(literal)


def _int(literal: str) -> int | UnfitNumber:
    return int(literal) if len(literal) <= MAX_INTEGER_DIGITS else UnfitNumber(literal)


_decoder = json.JSONDecoder(parse_float=_float, parse_int=_int, parse_constant=UnfitNumber)
