"""The shipped encoders, loaded once, and pictures drawn for these tests alone."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from drawing.goods.sketched.kinds import KINDS, TESTING_STYLE
from drawing.sketch import Colouring, draw
from service.embedding.compact.semantic import CompactSemanticEncoder
from service.embedding.compact.visual import CompactVisualEncoder

Draw = Callable[..., Image.Image]


@pytest.fixture(scope="session")
def semantic() -> CompactSemanticEncoder:
    return CompactSemanticEncoder.load()


@pytest.fixture(scope="session")
def visual() -> CompactVisualEncoder:
    return CompactVisualEncoder.load()


@pytest.fixture(scope="session")
def drawn() -> Draw:
    """draw(label, colour, seed): that thing in the style kept from the training."""
    artists = {kind.label: kind.artist for kind in KINDS}

    def one(label: str, colour: str, seed: int = 0, pattern: str = "plain") -> Image.Image:
        rng = np.random.default_rng([seed, sorted(artists).index(label)])
        sketch, colouring = artists[label](rng), Colouring(colour, "white", pattern)
        return draw(sketch, colouring, TESTING_STYLE, 160, rng)

    return one
