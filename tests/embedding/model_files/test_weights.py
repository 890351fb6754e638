"""Weights are found where people put them, and told apart by what is in them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from service.config import Settings
from service.core.errors import SetupError, WeightsUnavailable
from service.embedding.model_files import weights
from tests.embedding.checkpoints import write_hub_cache


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[call-arg]


def test_nothing_anywhere_is_nothing(tmp_path: Path) -> None:
    bare = settings(weights_dir=tmp_path)
    assert weights.local_clip(bare) is None
    assert weights.local_resnet50(bare) is None


def test_clip_in_the_weights_directory(clip_directory: Path) -> None:
    assert weights.local_clip(settings(weights_dir=clip_directory.parent)) == clip_directory


def test_clip_as_a_directory(clip_directory: Path) -> None:
    given = settings(clip_model=str(clip_directory))
    assert weights.local_clip(given) == clip_directory
    assert weights.clip_name(given) == "clip-ViT-B-32"


@pytest.mark.parametrize("model", ["clip-ViT-B-32", "sentence-transformers/clip-ViT-B-32"])
@pytest.mark.parametrize("variable", ["HF_HUB_CACHE", "SENTENCE_TRANSFORMERS_HOME"])
def test_clip_in_the_hubs_cache(
    model: str, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(tmp_path))
    snapshot = write_hub_cache(tmp_path)
    assert weights.local_clip(settings(clip_model=model)) == snapshot


def test_the_weights_directory_comes_before_the_cache(
    clip_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    write_hub_cache(tmp_path)
    assert weights.local_clip(settings(weights_dir=clip_directory.parent)) == clip_directory


@pytest.mark.parametrize(
    "lost",
    ["modules.json", "0_CLIPModel/model.safetensors", "0_CLIPModel/preprocessor_config.json"],
)
def test_a_download_that_broke_off_counts_as_none(lost: str, tmp_path: Path) -> None:
    snapshot = write_hub_cache(tmp_path / "caches" / "hub")
    assert weights.local_clip(settings(weights_dir=tmp_path)) == snapshot
    (snapshot / lost).unlink()
    assert weights.local_clip(settings(weights_dir=tmp_path)) is None


def test_a_directory_that_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnavailable, match="no complete sentence-transformers model"):
        weights.local_clip(settings(clip_model=str(tmp_path)))


@pytest.mark.parametrize("path", ["./nowhere", "/nowhere/clip", "~/nowhere/clip"])
def test_a_path_that_leads_nowhere_is_named(path: str) -> None:
    with pytest.raises(WeightsUnavailable, match="CLIP_MODEL is the path"):
        weights.local_clip(settings(clip_model=path))
    with pytest.raises(WeightsUnavailable, match="RESNET50_WEIGHTS is the path"):
        weights.local_resnet50(settings(resnet50_weights=path))


def test_resnet50_as_a_file(resnet50_file: Path) -> None:
    given = settings(resnet50_weights=str(resnet50_file))
    assert weights.local_resnet50(given) == resnet50_file
    assert weights.torchvision_file(given) is None


@pytest.mark.parametrize("name", ["IMAGENET1K_V1", "imagenet1k_v1", "ResNet50_Weights.DEFAULT"])
def test_a_file_that_is_not_what_its_name_says_is_refused(name: str, tmp_path: Path) -> None:
    given = settings(resnet50_weights=name, weights_dir=tmp_path)
    file = tmp_path / str(weights.torchvision_file(given))
    file.write_bytes(b"cut off")
    with pytest.raises(SetupError, match="is damaged"):
        weights.local_resnet50(given)


def test_resnet50_in_torchs_cache_is_looked_at(tmp_path: Path) -> None:
    cached = tmp_path / "caches" / "hub" / "checkpoints" / "resnet50-0676ba61.pth"
    assert cached.parent == weights.torch_cache()
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"cut off")
    with pytest.raises(SetupError, match="is damaged"):
        weights.local_resnet50(settings(weights_dir=tmp_path))


def test_an_unknown_weights_name_lists_the_known_ones() -> None:
    with pytest.raises(SetupError, match="IMAGENET1K_V1, IMAGENET1K_V2"):
        weights.local_resnet50(settings(resnet50_weights="IMAGENET22K"))


def test_one_of_two_weight_formats_counts(clip_directory: Path, tmp_path: Path) -> None:
    both = tmp_path / "both"
    shutil.copytree(clip_directory, both)
    (both / "0_CLIPModel" / "pytorch_model.bin").write_bytes(b"the same weights, pickled")
    (both / ".cache").mkdir()
    (both / ".cache" / "download.json").write_text("{}")
    hashes = [
        weights.hash_files(weights.model_files(directory), root=directory)
        for directory in (clip_directory, both)
    ]
    assert hashes[0] == hashes[1]


def test_every_part_of_a_fingerprint_counts() -> None:
    base = ("clip", {"weights": "a"}, "1", 512)
    others = [
        ("clop", {"weights": "a"}, "1", 512),
        ("clip", {"weights": "b"}, "1", 512),
        ("clip", {"weights": "a"}, "2", 512),
        ("clip", {"weights": "a"}, "1", 768),
    ]
    fingerprints = {weights.fingerprint(*facts) for facts in [base, *others]}
    assert len(fingerprints) == 5
    assert all(len(found) == 64 for found in fingerprints)
    assert weights.fingerprint(*base) in fingerprints
