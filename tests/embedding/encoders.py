"""Encoders that follow a script: they wait for a sign, and fail or die where told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from service.config import Settings
from service.core.errors import InvalidText
from service.core.interfaces import Encoder
from service.embedding.loading import LoadedEncoders
from service.embedding.options import EmbeddingLimits
from tests.fakes import SEMANTIC, VISUAL

POISON, DEADLY, NAN = 66, 77, 88
"""First pixels that make `encode` raise, kill its thread, and answer NaN."""


class ScriptedEncoder:
    """Encodes the first number of each item as a direction in the plane, and keeps a record."""

    dimensions = 2

    def __init__(self, name: str = "scripted") -> None:
        self.name = name
        self.fingerprint = name * 4
        self.batches: list[list[int]] = []
        self.entered = threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()

    def preprocess(self, image: Image.Image) -> NDArray[np.generic]:
        return np.asarray(image.resize((2, 2))).transpose(2, 0, 1).copy()

    def encode(self, batch: NDArray[np.generic]) -> NDArray[np.float32]:
        return self._answer([int(item.flat[0]) for item in batch])

    def _answer(self, numbers: list[int]) -> NDArray[np.float32]:
        self.batches.append(numbers)
        self.entered.release()
        assert self.gate.wait(30)
        if POISON in numbers:
            raise RuntimeError("poison")
        if DEADLY in numbers:
            raise SystemExit("deadly")
        angles = np.array(numbers, dtype=np.float32)
        vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        vectors[[number == NAN for number in numbers]] = np.nan
        return vectors


class ScriptedTextEncoder(ScriptedEncoder):
    """Texts are numbers in words of digits."""

    text_encoder = "scripted"

    def check_text(self, text: str) -> None:
        if not text:
            raise InvalidText("The text is empty.")

    def unknown_words(self, text: str) -> list[str]:
        return []

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._answer([int(text) for text in texts])


async def until(condition: Callable[[], bool]) -> None:
    """Lets the other tasks run until the condition holds."""
    # Counters that other threads change have no event to wait for.
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0)


def item(number: int) -> dict[str, NDArray[np.float32]]:
    """The batcher takes one array for each signal of a picture."""
    return dict.fromkeys((SEMANTIC, VISUAL), np.array([number], np.float32))


def loaded(semantic: Encoder, visual: Encoder) -> LoadedEncoders:
    return LoadedEncoders({SEMANTIC: semantic, VISUAL: visual})


def limits(**values: Any) -> EmbeddingLimits:
    """The limits of the settings, with two threads for decoding."""
    # _env_file: the settings class has it from pydantic-settings, whose stubs do not name it.
    return Settings(_env_file=None, decode_threads=2, **values).embedding_limits  # type: ignore[call-arg]


def direction(number: int) -> list[float]:
    return [float(np.cos(np.float32(number))), float(np.sin(np.float32(number)))]
