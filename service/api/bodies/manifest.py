"""The form of a batch: a manifest, and the files that it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request

from service.api.bodies import strict_json
from service.api.bodies.multipart import Limits, Part, pointer, read_form, text_of
from service.api.complaints import unknown_name
from service.api.problems import FieldError, ProblemError, invalid_request
from service.catalogue.rules import (
    check_attributes,
    check_description,
    check_name,
    check_product_id,
)
from service.config import Settings
from service.core.errors import InvalidProduct, ServiceError
from service.core.product import ProductFields
from service.core.text import kind_of

MAX_ENTRIES = 64
MAX_FILES = 1024
MAX_MANIFEST_BYTES = 4 * 1024 * 1024

ENTRY_NAMES = ("product_id", "name", "description", "attributes", "images")


@dataclass(frozen=True, slots=True)
class Entry:
    """One product of the manifest, checked."""

    product_id: str | None
    fields: ProductFields
    images: Sequence[bytes]


async def read_batch(request: Request, settings: Settings) -> list[Entry | Exception]:
    """An entry, or what is wrong with it, for each item of the manifest.

    Raises ProblemError where the request as a whole cannot be used.
    """
    return _entries(*await _read(request, settings))


async def _read(request: Request, settings: Settings) -> tuple[list[object], list[Part]]:
    limits = Limits(
        files=MAX_FILES,
        texts=16,
        file_bytes=settings.max_image_bytes,
        text_bytes=MAX_MANIFEST_BYTES,
    )
    parts = await read_form(request, limits)
    files = [part for part in parts if part.is_file]
    texts = [part for part in parts if not part.is_file]
    for part in texts:
        if part.name != "manifest":
            complaint = unknown_name("field", part.name, ["manifest"])
            raise invalid_request(FieldError(pointer(part.name), complaint))
    if len(texts) != 1:
        complaint = "Send the field 'manifest' once, as text: a JSON array of products."
        raise invalid_request(FieldError("/manifest", complaint))
    return _manifest(text_of(texts[0])), files


def _manifest(text: str) -> list[object]:
    manifest = strict_json.parse(text, at="/manifest")
    if not isinstance(manifest, list):
        complaint = f"The manifest is {kind_of(manifest)}; give a JSON array of products."
        raise invalid_request(FieldError("/manifest", complaint))
    if not 1 <= len(manifest) <= MAX_ENTRIES:
        complaint = f"The manifest has {len(manifest)} entries; give 1 to {MAX_ENTRIES}."
        raise invalid_request(FieldError("/manifest", complaint))
    return manifest


def _entries(manifest: Sequence[object], files: Sequence[Part]) -> list[Entry | Exception]:
    by_name = _by_name(files)
    _refuse_unnamed(manifest, files)
    seen: dict[str, int] = {}
    return [_checked(n, item, by_name, seen) for n, item in enumerate(manifest)]


def _by_name(files: Sequence[Part]) -> dict[str, list[Part]]:
    """Files under their file names and their fields' names."""
    found: dict[str, list[Part]] = {}
    for part in files:
        for name in {part.name, part.filename or part.name}:
            found.setdefault(name, []).append(part)
    return found


def _refuse_unnamed(manifest: Sequence[object], files: Sequence[Part]) -> None:
    """A file that no entry names is a mistake somewhere: dropping it would hide that."""
    named: set[object] = set()
    for item in manifest:
        images = item.get("images") if isinstance(item, dict) else None
        if not isinstance(images, list):
            return  # This entry fails anyhow, and may be the one that meant the file.
        named.update(name for name in images if isinstance(name, str))
    for part in files:
        if part.name not in named and part.filename not in named:
            complaint = f"No entry names the file {part.filename or part.name!r} in its `images`."
            raise invalid_request(FieldError(pointer(part.name), complaint))


def _checked(
    index: int, item: object, by_name: Mapping[str, list[Part]], seen: dict[str, int]
) -> Entry | Exception:
    try:
        entry = _entry(item, by_name, at=f"/manifest/{index}")
    except (ServiceError, ProblemError) as error:
        return error
    if entry.product_id is not None:
        first = seen.setdefault(entry.product_id, index)
        if first != index:
            return InvalidProduct(
                f"Entry {first} of this batch has the same product id; send it once.",
                pointer=f"/manifest/{index}/product_id",
            )
    return entry


def _entry(item: object, by_name: Mapping[str, list[Part]], *, at: str) -> Entry:
    if not isinstance(item, dict):
        raise InvalidProduct(f"This entry is {kind_of(item)}; give an object.", pointer=at)
    for name in item:
        if name not in ENTRY_NAMES:
            complaint = unknown_name("field", name, ENTRY_NAMES)
            raise InvalidProduct(complaint, pointer=at + pointer(name))
    given = item.get("product_id")
    return Entry(
        product_id=None if given is None else check_product_id(given, at=f"{at}/product_id"),
        fields=ProductFields(
            name=check_name(item.get("name"), at=f"{at}/name"),
            description=check_description(item.get("description", ""), at=f"{at}/description"),
            attributes=check_attributes(item.get("attributes", {}), at=f"{at}/attributes"),
        ),
        images=_images(item.get("images"), by_name, at=f"{at}/images"),
    )


def _images(names: object, by_name: Mapping[str, list[Part]], *, at: str) -> list[bytes]:
    if not isinstance(names, list) or not names:
        raise InvalidProduct("Name the product's files in a list, one at least.", pointer=at)
    found = []
    for n, name in enumerate(names):
        parts = by_name.get(name, []) if isinstance(name, str) else []
        if len(parts) != 1:
            what = "More than one file of the request is" if parts else "No file of the request is"
            raise InvalidProduct(f"{what} named {name!r:.200}.", pointer=f"{at}/{n}")
        found.append(bytes(parts[0].data))
    return found
