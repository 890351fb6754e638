"""The visual encoder: torchvision's ResNet50 up to the pooled features before its classifier."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

# torchvision ships no types.
from torchvision.models import ResNet50_Weights, resnet50  # type: ignore[import-untyped]
from torchvision.transforms.functional import (  # type: ignore[import-untyped]
    InterpolationMode,
)

from service.core.interfaces import RegionEncoder
from service.embedding.images.preprocessing import PixelRecipe, round_offset
from service.embedding.inference.exports import Exports
from service.embedding.inference.vision import VisionModel
from service.embedding.model_files.fingerprints import fingerprint, hash_files
from service.embedding.options import Precision
from service.embedding.resnet50.attribution import Resnet50Regions
from service.embedding.resnet50.state_dict import fill

PREPROCESSING_VERSION = "resnet50-2"

_RESAMPLE = {
    InterpolationMode.BILINEAR: Image.Resampling.BILINEAR,
    InterpolationMode.BICUBIC: Image.Resampling.BICUBIC,
}


class Resnet50Encoder:
    """Encoder over the 2048 pooled features."""

    name = "resnet50"
    dimensions = 2048

    def __init__(
        self, model: torch.nn.Module, recipe: PixelRecipe, *, weights_hash: str, device: str = "cpu"
    ) -> None:
        self._device = torch.device(device)
        self._model = model.to(self._device).eval().requires_grad_(False)
        self.recipe = recipe
        self.vision = VisionModel("resnet50-pictures", self._model, recipe, self._device)
        self._weights_hash = weights_hash
        self.fingerprint = fingerprint(
            self.name,
            {"weights": weights_hash},
            f"{PREPROCESSING_VERSION} {recipe.resize} {recipe.crop}",
            self.dimensions,
        )

    @classmethod
    def load(cls, file: Path, *, device: str = "cpu", transforms: str = "auto") -> Resnet50Encoder:
        """Loads a state-dict file (.pth or .safetensors). Raises SetupError.

        `transforms` names the torchvision weights whose preprocessing is used. For `auto` those
        are the ones with this file name, or else IMAGENET1K_V1.
        """
        model = resnet50(weights=None)
        model.fc = torch.nn.Identity()
        fill(model, file)
        return cls(
            model,
            recipe_of(_weights_of(file, transforms)),
            weights_hash=hash_files([file], root=file.parent),
            device=device,
        )

    def preprocess(self, image: Image.Image) -> NDArray[np.generic]:
        return self.recipe.pixels(image)

    def encode(self, batch: NDArray[np.generic]) -> NDArray[np.float32]:
        return self.vision.encode(batch)

    def accelerate(self, precision: Precision, exports: Exports) -> None:
        """Takes the fastest execution plan for this processor with the same vectors."""
        self.vision.accelerate(precision, exports, self._weights_hash)

    def regions(self) -> RegionEncoder:
        return Resnet50Regions(
            self.recipe, self.vision.encode_plainly, self._model.get_submodule("avgpool")
        )


def recipe_of(weights: ResNet50_Weights) -> PixelRecipe:
    """The numbers of `weights.transforms()`."""
    transforms = weights.transforms()
    (resize,), (crop,) = transforms.resize_size, transforms.crop_size
    return PixelRecipe(
        resize=resize,
        crop=(crop, crop),
        resample=_RESAMPLE[transforms.interpolation],
        crop_offset=round_offset,
        scale=1 / 255,
        mean=tuple(transforms.mean),
        std=tuple(transforms.std),
    )


def _weights_of(file: Path, transforms: str) -> ResNet50_Weights:
    if transforms != "auto":
        return ResNet50_Weights[transforms]
    named = (weights for weights in ResNet50_Weights if Path(weights.url).name == file.name)
    return next(named, ResNet50_Weights.IMAGENET1K_V1)
