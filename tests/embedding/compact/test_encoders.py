"""Both compact encoders keep the contract of an encoder, for any picture."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from service.core.errors import WeightsUnavailable
from service.embedding.compact.files import WEIGHTS_DIRECTORY
from service.embedding.compact.semantic import CompactSemanticEncoder
from service.embedding.compact.visual import CompactVisualEncoder

Either = CompactSemanticEncoder | CompactVisualEncoder

ODD_SIZES = [(1, 1), (1, 20_000), (20_000, 1), (2, 3), (640, 480), (31, 4_000)]


@pytest.fixture(params=["semantic", "visual"])
def encoder(request: pytest.FixtureRequest) -> Either:
    found: Either = request.getfixturevalue(request.param)
    return found


def embed(encoder: Either, images: Sequence[Image.Image]) -> np.ndarray:
    return encoder.encode(np.stack([encoder.preprocess(image) for image in images]))


def noise(size: tuple[int, int], seed: int = 0) -> Image.Image:
    small = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(size)


def assert_unit(vectors: np.ndarray) -> None:
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("size", ODD_SIZES)
def test_a_picture_of_any_size_has_a_unit_vector(encoder: Either, size: tuple[int, int]) -> None:
    vectors = embed(encoder, [noise(size)])
    assert vectors.shape == (1, encoder.dimensions)
    assert_unit(vectors)


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 30, 30), (1, 2, 3)])
def test_a_picture_of_one_colour_has_a_unit_vector(
    encoder: Either, colour: tuple[int, int, int]
) -> None:
    assert_unit(embed(encoder, [Image.new("RGB", (50, 70), colour)]))


def test_a_long_strip_is_cropped_before_it_is_resized(encoder: Either) -> None:
    strip = Image.new("RGB", (20_000, 10), (255, 0, 0))
    strip.paste((0, 0, 255), (9_900, 0, 10_100, 10))
    assert (encoder.preprocess(strip)[..., 2] > 200).all()


def test_the_same_picture_has_the_same_vector(encoder: Either) -> None:
    first, second = (embed(encoder, [noise((90, 60))]) for _ in range(2))
    assert np.array_equal(first, second)


def test_a_batch_equals_its_pictures_one_by_one(encoder: Either) -> None:
    images = [noise((80 + 9 * k, 100 - 7 * k), seed=k) for k in range(7)]
    together = embed(encoder, images)
    alone = np.concatenate([embed(encoder, [image]) for image in images])
    assert (together * alone).sum(1) == pytest.approx(1, abs=1e-3)


def test_an_empty_batch_has_no_vectors(encoder: Either) -> None:
    shape = encoder.preprocess(noise((5, 5))).shape
    assert encoder.encode(np.empty((0, *shape), np.uint8)).shape == (0, encoder.dimensions)


def test_a_picture_is_left_as_it_was(encoder: Either) -> None:
    image = noise((64, 48))
    before = image.tobytes()
    encoder.preprocess(image)
    assert (image.tobytes(), image.size) == (before, (64, 48))


def test_the_fingerprint_is_a_sha256_and_stays(encoder: Either) -> None:
    assert len(bytes.fromhex(encoder.fingerprint)) == 32
    assert type(encoder).load().fingerprint == encoder.fingerprint


def test_the_names_do_not_pass_for_clip(semantic: Either, visual: Either) -> None:
    assert (semantic.name, visual.name) == ("compact-semantic-1", "compact-visual-1")
    assert semantic.fingerprint != visual.fingerprint


@pytest.mark.parametrize("kind", [CompactSemanticEncoder, CompactVisualEncoder])
def test_missing_and_damaged_weights_are_named(kind: type[Either], tmp_path: Path) -> None:
    with pytest.raises(WeightsUnavailable, match=r"safetensors"):
        kind.load(tmp_path)
    for name in ("semantic", "visual"):
        (tmp_path / f"{name}.safetensors").write_bytes(b"no weights")
    with pytest.raises(WeightsUnavailable, match=r"safetensors"):
        kind.load(tmp_path)


def test_all_files_together_are_at_most_12_megabytes() -> None:
    sizes = [path.stat().st_size for path in WEIGHTS_DIRECTORY.iterdir()]
    assert 0 < sum(sizes) <= 12_000_000


def test_the_image_tower_has_at_most_5_million_parameters(semantic: CompactSemanticEncoder) -> None:
    assert 1_000_000 < semantic.parameters <= 5_000_000
