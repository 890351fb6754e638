"""Makes a product of a file into what the batch call takes: a manifest entry and its pictures."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.commands.importing.product_file import FileProduct, UnfitNumber
from service.core.errors import ServiceError

TEXT_FIELDS = ("product_id", "name", "description")
OWN_FIELDS = (*TEXT_FIELDS, "attributes", "image", "images")


@dataclass(frozen=True, slots=True)
class Entry:
    """A product as it is sent."""

    label: str
    """The product's name in messages."""
    manifest: dict[str, Any]
    files: list[tuple[str, tuple[str, bytes]]]
    left_out: str = ""
    """A sentence about the fields that are not sent; empty if all are."""


def entry_of(number: int, product: FileProduct, directory: Path) -> Entry:
    """The entry `number` of a batch. Raises ServiceError if the product cannot be sent."""
    if product.mistake:
        raise ServiceError(product.mistake)
    paths = picture_paths(product)
    if not paths:
        raise ServiceError('it has no picture; give the path of one as "image"')
    if not product.fields.get("name"):
        raise ServiceError("it has no name; give it one")
    pictures = [_read(path, directory) for path in paths]
    files = [("files", (f"{number}-{n}", data)) for n, data in enumerate(pictures)]
    manifest, left_out = manifest_entry(product, [name for _, (name, _) in files])
    return Entry(product.label, manifest, files, left_out)


def manifest_entry(product: FileProduct, images: Sequence[str]) -> tuple[dict[str, Any], str]:
    """The entry of the manifest, and a sentence about the fields that cannot be attributes.

    Raises ServiceError for a number that the service cannot take.
    """
    fields = product.fields
    given = fields.get("attributes")
    if not isinstance(given, dict | None):
        raise ServiceError('its "attributes" are no JSON object; give names with their values')
    others = {name: value for name, value in fields.items() if name not in OWN_FIELDS}
    attributes = {name: value for name, value in others.items() if _is_attribute(value)}
    left_out = [name for name in others if name not in attributes and others[name] is not None]
    attributes |= given or {}
    _refuse_unfit_numbers({**{name: fields.get(name) for name in TEXT_FIELDS}, **attributes})
    entry = {name: fields[name] for name in TEXT_FIELDS if fields.get(name) is not None}
    if product.product_id is not None:
        entry["product_id"] = product.product_id
    return {**entry, "attributes": attributes, "images": list(images)}, _sentence(left_out)


def picture_paths(product: FileProduct) -> list[Any]:
    """Paths, if the file is right; otherwise whatever stands in their place."""
    given = product.fields.get("images") or product.fields.get("image") or []
    return [path for path in (given if isinstance(given, list) else [given]) if path]


def find_picture(path: Any, directory: Path) -> Path:
    """The file of this name, however its accents are composed. Raises ServiceError."""
    if not isinstance(path, str):
        raise ServiceError('a picture of it is no path; give one such as "photos/mug.jpg"')
    if path.startswith(("http://", "https://")):
        raise ServiceError(f"{path} is an address; download the picture and give its path")
    for name in (path, *(unicodedata.normalize(form, path) for form in ("NFC", "NFD"))):
        try:
            if (directory / name).exists():
                return directory / name
        except (OSError, ValueError) as exc:
            raise ServiceError(f"{path[:80]!r} cannot be the path of a picture") from exc
    raise ServiceError(f"there is no picture {path} in {directory}")


def _read(path: Any, directory: Path) -> bytes:
    found = find_picture(path, directory)
    try:
        return found.read_bytes()
    except OSError as exc:
        raise ServiceError(f"the picture {found} cannot be read: {exc.strerror}") from exc


def _is_attribute(value: object) -> bool:
    """Strings, numbers, booleans and lists of strings; a number that is unfit is told later."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, str) for item in value)
    return isinstance(value, str | int | float | UnfitNumber)


def _refuse_unfit_numbers(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        literal = _unfit(value)
        if literal is not None:
            raise ServiceError(
                f'its "{name}" is {literal[:32]}, which the service cannot store; '
                "give a finite number of fewer digits, or leave the field out"
            )


def _unfit(value: object) -> str | None:
    """The first unfit number in a value, at any depth."""
    if isinstance(value, UnfitNumber):
        return value.literal
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for item in inner if (found := _unfit(item)) is not None), None)


def _sentence(left_out: Sequence[str]) -> str:
    if not left_out:
        return ""
    names = ", ".join(f'"{name}"' for name in left_out)
    return f"left out {names}: an attribute is a string, a number, a boolean or a list of strings"
