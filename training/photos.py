"""Reads the labelled photos and the catalogue."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from service.embedding.compact.preprocessing import to_square

CACHE_SIDE = 176
"""The side of cached pictures in pixels, a tenth more than the network's largest input."""

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Photo:
    """A labelled picture. `dataset` is grocery, clothing or catalogue."""

    path: str
    label: str
    group: str
    dataset: str


@dataclass(frozen=True)
class Product:
    """An entry of catalogue.json, the source of names and captions."""

    product_id: str
    name: str
    group: str
    section: str
    image: str
    description: str


def read_manifest(directory: Path) -> list[Photo]:
    """Returns the photos of manifest.csv, in its order."""
    with (directory / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [Photo(row["path"], row["label"], row["group"], row["dataset"]) for row in rows]


def read_catalogue(directory: Path) -> list[Product]:
    """Returns the products of catalogue.json, in its order."""
    entries = json.loads((directory / "catalogue.json").read_text(encoding="utf-8"))
    return [Product(**entry) for entry in entries]


def catalogue_photos(products: list[Product]) -> list[Photo]:
    """Returns the catalogue's pictures, one for each product."""
    return [Photo(p.image, p.product_id, p.group, "catalogue") for p in products]


def load_pixels(directory: Path, photos: list[Photo]) -> Pixels:
    """Returns all photos as (n, CACHE_SIDE, CACHE_SIDE, 3), resized to squares without cropping."""
    pixels = np.empty((len(photos), CACHE_SIDE, CACHE_SIDE, 3), np.uint8)
    for row, photo in enumerate(photos):
        with Image.open(directory / photo.path) as file:
            pixels[row] = to_square(ImageOps.exif_transpose(file).convert("RGB"), CACHE_SIDE)
    return pixels
