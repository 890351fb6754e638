"""Finds photos of the same scene, so that near copies are not split between training and test.

The numbers of the grocery photos do not follow the time. If photos are held out by ranges of
numbers, the training photos contain a near copy of almost every held-out one, and a colour
histogram then finds 91 % of the products. With whole scenes held out it finds 44 %.
"""

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from training.colour_view import fit_prototypes, measured, small
from training.photos import Photo, Pixels

SAME_SCENE_COSINE = 0.90
"""Photos of a label with at least this cosine belong to one scene, also through other photos."""

Mask = npt.NDArray[np.bool_]


def held_out(photos: list[Photo], pixels: Pixels, share: float, seed: int) -> Mask:
    """Marks the photos for the test: about `share` of each label, and groceries by whole scenes."""
    rng = np.random.default_rng(seed)
    pictures = small(pixels)
    features, _ = measured(pictures, fit_prototypes(pictures, seed))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    mask = np.zeros(len(photos), bool)
    for rows in _rows_by_label(photos):
        apart = photos[rows[0]].dataset != "grocery"
        scenes = np.arange(len(rows)) if apart else scenes_of(features[rows])
        mask[rows[_some_scenes(scenes, share, rng)]] = True
    return mask


def scenes_of(features: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Returns the scene of each of n unit vectors: its component in the graph of similar photos."""
    near = features @ features.T > SAME_SCENE_COSINE
    scenes = np.arange(len(features))
    while True:
        lowest = np.where(near, scenes[None, :], len(scenes)).min(1)
        lowest = np.minimum(lowest, scenes)
        if (lowest == scenes).all():
            return scenes
        scenes = lowest


def _some_scenes(scenes: npt.NDArray[np.int64], share: float, rng: np.random.Generator) -> Mask:
    """Takes scenes in random order until `share` is reached, but at most 1.5 times as much."""
    taken = np.zeros(len(scenes), bool)
    for scene in rng.permutation(np.unique(scenes)):
        members = scenes == scene
        if taken.sum() < share * len(scenes) and (taken | members).sum() <= 1.5 * share * len(
            scenes
        ):
            taken |= members
    return taken


def _rows_by_label(photos: list[Photo]) -> list[npt.NDArray[np.int64]]:
    rows: dict[str, list[int]] = defaultdict(list)
    for row, photo in enumerate(photos):
        rows[photo.label].append(row)
    return [np.array(rows[label]) for label in sorted(rows)]
