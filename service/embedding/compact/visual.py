"""The compact visual encoder: colours and texture, compared as the eye of a shopper would."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from safetensors.numpy import load_file

from service.core.interfaces import RegionEncoder
from service.embedding.compact import descriptor
from service.embedding.compact.files import (
    VISUAL_WEIGHTS,
    WEIGHTS_DIRECTORY,
    fingerprint_of,
    metadata_of,
)
from service.embedding.compact.preprocessing import to_square
from service.embedding.compact.projection import Projection, features_of, foreground_of, projected
from service.embedding.compact.visual_attribution import CompactVisualRegions

Vectors = npt.NDArray[np.float32]


class CompactVisualEncoder:
    """Colour and texture histograms by region, whitened; it never learned to ignore a colour."""

    name = "compact-visual-1"

    def __init__(self, prototypes: Vectors, projection: Projection, *, fingerprint: str) -> None:
        """`prototypes` are the (k, 3) colours in CIELAB that the histograms count."""
        self._palette = descriptor.palette_of(prototypes)
        self._regions = descriptor.colour_regions()
        self._projection = projection
        self.dimensions = projection.matrix.shape[1] + len(prototypes) + 1
        self.fingerprint = fingerprint

    @classmethod
    def load(cls, directory: Path = WEIGHTS_DIRECTORY) -> "CompactVisualEncoder":
        """Read the weights; raises WeightsUnavailable if the file is unreadable."""
        path = directory / VISUAL_WEIGHTS
        about = metadata_of(path)
        tensors = {name: values.astype(np.float32) for name, values in load_file(path).items()}
        projection = Projection(
            tensors["mean"],
            tensors["matrix"],
            learned_share=float(about["learned_share"]),
            common_share=float(about["common_share"]),
        )
        return cls(tensors["prototypes"], projection, fingerprint=fingerprint_of([path]))

    def preprocess(self, image: Image.Image) -> npt.NDArray[np.uint8]:
        """An upright RGB picture as (64, 64, 3)."""
        return to_square(image, descriptor.SIDE)

    def encode(self, batch: npt.NDArray[np.generic]) -> Vectors:
        """(n, 64, 64, 3) to (n, dimensions) of unit length."""
        if not len(batch):
            return np.empty((0, self.dimensions), np.float32)
        pictures = np.asarray(batch, np.uint8)
        shares = descriptor.colour_shares(pictures, self._palette, self._regions)
        edges = descriptor.edge_shares(pictures)
        return projected(features_of(shares, edges), foreground_of(shares), self._projection)

    def regions(self) -> RegionEncoder:
        return CompactVisualRegions(self._palette, self._regions, self._projection)
