"""Reads the files of the sample catalogue: pictures, and a manifest that describes them.

`python -m drawing` writes them, in the project's repository.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from service.core.product import ProductFields

FOLDER: Final = Path(__file__).parent / "pictures"


@dataclass(frozen=True, slots=True)
class Sample:
    """A product of the catalogue, and the file of its picture."""

    product_id: str
    fields: ProductFields
    file: Path


@dataclass(frozen=True, slots=True)
class SampleQuery:
    """A picture to search with, which no product has."""

    name: str
    title: str
    file: Path


@cache
def samples() -> tuple[Sample, ...]:
    """Returns all sample products, grouped by kind."""
    return tuple(
        Sample(
            entry["product_id"],
            ProductFields(entry["name"], entry["description"], entry["attributes"]),
            FOLDER / entry["image"],
        )
        for entry in _manifest()["products"]
    )


@cache
def sample_queries() -> Mapping[str, SampleQuery]:
    """Returns the pictures to search with, by name. The first one is the best to begin with."""
    return {
        entry["name"]: SampleQuery(entry["name"], entry["title"], FOLDER / entry["image"])
        for entry in _manifest()["queries"]
    }


def _manifest() -> dict[str, list[dict[str, Any]]]:  # Any: a JSON document.
    manifest: dict[str, list[dict[str, Any]]] = json.loads((FOLDER / "manifest.json").read_bytes())
    return manifest
