"""Whatever format the library reads, the service reads to the same vectors; the table says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.embedding.formats import (
    CLIP,
    RESNET50,
    TABLE,
    clip_cosine,
    resnet50_cosine,
    safetensors_cosine,
    text_model_cosine,
)

ROWS = {
    tuple(cell.strip() for cell in line.strip("|").split("|")[1:])
    for line in TABLE.read_text(encoding="utf-8").splitlines()
    if line.startswith(("| CLIP", "| ResNet50"))
}
EXACT = 0.99995


@pytest.mark.parametrize("name", CLIP)
def test_clip(name: str, tmp_path: Path) -> None:
    # The library calculates in the precision of the weights, the service always in float32.
    least = 0.999 if "float16" in name else EXACT
    assert clip_cosine(CLIP[name](tmp_path / "model")) > least
    assert float(dict(ROWS)[name]) > least


def test_another_text_tower(tmp_path: Path) -> None:
    assert text_model_cosine(tmp_path) > EXACT


@pytest.mark.parametrize(("name", "wrap"), RESNET50.items(), ids=RESNET50)
def test_resnet50(name: str, wrap: Callable[[Mapping[str, Any]], Any], tmp_path: Path) -> None:
    assert resnet50_cosine(tmp_path, wrap) > EXACT
    assert dict(ROWS)[name] == "1.0000"


def test_resnet50_in_safetensors(tmp_path: Path) -> None:
    assert safetensors_cosine(tmp_path) > EXACT


def test_the_table_is_whole() -> None:
    assert len(ROWS) == len(CLIP) + len(RESNET50) + 2
