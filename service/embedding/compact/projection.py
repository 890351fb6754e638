"""The learned linear projection of the visual descriptor to a unit vector."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.embedding.compact import descriptor

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Projection:
    """A learned linear view of the descriptor: (features,), (features, kept), shares of length."""

    mean: Vectors
    matrix: Vectors
    learned_share: float
    common_share: float


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
