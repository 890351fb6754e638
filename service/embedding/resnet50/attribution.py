"""ResNet50's similarity by place: its vector is the mean of a map of 7 by 7 features."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from service.core.embedding import Crop, Vector
from service.embedding.attribution.grid import resampled
from service.embedding.attribution.hooks import listening
from service.embedding.images.preprocessing import PixelRecipe

Encode: TypeAlias = Callable[[NDArray[np.generic]], NDArray[np.float32]]


class Resnet50Regions:
    """RegionEncoder: the whole similarity is placed, exactly."""

    def __init__(self, recipe: PixelRecipe, encode: Encode, pooling: torch.nn.Module) -> None:
        """`encode` runs the plain model on preprocessed pictures; its module `pooling`
        takes the feature map to its mean."""
        self._recipe, self._encode, self._pooling = recipe, encode, pooling

    def view(self, width: int, height: int) -> Crop:
        return self._recipe.view(width, height)

    def explain(self, batch: NDArray[np.generic], queries: Vector) -> NDArray[np.float32]:
        """cos(q, mean of f) = sum over cells of q . f_cell / (cells * |mean of f|)."""
        with torch.inference_mode(), listening(inputs={"features": self._pooling}) as heard:
            self._encode(batch)
            features = heard["features"]
            lengths = features.mean((2, 3)).norm(dim=1) * features[0, 0].numel()
            directions = torch.from_numpy(queries).to(features.device)
            cells = torch.einsum("ncij,nc->nij", features, directions)
            # A picture without any feature has nothing to place.
            shares = cells / lengths.clamp_min(torch.finfo(torch.float32).tiny)[:, None, None]
        return resampled(shares.cpu().numpy())
