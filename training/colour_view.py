"""Fits the visual encoder: colour prototypes and the linear view of the descriptor."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from drawing.palette import COLOURS
from service.embedding.compact import descriptor
from service.embedding.compact.projection import Projection, features_of
from training.examples import Examples

PROTOTYPES = 48

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class View:
    """The contents of the visual encoder's weights file."""

    prototypes: Vectors
    projection: Projection


@dataclass(frozen=True)
class Fit:
    """The parameters of the fit. `shrink` limits the scaling of rare directions."""

    kept: int = 128
    shrink: float = 0.05
    learned_share: float = 0.8
    common_share: float = 0.2


def small(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Returns the pictures at the size that the descriptor reads, (n, 64, 64, 3)."""
    size = (descriptor.SIDE, descriptor.SIDE)
    return np.stack(
        [np.asarray(Image.fromarray(p).resize(size, Image.Resampling.BICUBIC)) for p in pixels]
    )


def fit_prototypes(pictures: npt.NDArray[np.uint8], seed: int) -> Vectors:
    """Returns PROTOTYPES representative colours of the pictures in CIELAB, found by k-means."""
    rng = np.random.default_rng(seed)
    colours = descriptor.to_lab(pictures[:, ::6, ::6].reshape(-1, 3))
    colours = colours[rng.choice(len(colours), min(len(colours), 20_000), replace=False)]
    centres = colours[rng.choice(len(colours), PROTOTYPES, replace=False)]
    for _ in range(30):
        gaps = (centres**2).sum(1) - 2 * colours @ centres.T
        nearest = gaps.argmin(1)
        counts = np.maximum(np.bincount(nearest, minlength=PROTOTYPES), 1)
        sums = [np.bincount(nearest, colours[:, axis], PROTOTYPES) for axis in range(3)]
        moved = np.stack(sums, 1) / counts[:, None]
        centres = np.where(
            (np.bincount(nearest, minlength=PROTOTYPES) > 0)[:, None], moved, centres
        )
    return centres.astype(np.float32)


def look_alikes(examples: Examples, split_by_colour: npt.NDArray[np.bool_]) -> list[str]:
    """Returns the class of each example. The members of a class should look alike.

    A class is a label, or a label in one colour for things that exist in every colour.
    """
    main = examples.colours.argmax(1)
    return [
        f"{label}/{COLOURS[main[row]]}" if split_by_colour[row] else label
        for row, label in enumerate(examples.labels)
    ]


def fit_projection(features: Vectors, classes: list[str], fit: Fit) -> Projection:
    """Fits linear discriminants, which suppress differences within a class and keep all others.

    Fukunaga, "Introduction to Statistical Pattern Recognition", chapter 10; the within-class
    covariance is shrunk towards a multiple of the identity.
    """
    names, index = np.unique(np.array(classes), return_inverse=True)
    mean = features.mean(0)
    centres = np.stack([features[index == k].mean(0) for k in range(len(names))])
    counts = np.bincount(index).astype(np.float64)
    within = (features - centres[index]).astype(np.float64)
    scatter = within.T @ within / len(features)
    size = len(scatter)
    scatter = (1 - fit.shrink) * scatter + fit.shrink * np.trace(scatter) / size * np.eye(size)
    values, vectors = np.linalg.eigh(scatter)
    whiten = vectors / np.sqrt(values)
    spread = ((centres - mean) * np.sqrt(np.minimum(counts, 40) / 40)[:, None]) @ whiten
    _, strengths, directions = np.linalg.svd(spread, full_matrices=False)
    scale = strengths[: fit.kept] / strengths[0]
    matrix = whiten @ directions[: fit.kept].T * np.sqrt(scale)
    matrix /= np.linalg.norm((features - mean) @ matrix, axis=1).mean()
    return Projection(
        mean.astype(np.float32), matrix.astype(np.float32), fit.learned_share, fit.common_share
    )


def measured(pictures: npt.NDArray[np.uint8], prototypes: Vectors) -> tuple[Vectors, Vectors]:
    """Returns the features (n, f) and colour shares (n, regions, k) of small pictures."""
    palette, regions = descriptor.palette_of(prototypes), descriptor.colour_regions()
    shares = descriptor.colour_shares(pictures, palette, regions)
    return features_of(shares, descriptor.edge_shares(pictures)), shares
