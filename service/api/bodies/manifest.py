"""Reads the form of a batch: a manifest of products, and the picture files that it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request

from service.api.bodies.file_names import NamedFiles
from service.api.bodies.forms import read_multipart
from service.api.bodies.models.products import (
    MAX_BATCH_ENTRIES,
    MAX_BATCH_FILES,
    BatchEntry,
    BatchForm,
)
from service.api.bodies.multipart import Part
from service.api.bodies.validation import validated
from service.api.problems import FieldError, ProblemError, invalid_request
from service.catalogue.rules import check_product_id
from service.core.errors import InvalidInput, InvalidProduct, within
from service.core.product import ProductFields
from service.core.text import kind_of

MAX_MANIFEST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """A validated product of the manifest."""

    product_id: str | None
    fields: ProductFields
    images: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class InvalidEntry:
    """A product of the manifest that cannot be used. The id is None if it is missing or invalid."""

    product_id: str | None
    error: InvalidInput | ProblemError


async def read_batch(request: Request, *, file_bytes: int) -> list[Entry | InvalidEntry]:
    """Returns the items of the manifest in their order, each validated on its own.

    Raises ProblemError if the request as a whole cannot be used.
    """
    form = await read_multipart(
        request,
        BatchForm,
        files=MAX_BATCH_FILES,
        file_bytes=file_bytes,
        text_bytes=MAX_MANIFEST_BYTES,
    )
    manifest, files = _checked_manifest(form.manifest), NamedFiles(form.files or [])
    _refuse_unreferenced(manifest, files)
    seen: dict[str, int] = {}
    # Every name of a file gets the same bytes, so that repeated names take no memory.
    data = {part: bytes(part.data) for part in form.files or ()}
    return [_checked_entry(n, item, files, data, seen) for n, item in enumerate(manifest)]


def _checked_manifest(manifest: object) -> list[object]:
    if not isinstance(manifest, list):
        detail = f"The manifest is {kind_of(manifest)}; give a JSON array of products."
        raise invalid_request(FieldError("/manifest", detail))
    if not 1 <= len(manifest) <= MAX_BATCH_ENTRIES:
        detail = f"The manifest has {len(manifest)} entries; give 1 to {MAX_BATCH_ENTRIES}."
        raise invalid_request(FieldError("/manifest", detail))
    return manifest


def _refuse_unreferenced(manifest: Sequence[object], files: NamedFiles) -> None:
    names: list[str] = []
    for item in manifest:
        images = item.get("images") if isinstance(item, dict) else None
        if not isinstance(images, list) or len(images) > MAX_BATCH_FILES:
            return  # This entry is invalid anyway, and may have meant to name the file.
        names.extend(name for name in images if isinstance(name, str))
    files.refuse_unreferenced(names, where="the manifest")


def _checked_entry(
    index: int,
    item: object,
    files: NamedFiles,
    data: Mapping[Part, bytes],
    seen: dict[str, int],
) -> Entry | InvalidEntry:
    try:
        entry = validated(BatchEntry, item, at=("manifest", index))
        with within("manifest", index):
            images = [data[_file(files, n, name)] for n, name in enumerate(entry.images)]
            _refuse_repeated(entry.product_id, index, seen)
    except (InvalidInput, ProblemError) as error:
        return InvalidEntry(_product_id(item), error)
    return Entry(entry.product_id, entry.fields(), images)


def _file(files: NamedFiles, n: int, name: str) -> Part:
    with within("images", n):
        return files.find(name)


def _product_id(item: object) -> str | None:
    given = item.get("product_id") if isinstance(item, dict) else None
    try:
        return None if given is None else check_product_id(given)
    except InvalidInput:
        return None


def _refuse_repeated(product_id: str | None, index: int, seen: dict[str, int]) -> None:
    if product_id is not None and seen.setdefault(product_id, index) != index:
        raise InvalidProduct(
            f"Entry {seen[product_id]} of this batch has the same product id; send it once.",
            place=("product_id",),
        )
