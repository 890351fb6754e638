"""Photos of one scene are held out together."""

import numpy as np

from training.photos import CACHE_SIDE, Photo
from training.scenes import held_out


def test_near_copies_are_never_parted() -> None:
    rng = np.random.default_rng(3)
    scenes = rng.integers(0, 256, (12, 4, 4, 3), dtype=np.uint8)
    large = scenes.repeat(CACHE_SIDE // 4, 1).repeat(CACHE_SIDE // 4, 2)
    noise = rng.integers(0, 4, (2, *large.shape), dtype=np.uint8)
    pixels = np.concatenate([large // 2 + noise[0], large // 2 + noise[1]])
    photos = [Photo(f"{k}.jpg", "apple", "fruit", "grocery") for k in range(24)]
    mask = held_out(photos, pixels, 0.25, seed=1)
    assert 4 <= mask.sum() <= 8
    assert (mask[:12] == mask[12:]).all()
