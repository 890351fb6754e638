"""Finds photos of the same shelf or bowl, so that none is learned while its twin is tested.

The grocery photos are numbered in no order of time: a hold-out by runs of numbers leaves a
near copy of almost every held-out photo to learn from, and a colour histogram then finds 91 %
of the products (44 % where whole scenes are held out).
"""

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from training.colour_view import fit_prototypes, measured, small
from training.photos import Photo, Pixels

SAME_SCENE_COSINE = 0.90
"""Two photos of a label with features this alike are one scene, and so are their chains."""

Mask = npt.NDArray[np.bool_]


def held_out(photos: list[Photo], pixels: Pixels, share: float, seed: int) -> Mask:
    """Marks the photos to measure on: about `share` of each label, groceries by scene."""
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
    """The scene of each of n unit vectors: the connected parts of the graph of likeness."""
    near = features @ features.T > SAME_SCENE_COSINE
    scenes = np.arange(len(features))
    while True:
        lowest = np.where(near, scenes[None, :], len(scenes)).min(1)
        lowest = np.minimum(lowest, scenes)
        if (lowest == scenes).all():
            return scenes
        scenes = lowest


def _some_scenes(scenes: npt.NDArray[np.int64], share: float, rng: np.random.Generator) -> Mask:
    """Scenes in random order until `share` is reached; none that would take half as much again."""
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
