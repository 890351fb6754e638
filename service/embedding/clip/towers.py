"""Wraps each side of a CLIP model as a module from tensors to features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch


class ImageTower(torch.nn.Module):
    """Turns normalised pixels, (n, 3, height, width), into features, (n, dimensions)."""

    def __init__(self, model: Any) -> None:
        """The `model` is a SentenceTransformer (Any, because it types its modules as such)."""
        super().__init__()
        self.model = model

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return _features(self.model, {"pixel_values": pixels, "modality": "image"})


class TextTower(torch.nn.Module):
    """Turns the tokenizer's tensors of n texts, each (n, tokens), into features."""

    def __init__(self, model: Any, names: tuple[str, ...], constants: Mapping[str, Any]) -> None:
        """The `names` are the model's names for the tokenizer's tensors, in their order.

        `constants` are the model's other inputs, which are the same for all texts.
        """
        super().__init__()
        self.model = model
        self._names = names
        self._constants = {**constants, "modality": "text"}

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        named = dict(zip(self._names, inputs, strict=True))
        return _features(self.model, {**named, **self._constants})


def _features(model: Any, inputs: dict[str, Any]) -> torch.Tensor:
    features: torch.Tensor = model(inputs)["sentence_embedding"]
    return features
