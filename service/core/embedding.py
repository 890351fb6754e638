"""Signals, vectors and embedded pictures and texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Signal:
    """One slice of the hybrid vector, with the name of the encoder that fills it."""

    name: str
    encoder: str
    dimensions: int
    text_encoder: str | None = None
    """The model that reads texts into the same space; None where texts have no vector."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A rectangle in fractions (0 to 1) of the upright picture."""

    x: float
    y: float
    width: float
    height: float


GRID_SIDE = 7
"""Explanations tell a picture's cells in so many rows and columns."""


@dataclass(frozen=True, slots=True)
class PlacedShares:
    """The shares of one signal's similarity that an encoder can place in a picture."""

    cells: Vector
    """(GRID_SIDE, GRID_SIDE): shares of the cosine, which may be negative."""
    view: Crop
    """The part of the upright picture that the cells cover."""


class Priority(IntEnum):
    """Order in the queue before the models: lower goes first."""

    SEARCH = 0
    BULK = 1


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """The facts about a picture that decoding reveals."""

    media_type: str
    width: int
    height: int
    warnings: tuple[str, ...] = ()
    """Sentences about what is missing from the picture."""


@dataclass(frozen=True, slots=True)
class Embedding:
    """One unit vector per signal, by the signal's name.

    A text has vectors only of the signals whose encoder reads texts.
    """

    vectors: Mapping[str, Vector]


@dataclass(frozen=True, slots=True)
class EmbeddedImage:
    """An embedded picture, and the milliseconds it took to decode and to embed."""

    embedding: Embedding
    info: ImageInfo
    decode_ms: float
    embed_ms: float
    fingerprint: bytes = b""
    """The image fingerprint (`service.duplicates.fingerprint`); empty for pictures of searches."""


@dataclass(frozen=True, slots=True)
class EmbeddedText:
    """An embedded text, and the milliseconds it took."""

    embedding: Embedding
    embed_ms: float
    ignored_words: tuple[str, ...] = ()
    """Words the encoder does not know, which play no part."""
