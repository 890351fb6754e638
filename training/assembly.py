"""Assembles the examples of a run, and decides how often each kind of picture is shown."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from drawing.goods.sketched.kinds import TRAINING_STYLE, draw_set
from training import photos as shop
from training.examples import Examples, chosen, composites, from_drawn, from_photos, joined
from training.scenes import held_out

HELD_OUT_SHARE = 0.18
DRAWN_EACH = 90
COMPOSITES_EACH = 16


@dataclass(frozen=True)
class Shares:
    """The number of examples of each part in an epoch. Each photo is shown once."""

    catalogue_repeats: int = 2
    composites: int = 200
    drawn: int = 2400


@dataclass(frozen=True)
class Assembly:
    """All examples of a run, the first row of each part, and the held-out photos."""

    examples: Examples
    photos: Examples
    catalogue: Examples
    held_out: npt.NDArray[np.bool_]
    bounds: tuple[int, int, int, int]
    shares: Shares

    def choose(self, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Returns the rows of one epoch, shuffled."""
        photos_end, catalogue_end, composites_end, end = self.bounds
        shown = [
            np.arange(photos_end),
            np.tile(np.arange(photos_end, catalogue_end), self.shares.catalogue_repeats),
            rng.choice(
                np.arange(catalogue_end, composites_end), self.shares.composites, replace=False
            ),
            rng.choice(np.arange(composites_end, end), self.shares.drawn, replace=False),
        ]
        return rng.permutation(np.concatenate(shown))


def assemble(directory: Path, hold_out: bool, seed: int, shares: Shares = Shares()) -> Assembly:
    """Assembles a run. Without `hold_out`, the run learns from all photos."""
    photos = shop.read_manifest(directory)
    pictures = shop.catalogue_photos(shop.read_catalogue(directory))
    everything = from_photos(photos, shop.load_pixels(directory, photos))
    catalogue = from_photos(pictures, shop.load_pixels(directory, pictures))
    mask = held_out(photos, everything.pixels, HELD_OUT_SHARE, seed)
    learned = np.flatnonzero(~mask) if hold_out else np.arange(len(photos))
    grocery = [row for row in learned if photos[row].dataset == "grocery"]
    pasted = composites(catalogue, everything.pixels[grocery], COMPOSITES_EACH, seed)
    drawn = from_drawn(draw_set(DRAWN_EACH, shop.CACHE_SIDE, TRAINING_STYLE, seed))
    parts = [chosen(everything, learned), catalogue, pasted, drawn]
    ends = np.cumsum([len(part) for part in parts])
    bounds = (int(ends[0]), int(ends[1]), int(ends[2]), int(ends[3]))
    return Assembly(joined(parts), everything, catalogue, mask, bounds, shares)
