"""The compact visual encoder: colours and texture, compared as the eye of a shopper would."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from safetensors.numpy import load_file

from service.embedding.compact import descriptor
from service.embedding.compact.files import (
    VISUAL_WEIGHTS,
    WEIGHTS_DIRECTORY,
    fingerprint_of,
    metadata_of,
)
from service.embedding.compact.preprocessing import to_square
from service.interfaces import RegionEncoder

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Projection:
    """A learned linear view of the descriptor: (features,), (features, kept), shares of length."""

    mean: Vectors
    matrix: Vectors
    learned_share: float
    common_share: float


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
        from service.embedding.regions.compact_visual import CompactVisualRegions

        return CompactVisualRegions(self._palette, self._regions, self._projection)


def features_of(shares: Vectors, edges: Vectors) -> Vectors:
    """Square roots of colour shares (n, regions, k) beside edges (n, e): (n, regions * k + e)."""
    return np.concatenate([np.sqrt(shares).reshape(len(shares), -1), edges], 1)


def foreground_of(shares: Vectors) -> Vectors:
    """The unit (n, k) colour vector of the thing in the middle.

    A colour that is as common along the border is mostly background and counts less.
    """
    middle, border = shares[:, descriptor.MIDDLE], shares[:, descriptor.BORDER]
    return _unit(np.sqrt(np.maximum(middle - 0.6 * border, 0.05 * middle)))


def projected(features: Vectors, foreground: Vectors, projection: Projection) -> Vectors:
    """The unit vectors (n, kept + k + 1) from what was measured.

    Of a cosine, `common_share` is the same for all pictures, which sets how far apart the
    scores of this signal lie beside another one's; of the rest, `learned_share` is the
    cosine of the learned view and what remains the likeness of the foregrounds' colours.
    """
    learned = _unit(np.asarray((features - projection.mean) @ projection.matrix, np.float32))
    rest = 1 - projection.common_share
    parts = [
        (rest * projection.learned_share) ** 0.5 * learned,
        (rest * (1 - projection.learned_share)) ** 0.5 * foreground,
        np.full((len(features), 1), projection.common_share**0.5, np.float32),
    ]
    return _unit(np.concatenate(parts, 1, dtype=np.float32))


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-6), np.float32)
