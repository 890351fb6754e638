"""A model is found where people put it, by a path or by its name."""

from __future__ import annotations

from pathlib import Path

import pytest
from huggingface_hub import constants

from service.core.errors import SetupError
from service.embedding.model_files.hub import HubModel
from tests.embedding.checkpoints import write_hub_cache

NAME = "clip-ViT-B-32"


def model(given: str = NAME, weights_dir: Path = Path("nowhere")) -> HubModel:
    return HubModel(given, "CLIP_MODEL", weights_dir)


def test_nothing_anywhere_is_nothing(tmp_path: Path) -> None:
    assert model(weights_dir=tmp_path).find() is None


def test_in_the_weights_directory(clip_directory: Path) -> None:
    assert model(weights_dir=clip_directory.parent).find() == clip_directory


def test_as_a_directory(clip_directory: Path) -> None:
    given = model(str(clip_directory))
    assert given.find() == clip_directory
    assert given.kept_as == NAME
    assert given.url is None


@pytest.mark.parametrize("name", [NAME, f"sentence-transformers/{NAME}"])
def test_in_the_hubs_cache(name: str, tmp_path: Path) -> None:
    snapshot = write_hub_cache(tmp_path / "caches" / "hub")
    assert model(name).find() == snapshot


def test_in_a_cache_of_sentence_transformers_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path / "own"))
    assert model().find() is None
    snapshot = write_hub_cache(tmp_path / "own")
    assert model().find() == snapshot


def test_the_weights_directory_comes_before_the_cache(clip_directory: Path, tmp_path: Path) -> None:
    write_hub_cache(tmp_path / "caches" / "hub")
    assert model(weights_dir=clip_directory.parent).find() == clip_directory


@pytest.mark.parametrize("path", ["./nowhere", "/nowhere/clip", "~/nowhere/clip"])
def test_a_path_that_leads_nowhere_is_named(path: str) -> None:
    with pytest.raises(SetupError, match="CLIP_MODEL is the path"):
        model(path).find()


def test_a_model_has_no_address_while_the_hub_must_not_be_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repository = f"{constants.ENDPOINT}/sentence-transformers/{NAME}"
    assert model().url == f"{repository}/resolve/main/config.json"
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert model().url is None
