"""ResNet50 from a torchvision state dict: pixels and features as torchvision's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.models import ResNet50_Weights, resnet50

from service.core.errors import SetupError
from service.core.interfaces import TextEncoder
from service.embedding.images.preprocessing import unit_rows
from service.embedding.resnet50.encoder import Resnet50Encoder, recipe_of
from tests.embedding.pictures import noise, smooth

LEVEL = 1 / 255
SIZES = [(640, 480), (480, 641), (224, 224), (300, 231), (50, 37), (1, 1), (500, 1), (37, 2000)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("weights", list(ResNet50_Weights))
@pytest.mark.parametrize("draw", [noise, smooth])
def test_pixels_equal_those_of_torchvision(
    draw: type[Image.Image], weights: ResNet50_Weights, size: tuple[int, int]
) -> None:
    """Within two of 255 levels everywhere, for noise too, and a twentieth of one on average."""
    image = draw(*size)
    recipe = recipe_of(weights)
    ours = recipe.normalised(recipe.pixels(image)[None], torch.device("cpu"))[0]
    difference = (ours - weights.transforms()(image)).abs() * torch.tensor(recipe.std).view(3, 1, 1)
    assert difference.max() <= 2.01 * LEVEL
    assert difference.mean() <= 0.05 * LEVEL


def test_features_are_those_before_the_classifier(
    resnet50: Resnet50Encoder, resnet50_file: Path
) -> None:
    model = _model(resnet50_file)
    model.fc = torch.nn.Identity()
    image = smooth(300, 200)
    with torch.inference_mode():
        theirs = model(ResNet50_Weights.IMAGENET1K_V1.transforms()(image)[None])[0].numpy()
    ours = resnet50.encode(resnet50.preprocess(image)[None])[0]
    assert ours.shape == (2048,)
    assert float(ours @ theirs) / np.linalg.norm(theirs) > 0.9999


def test_vectors_are_unit_and_the_encoder_reads_no_text(resnet50: Resnet50Encoder) -> None:
    vectors = resnet50.encode(np.stack([resnet50.preprocess(noise(64, 64))] * 2))
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert not isinstance(resnet50, TextEncoder)


def test_features_of_zero_still_give_a_unit_vector() -> None:
    rows = unit_rows(torch.tensor([[0.0, 0, 0, 0], [3, 4, 0, 0], [1e-30, 0, 0, 0], [1e38] * 4]))
    assert np.allclose(np.linalg.norm(rows, axis=1), 1)
    assert np.allclose(rows[0], 0.5)
    assert np.allclose(rows[1], [0.6, 0.8, 0, 0])
    assert np.isnan(unit_rows(torch.tensor([[float("nan"), 1]]))).any()


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"state_dict": state, "epoch": 90},
        lambda state: {f"module.{key}": value for key, value in state.items()},
        lambda state: {key: value for key, value in state.items() if not key.startswith("fc.")},
        lambda state: {k: v for k, v in state.items() if not k.endswith("num_batches_tracked")},
    ],
    ids=["training checkpoint", "data parallel", "without classifier", "old batch norms"],
)
def test_reads_the_ways_people_save_it(
    wrap: object, resnet50: Resnet50Encoder, resnet50_file: Path, tmp_path: Path
) -> None:
    file = tmp_path / "resnet50.pth"
    torch.save(wrap(torch.load(resnet50_file, weights_only=True)), file)  # type: ignore[operator]
    picture = resnet50.preprocess(smooth())[None]
    assert np.array_equal(Resnet50Encoder.load(file).encode(picture), resnet50.encode(picture))


def test_a_file_of_another_network_is_named(tmp_path: Path) -> None:
    file = tmp_path / "other.pth"
    torch.save({"conv1.weight": torch.zeros(1), "head.bias": torch.zeros(1)}, file)
    with pytest.raises(SetupError) as caught:
        Resnet50Encoder.load(file)
    for part in (str(file), "lacks bn1.weight", "also has head.bias", "misshapes conv1.weight"):
        assert part in caught.value.detail


@pytest.mark.parametrize("content", [b"", b"no pickle", b"PK\x03\x04 no zip"])
def test_a_file_that_is_no_state_dict_is_named(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "broken.pth"
    file.write_bytes(content)
    with pytest.raises(SetupError, match=r"broken\.pth cannot be read"):
        Resnet50Encoder.load(file)


def test_a_pickle_that_runs_code_is_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (str(tmp_path / "ran"),)  # type: ignore[return-value]

    file = tmp_path / "evil.pth"
    torch.save({"conv1.weight": Evil()}, file)
    with pytest.raises(SetupError):
        Resnet50Encoder.load(file)
    assert not (tmp_path / "ran").exists()


def test_the_fingerprint_follows_the_weights(
    resnet50: Resnet50Encoder, resnet50_file: Path, tmp_path: Path
) -> None:
    state = torch.load(resnet50_file, weights_only=True)
    state["bn1.bias"] += 1
    torch.save(state, tmp_path / "other.pth")
    assert Resnet50Encoder.load(resnet50_file).fingerprint == resnet50.fingerprint
    assert Resnet50Encoder.load(tmp_path / "other.pth").fingerprint != resnet50.fingerprint


def _model(file: Path) -> torch.nn.Module:
    model = resnet50(weights=None)
    model.load_state_dict(torch.load(file, weights_only=True))
    return model.eval()
