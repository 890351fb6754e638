"""The options of the embedding folder: which models to load, and the limits of their use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

EncoderSet: TypeAlias = Literal["clip+resnet50", "compact"]
"""A complete choice of encoders, one for each signal."""

Precision: TypeAlias = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """The choice of encoders and weights, and how they run."""

    encoders: Literal["auto", "clip+resnet50", "compact"]
    clip_model: str
    clip_text_model: str | None
    resnet50_weights: str
    resnet50_transforms: str
    weights_dir: Path
    networks_dir: Path
    """Keeps the exported networks for the next start."""
    device: Literal["auto", "cpu", "cuda"]
    precision: Precision
    explicit: frozenset[str] = frozenset()
    """The options that an operator set: no other encoders may take the place of such a model."""


@dataclass(frozen=True, slots=True)
class EmbeddingLimits:
    """Bounds on decoding pictures and on the queue in front of the models."""

    batch_max_items: int
    queue_max_items: int
    queue_timeout_s: float
    decode_threads: int
    """0 means one thread for each core of the processor."""
    max_image_bytes: int
    max_image_pixels: int
