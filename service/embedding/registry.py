"""The signals that make up the hybrid score: every signal is one row of `SIGNALS`.

A further signal is a row here and a folder with its encoder. Settings, the API's objects, search,
explanations and the page follow from the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from service.embedding.clip.source import ClipSource
from service.embedding.compact.sources import compact_semantic, compact_visual
from service.embedding.options import EncoderSet, ModelOptions
from service.embedding.resnet50.source import Resnet50Source
from service.embedding.sources import EncoderSource


@dataclass(frozen=True, slots=True)
class SignalRow:
    """One signal: its name, what it compares, its default weight and its encoders."""

    name: str
    """Lower-case letters: it is a key in JSON, and part of the setting WEIGHT_<NAME>."""
    caption: str
    """A few words for the page that say what is compared."""
    default_weight: float
    encoders: Mapping[EncoderSet, Callable[[ModelOptions], EncoderSource]]


SIGNALS: tuple[SignalRow, ...] = (
    SignalRow(
        name="semantic",
        caption="what it is",
        default_weight=0.6,
        encoders={"clip+resnet50": ClipSource, "compact": compact_semantic},
    ),
    SignalRow(
        name="visual",
        caption="how it looks",
        default_weight=0.4,
        encoders={"clip+resnet50": Resnet50Source, "compact": compact_visual},
    ),
)
"""The order is that of the hybrid vector's slices: another order needs a new index."""
