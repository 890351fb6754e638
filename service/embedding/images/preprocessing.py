"""Turns a picture of any size into the fixed array of pixels that a model was trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from service.core.embedding import Crop
from service.core.errors import SetupError
from service.embedding.images.resizing import Size, resized_part


@dataclass(frozen=True, slots=True)
class PixelRecipe:
    """A model's own numbers: resize, centre crop, then (pixel * scale - mean) / std.

    `resize` is the length of the shorter side, or an exact size. `crop_offset` gives the crop's
    left or top from the room left over: libraries round it differently.
    """

    resize: int | Size
    crop: Size | None
    resample: Image.Resampling
    crop_offset: Callable[[int], int]
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.crop is None:
            if isinstance(self.resize, int):
                raise SetupError("The model's preprocessing has no fixed size: it lacks a crop.")
            return
        smallest = (self.resize, self.resize) if isinstance(self.resize, int) else self.resize
        if self.crop[0] > smallest[0] or self.crop[1] > smallest[1]:
            raise SetupError(
                f"The model's preprocessing crops {self.crop} from {smallest}, which pads; "
                "such models are not supported."
            )

    @property
    def input_size(self) -> Size:
        """(width, height) of what the model sees."""
        size = self.crop or self.resize
        return size if isinstance(size, tuple) else (size, size)

    def pixels(self, image: Image.Image) -> NDArray[np.uint8]:
        """An RGB picture to (3, height, width), not yet normalised."""
        full = self._full_size(image.size)
        size = self.crop or full
        left, top = (self.crop_offset(f - s) for f, s in zip(full, size, strict=True))
        return resized_part(image, full, (left, top), size, self.resample)

    def view(self, width: int, height: int) -> Crop:
        """The part of a picture of this size that `pixels` keeps, in fractions."""
        full = self._full_size((width, height))
        size = self.crop or full
        left, top = (self.crop_offset(f - s) / f for f, s in zip(full, size, strict=True))
        return Crop(left, top, size[0] / full[0], size[1] / full[1])

    def normalised(self, batch: NDArray[np.generic], device: torch.device) -> torch.Tensor:
        """(n, 3, height, width) of `pixels` to float32 on the device."""
        tensor = torch.from_numpy(batch).to(device).to(torch.float32)
        mean = torch.tensor(self.mean, device=device).view(1, -1, 1, 1)
        std = torch.tensor(self.std, device=device).view(1, -1, 1, 1)
        return tensor.mul_(self.scale).sub_(mean).div_(std)

    def _full_size(self, size: Size) -> Size:
        """The size after resizing, before the crop; the longer side is cut down to an integer."""
        if not isinstance(self.resize, int):
            return self.resize
        width, height = size
        if width <= height:
            return self.resize, int(self.resize * height / width)
        return int(self.resize * width / height), self.resize


def floor_offset(room: int) -> int:
    """transformers: int(room / 2)."""
    return room // 2


def round_offset(room: int) -> int:
    """torchvision: int(round(room / 2)), halves to even."""
    return round(room / 2)


def unit_rows(features: torch.Tensor) -> NDArray[np.float32]:
    """Rows to unit length; zeros become the even vector, and a row with NaN keeps it."""
    rows = features.detach().to("cpu").numpy().astype(np.float32)
    # By the largest entry first: squares of very small or large numbers leave float32.
    largest = np.abs(rows).max(axis=1, keepdims=True)
    rows = np.where(largest == 0, np.float32(1), rows / np.where(largest == 0, 1, largest))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)
