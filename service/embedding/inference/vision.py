"""Turns batches of pixels into unit vectors."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from service.embedding.images.preprocessing import PixelRecipe
from service.embedding.inference.exports import Exports
from service.embedding.inference.tower import Tower
from service.embedding.options import Precision


class VisionModel:
    """Normalises the pixels, and runs the tower for pictures."""

    def __init__(
        self, name: str, module: torch.nn.Module, recipe: PixelRecipe, device: torch.device
    ) -> None:
        """The `module` turns normalised pixels, (n, 3, height, width), into features."""
        self._recipe = recipe
        self._device = device
        self.tower = Tower(name, module, device)

    def encode(self, batch: NDArray[np.generic]) -> NDArray[np.float32]:
        return self.tower.vectors(self._normalised(batch))

    def encode_plainly(self, batch: NDArray[np.generic]) -> NDArray[np.float32]:
        """Encodes with the plain module, whose inner states hooks can record."""
        return self.tower.plain_vectors(self._normalised(batch))

    def accelerate(self, precision: Precision, exports: Exports, weights: str) -> None:
        """Takes the fastest plan for this processor whose vectors match the plain module's."""
        self.tower.accelerate((self._normalised(self._probes()),), precision, exports, weights)

    def _normalised(self, batch: NDArray[np.generic]) -> torch.Tensor:
        with torch.inference_mode():
            return self._recipe.normalised(batch, self._device)

    def _probes(self) -> NDArray[np.uint8]:
        """Noise, a gradient and a plain grey: pixels of three pictures, always the same."""
        width, height = self._recipe.input_size
        noise = np.random.default_rng(0).integers(0, 256, (3, height, width))
        gradient = np.stack([np.linspace(0, 255, width)[None] * np.ones((height, 1))] * 3)
        grey = np.full((3, height, width), 128)
        return np.stack([noise, gradient, grey]).astype(np.uint8)
