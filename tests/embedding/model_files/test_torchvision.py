"""ResNet50 weights are found by name or by path, and checked against the digest in their name."""

from __future__ import annotations

from pathlib import Path

import pytest
from torchvision.models import ResNet50_Weights  # type: ignore[import-untyped]

from service.core.errors import SetupError
from service.embedding.model_files.torchvision import (
    BASE_URL,
    FILES,
    TorchvisionWeights,
    torch_cache,
)


def test_nothing_anywhere_is_nothing(tmp_path: Path) -> None:
    assert TorchvisionWeights("IMAGENET1K_V1", tmp_path).find() is None


def test_as_a_file(resnet50_file: Path, tmp_path: Path) -> None:
    given = TorchvisionWeights(str(resnet50_file), tmp_path)
    assert given.find() == resnet50_file
    assert given.url is None


def test_a_path_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    for path in ("./nowhere", "/nowhere/resnet50", "resnet50.pth"):
        with pytest.raises(SetupError, match="RESNET50_WEIGHTS is the path"):
            TorchvisionWeights(path, tmp_path).find()


@pytest.mark.parametrize("name", ["IMAGENET1K_V1", "imagenet1k_v1", "ResNet50_Weights.DEFAULT"])
def test_a_file_that_is_not_what_its_name_says_is_refused(name: str, tmp_path: Path) -> None:
    given = TorchvisionWeights(name, tmp_path)
    (tmp_path / given.kept_as).write_bytes(b"cut off")
    with pytest.raises(SetupError, match="is damaged"):
        given.find()


def test_the_cache_of_torch_is_searched(tmp_path: Path) -> None:
    cached = tmp_path / "caches" / "hub" / "checkpoints" / "resnet50-0676ba61.pth"
    assert cached.parent == torch_cache()
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"cut off")
    with pytest.raises(SetupError, match="is damaged"):
        TorchvisionWeights("IMAGENET1K_V1", tmp_path).find()


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="IMAGENET1K_V1, IMAGENET1K_V2"):
        TorchvisionWeights("IMAGENET22K", tmp_path).find()


def test_the_table_of_weights_is_torchvisions() -> None:
    names = [*ResNet50_Weights.__members__]
    assert {n: BASE_URL + FILES[n] for n in names} == {n: ResNet50_Weights[n].url for n in names}
    assert set(FILES) == set(names)
