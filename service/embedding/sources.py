"""The sources of encoders: their weights, and what loads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from service.core.interfaces import Encoder
from service.embedding.model_files.progress import OnProgress


class Weights(Protocol):
    """One model's file or directory, which may have to be downloaded first."""

    kept_as: str
    """The name that it has in WEIGHTS_DIR."""

    @property
    def url(self) -> str | None:
        """An address that answers if a download is possible; None for what is not downloaded."""

    def find(self) -> Path | None:
        """The path, if the weights are on this computer. Raises SetupError for unusable ones."""

    def fetch(self, on_progress: OnProgress) -> Path:
        """Downloads them into the cache of the library. Raises WeightsUnavailable."""


class EncoderSource(Protocol):
    """An encoder that is not loaded yet."""

    @property
    def name(self) -> str:
        """The encoder's name."""

    @property
    def weights(self) -> Sequence[Weights]:
        """Everything that has to be on this computer before `load`."""

    def load(self) -> Encoder:
        """The encoder, once all its weights are there. Blocks. Raises SetupError."""


@dataclass(frozen=True, slots=True)
class BundledSource:
    """An encoder that needs no weights but those that ship with the code."""

    name: str
    load: Callable[[], Encoder]
    weights: Sequence[Weights] = ()
