"""Measures the encoders that a directory of weights holds, the way the service uses them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from service.embedding.compact.semantic import CompactSemanticEncoder
from service.embedding.compact.visual import CompactVisualEncoder
from training import photos as shop
from training.photos import Photo
from training.retrieval import Vectors, hit_rate

DEFAULT_WEIGHTS = (0.6, 0.4)
MIXTURES = {"hybrid": DEFAULT_WEIGHTS, "semantic": (1.0, 0.0), "visual": (0.0, 1.0)}
PART = 32


@dataclass(frozen=True)
class Signals:
    """The unit vectors of the same n pictures, from both encoders."""

    semantic: Vectors
    visual: Vectors

    def mixed(self, weights: tuple[float, float]) -> Vectors:
        """Returns vectors whose inner product is the weighted sum of both cosines."""
        semantic, visual = np.sqrt(np.array(weights, np.float32))
        return np.concatenate([semantic * self.semantic, visual * self.visual], 1)

    def __getitem__(self, rows: npt.NDArray[np.bool_]) -> "Signals":
        return Signals(self.semantic[rows], self.visual[rows])


def signals_of(
    semantic: CompactSemanticEncoder, visual: CompactVisualEncoder, images: Sequence[Image.Image]
) -> Signals:
    """Preprocesses and encodes the pictures, PART at a time."""
    first, second = [], []
    for start in range(0, len(images), PART):
        part = images[start : start + PART]
        first.append(semantic.encode(np.stack([semantic.preprocess(image) for image in part])))
        second.append(visual.encode(np.stack([visual.preprocess(image) for image in part])))
    return Signals(np.concatenate(first), np.concatenate(second))


def open_all(directory: Path, photos: Sequence[Photo]) -> list[Image.Image]:
    """Returns the photos, upright and in RGB."""
    images = []
    for photo in photos:
        with Image.open(directory / photo.path) as file:
            images.append(ImageOps.exif_transpose(file).convert("RGB"))
    return images


def report(weights: Path, directory: Path, held_out: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Returns the rates of correct first hits for the held-out photos.

    Hits are searched among the other photos and in the catalogue."""
    semantic, visual = CompactSemanticEncoder.load(weights), CompactVisualEncoder.load(weights)
    photos = shop.read_manifest(directory)
    pictures = shop.catalogue_photos(shop.read_catalogue(directory))
    all_signals = signals_of(semantic, visual, open_all(directory, photos))
    shelf = signals_of(semantic, visual, open_all(directory, pictures))
    labels = np.array([photo.label for photo in photos])
    grocery = np.array([photo.dataset == "grocery" for photo in photos])
    figures: dict[str, float] = {}
    for name, mixture in MIXTURES.items():
        rest, names = all_signals[~held_out].mixed(mixture), labels[~held_out].tolist()
        for dataset, mask in (("products", held_out & grocery), ("garments", held_out & ~grocery)):
            queries = all_signals[mask].mixed(mixture)
            figures[f"{dataset} {name}"] = hit_rate(queries, labels[mask].tolist(), rest, names)
        queries, wanted = (
            all_signals[held_out & grocery].mixed(mixture),
            labels[held_out & grocery].tolist(),
        )
        known = [picture.label for picture in pictures]
        for first in (1, 5):
            rate = hit_rate(queries, wanted, shelf.mixed(mixture), known, first)
            figures[f"catalogue@{first} {name}"] = rate
    return figures
