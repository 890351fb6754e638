"""The visual encoder: torchvision's ResNet50 up to the pooled features before its classifier."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

# torchvision ships no types.
from torchvision.models import ResNet50_Weights, resnet50  # type: ignore[import-untyped]
from torchvision.transforms.functional import (  # type: ignore[import-untyped]
    InterpolationMode,
)

from service.core.errors import SetupError
from service.core.interfaces import RegionEncoder
from service.embedding.images.preprocessing import PixelRecipe, round_offset
from service.embedding.inference.exports import Exports
from service.embedding.inference.tower import Precision
from service.embedding.inference.vision import VisionModel
from service.embedding.model_files.weights import fingerprint, hash_files
from service.embedding.resnet50.attribution import Resnet50Regions

PREPROCESSING_VERSION = "resnet50-1"

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
    def load(cls, file: Path, *, device: str = "cpu") -> Resnet50Encoder:
        """From a state-dict file (.pth or .safetensors). Raises SetupError.

        The preprocessing is that of the torchvision weights with this file name, else that of
        IMAGENET1K_V1.
        """
        model = resnet50(weights=None)
        model.fc = torch.nn.Identity()
        _fill(model, _read(file), file)
        weights = next(
            (w for w in ResNet50_Weights if Path(w.url).name == file.name),
            ResNet50_Weights.IMAGENET1K_V1,
        )
        return cls(
            model,
            recipe_of(weights),
            weights_hash=hash_files([file], root=file.parent),
            device=device,
        )

    def preprocess(self, image: Image.Image) -> NDArray[np.generic]:
        return self.recipe.pixels(image)

    def encode(self, batch: NDArray[np.generic]) -> NDArray[np.float32]:
        return self.vision.encode(batch)

    def accelerate(self, precision: Precision, exports: Exports) -> None:
        """Pictures go the fastest way that this machine has to the same vectors."""
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


def _read(file: Path) -> Mapping[str, Any]:
    try:
        if file.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(file)
        content = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as exc:
        # Pickle, zip and safetensors errors are many; each means that the file is no state dict.
        raise SetupError(
            f"{file} cannot be read as a PyTorch state dict ({type(exc).__name__}); "
            "set RESNET50_WEIGHTS to a weights name or to a file saved from model.state_dict()."
        ) from exc
    for key in ("state_dict", "model"):
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    if not isinstance(content, Mapping):
        raise SetupError(f"{file} holds a {type(content).__name__}, not a state dict.")
    return {str(key).removeprefix("module."): value for key, value in content.items()}


def _fill(model: torch.nn.Module, state: Mapping[str, Any], file: Path) -> None:
    features = {key: value for key, value in state.items() if not key.startswith("fc.")}
    expected = model.state_dict()
    missing = [k for k in expected if k not in features and not k.endswith("num_batches_tracked")]
    unexpected = [key for key in features if key not in expected]
    misfits = [
        key
        for key, value in features.items()
        if key in expected and getattr(value, "shape", None) != expected[key].shape
    ]
    problems = [
        f"{what} {_some(keys)}"
        for what, keys in (("lacks", missing), ("also has", unexpected), ("misshapes", misfits))
        if keys
    ]
    if problems:
        raise SetupError(
            f"{file} is not a state dict of torchvision's resnet50: it {'; it '.join(problems)}."
        )
    model.load_state_dict(features, strict=False)


def _some(keys: list[str]) -> str:
    shown = ", ".join(keys[:3])
    return shown if len(keys) <= 3 else f"{shown} and {len(keys) - 3} more"
