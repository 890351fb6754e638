"""A model that would give other vectors than its library is refused, with what is wrong with it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from service.core.errors import InvalidText, SetupError
from service.embedding.clip.encoder import ClipEncoder
from service.embedding.clip.texts import ClipTexts
from tests.embedding.formats import multilingual_texts, saved_today

State = dict[str, torch.Tensor]


@pytest.fixture
def copy(clip_directory: Path, tmp_path: Path) -> Path:
    """The folder of the only module, in a copy of the model."""
    shutil.copytree(clip_directory, tmp_path / "model")
    return tmp_path / "model" / "0_CLIPModel"


def refusal(module: Path) -> str:
    with pytest.raises(SetupError) as caught:
        ClipEncoder.load(module.parent, name="made")
    return caught.value.detail


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda state: {f"module.{key}": value for key, value in state.items()},
            ["lack logit_scale", "also have module.logit_scale"],
        ),
        (
            lambda state: {key: v for key, v in state.items() if "layers.1.mlp" not in key},
            ["lack text_model.encoder.layers.1.mlp.fc1.bias", "and 5 more"],
        ),
        (lambda state: {**state, "head.weight": torch.zeros(2)}, ["also have head.weight"]),
        (
            lambda state: {**state, "visual_projection.weight": torch.zeros(4, 4)},
            ["cannot be loaded", "RuntimeError"],
        ),
        (
            lambda state: {**state, "logit_scale": torch.tensor(float("nan"))},
            ["not finite numbers in", "logit_scale"],
        ),
    ],
    ids=["prefix", "missing", "unexpected", "other shape", "not a number"],
)
def test_weights_that_do_not_fit(
    change: Callable[[State], State], says: list[str], copy: Path
) -> None:
    file = copy / "model.safetensors"
    save_file(change(load_file(file)), file, metadata={"format": "pt"})
    detail = refusal(copy)
    for part in (*says, "CLIP_MODEL"):
        assert part in detail


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12\n", "git lfs pull"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "is a web page"),
        (b"cut", "SafetensorError"),
    ],
    ids=["Git LFS pointer", "web page", "cut off"],
)
def test_a_file_that_is_not_what_its_name_says(content: bytes, says: str, copy: Path) -> None:
    (copy / "model.safetensors").write_bytes(content)
    assert says in refusal(copy)


def test_a_directory_that_is_only_a_model_card(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# A model\n")
    with pytest.raises(SetupError, match="cannot be loaded"):
        ClipEncoder.load(tmp_path, name="made")


def test_a_model_without_its_tokenizer(copy: Path) -> None:
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"):
        (copy / name).unlink()
    assert "no tokenizer of its own" in refusal(copy)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"do_resize": False}, "does not resize"),
        ({"size": {"longest_edge": 224}}, "longest_edge"),
        ({"do_rescale": False, "image_mean": [0.1, 0.2, 0.3]}, None),
    ],
    ids=["no resizing", "longest edge", "other numbers"],
)
def test_preprocessing_is_followed_or_refused(
    setting: Mapping[str, object], says: str | None, copy: Path
) -> None:
    file = copy / "preprocessor_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **setting}))
    if says is None:
        assert ClipEncoder.load(copy.parent, name="made").recipe.scale == 1
    else:
        assert says in refusal(copy)


def test_preprocessing_that_only_the_library_knows_is_noticed(tmp_path: Path) -> None:
    directory = saved_today(tmp_path / "model")
    file = directory / "sentence_bert_config.json"
    config = json.loads(file.read_text())
    config["processing_kwargs"] = {"image": {"do_normalize": False}}
    file.write_text(json.dumps(config))
    with pytest.raises(SetupError, match="preprocessing of pictures that this service does not"):
        ClipEncoder.load(directory, name="made")


@pytest.mark.parametrize("promised", [512, 10**30])
def test_a_text_longer_than_the_positions_is_refused_whatever_the_tokenizer_promises(
    promised: int, copy: Path
) -> None:
    file = copy / "tokenizer_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "model_max_length": promised}))
    encoder = ClipEncoder.load(copy.parent, name="made")
    assert encoder.texts.max_tokens == 77
    with pytest.raises(InvalidText, match="reads 77"):
        encoder.check_text("red " * 90)
    assert encoder.encode_texts(["red " * 90]).shape == (1, 16)


def test_a_text_model_of_another_space_is_refused(clip_directory: Path, tmp_path: Path) -> None:
    texts = ClipTexts.load(multilingual_texts(tmp_path / "texts", dimensions=12), name="other")
    with pytest.raises(SetupError, match=r"12 dimensions.*pictures 16.*CLIP_TEXT_MODEL"):
        ClipEncoder.load(clip_directory, name="made", texts=texts)


def test_another_text_tower_needs_no_new_index(clip_directory: Path, tmp_path: Path) -> None:
    texts = ClipTexts.load(multilingual_texts(tmp_path / "texts"), name="multilingual")
    joined = ClipEncoder.load(clip_directory, name="made", texts=texts)
    alone = ClipEncoder.load(clip_directory, name="made")
    assert joined.fingerprint == alone.fingerprint
    assert joined.text_encoder == "multilingual"
    assert texts.fingerprint not in {alone.texts.fingerprint, alone.fingerprint}
