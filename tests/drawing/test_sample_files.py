"""The sample files that ship with the service are those that the program draws."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from drawing.files import manifest, pictures
from drawing.scene import Scene, jpeg
from service.samples.files import FOLDER

SOME = list(pictures().items())[::19]


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)), np.float64)


def test_the_manifest_is_the_program_s() -> None:
    assert (FOLDER / "manifest.json").read_text(encoding="utf-8") == manifest()


@pytest.mark.parametrize(("name", "scene"), SOME, ids=[name for name, _ in SOME])
def test_a_picture_is_drawn_as_it_ships(name: str, scene: Scene) -> None:
    drawn, shipped = pixels(jpeg(scene)), pixels((FOLDER / name).read_bytes())
    # Processors round differently, which may change single pixels by a little.
    assert np.abs(drawn - shipped).mean() < 0.05


def test_another_seed_draws_another_picture() -> None:
    name, scene = SOME[0]
    other = replace(scene, seed=scene.seed + 1)
    shipped = pixels((FOLDER / name).read_bytes())
    assert np.abs(pixels(jpeg(other)) - shipped).mean() > 0.05
