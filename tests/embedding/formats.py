"""The formats in which people have models, each written here small; `python -m` writes the table.

python -m tests.embedding.formats
"""

from __future__ import annotations

import argparse
import collections
import shutil
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from service.embedding.clip.encoder import ClipEncoder
from service.embedding.clip.texts import ClipTexts
from service.embedding.resnet50.encoder import Resnet50Encoder
from tests.embedding.checkpoints import write_clip
from tests.embedding.pictures import noise, smooth
from tests.packaging.documents import ROOT

TABLE = ROOT / "docs" / "model-formats.md"
PICTURES = [smooth(), noise(90, 140), noise(300, 80, seed=1)]
TEXTS = ["a red shoe", "lamp"]
HEAD = (
    "# Model formats\n\nSmall models were written in each of these formats, loaded by the service "
    "without a change, and compared with what the model's own library makes of the same files: "
    "sentence-transformers for CLIP, torchvision for ResNet50. The figure is the least cosine of a "
    "few pictures and texts. `python -m tests.embedding.formats` writes this table, and tests hold "
    "it.\n\n"
)


def _library(directory: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(directory), device="cpu", local_files_only=True)


def old_directory(directory: Path) -> Path:
    return write_clip(directory)


def pickled(directory: Path) -> Path:
    return write_clip(directory, safetensors=False)


def saved_today(directory: Path) -> Path:
    _library(write_clip(directory.with_suffix(".old"))).save(str(directory))
    return directory


def with_normalize(directory: Path) -> Path:
    from sentence_transformers.base.modules import Normalize

    model = _library(write_clip(directory.with_suffix(".old")))
    model.append(Normalize())
    model.save(str(directory))
    return directory


def plain(directory: Path) -> Path:
    part = _library(write_clip(directory.with_suffix(".old")))[0]
    part.model.save_pretrained(directory)
    part.processor.save_pretrained(directory)
    return directory


def plain_old(directory: Path) -> Path:
    """Writes the files of OpenAI's and LAION's repositories: older names, and OpenCLIP's files."""
    old = write_clip(directory.with_suffix(".old"))
    shutil.copytree(old / "0_CLIPModel", directory)
    (directory / "open_clip_config.json").write_text('{"model_cfg": {}}')
    torch.save({"visual.proj": torch.zeros(2)}, directory / "open_clip_pytorch_model.bin")
    return directory


def sharded(directory: Path) -> Path:
    part = _library(write_clip(directory.with_suffix(".old")))[0]
    part.model.save_pretrained(directory, max_shard_size="100KB")
    part.processor.save_pretrained(directory)
    assert len(list(directory.glob("*.safetensors"))) > 1
    return directory


def half_precision(directory: Path) -> Path:
    part = _library(write_clip(directory.with_suffix(".old")))[0]
    part.model.half().save_pretrained(directory)
    part.processor.save_pretrained(directory)
    return directory


def with_prompt(directory: Path) -> Path:
    model = _library(write_clip(directory.with_suffix(".old")))
    model.prompts, model.default_prompt_name = {"photo": "a photo of a "}, "photo"
    model.save(str(directory))
    return directory


def router(directory: Path) -> Path:
    """One model with a route for texts, through another text tower, and one for pictures."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Router

    images = _library(write_clip(directory.with_suffix(".old")))
    texts = _library(multilingual_texts(directory.with_suffix(".texts")))
    joined = Router(
        {"text": list(texts), "image": list(images)},
        default_route="text",
        route_mappings={(None, "text"): "text", (None, "image"): "image"},
    )
    SentenceTransformer(modules=[joined], device="cpu").save(str(directory))
    return directory


def multilingual_texts(directory: Path, *, dimensions: int = 16) -> Path:
    """The layout of clip-ViT-B-32-multilingual-v1: DistilBERT, mean pooling, a dense layer."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Dense, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from transformers import BertTokenizerFast, DistilBertConfig, DistilBertModel

    source = directory.with_suffix(".distilbert")
    source.mkdir(parents=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "red", "rot", "##er", "shoe"]
    words += ["schuh", "lamp", "lampe", "photo", "of"]
    (source / "vocab.txt").write_text("\n".join(words))
    BertTokenizerFast(str(source / "vocab.txt")).save_pretrained(source)
    torch.manual_seed(3)
    config = DistilBertConfig(
        vocab_size=len(words),
        dim=24,
        hidden_dim=32,
        n_layers=2,
        n_heads=2,
        max_position_embeddings=64,
    )
    DistilBertModel(config).save_pretrained(source)
    transformer = Transformer(str(source), max_seq_length=48)
    modules = [
        transformer,
        Pooling(24),
        Dense(24, dimensions, bias=False, activation_function=torch.nn.Identity()),
    ]
    SentenceTransformer(modules=modules, device="cpu").save(str(directory))
    return directory


CLIP: Mapping[str, Callable[[Path], Path]] = {
    "sentence-transformers 2, as on the hub: `0_CLIPModel/`, safetensors": old_directory,
    "the same with `pytorch_model.bin`": pickled,
    "sentence-transformers today: `save`, `processor_config.json`": saved_today,
    "the same with a `Normalize` module behind": with_normalize,
    "the same with a default prompt": with_prompt,
    "transformers today: `save_pretrained` of model and processor": plain,
    "transformers 4, as OpenAI's and LAION's repositories": plain_old,
    "transformers, sharded safetensors with an index": sharded,
    "transformers, weights in float16": half_precision,
    "sentence-transformers Router over two towers": router,
}


def clip_cosine(directory: Path) -> float:
    """The least cosine to `SentenceTransformer(directory).encode`."""
    library = _library(directory)
    encoder = ClipEncoder.load(directory, name="made")
    pixels = np.stack([encoder.preprocess(picture) for picture in PICTURES])
    return min(
        _least(encoder.encode(pixels), library.encode(PICTURES)),
        _least(encoder.encode_texts(TEXTS), library.encode(TEXTS)),
    )


def text_model_cosine(directory: Path) -> float:
    """The least cosine of texts, where another model reads them."""
    texts = ClipTexts.load(multilingual_texts(directory / "texts"), name="multilingual")
    encoder = ClipEncoder.load(write_clip(directory / "clip"), name="made", texts=texts)
    return _least(encoder.encode_texts(TEXTS), _library(directory / "texts").encode(TEXTS))


def _under(prefix: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda state: {f"{prefix}{key}": value for key, value in state.items()}


def _averaged(state: Mapping[str, Any]) -> Any:
    from torchvision.models import resnet50  # type: ignore[import-untyped]

    model = resnet50(weights=None)
    model.load_state_dict(state)
    return torch.optim.swa_utils.AveragedModel(model).state_dict()


def _reference(state: Mapping[str, Any]) -> Any:
    """Saves a checkpoint as torchvision's references/classification/train.py does."""
    return {
        "model": state,
        "optimizer": {"state": {}, "param_groups": [{"lr": 0.1}]},
        "lr_scheduler": {"milestones": collections.Counter([30, 60])},
        "epoch": 89,
        "args": argparse.Namespace(lr=0.1, model="resnet50"),
        "model_ema": _under("module.")(state),
    }


RESNET50: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "state dict of torchvision's model": dict,
    "without classifier": lambda s: {k: v for k, v in s.items() if not k.startswith("fc.")},
    "keys under `module.` (data parallel)": _under("module."),
    "keys under `model.`": _under("model."),
    "keys under `backbone.`": _under("backbone."),
    "keys under `_orig_mod.` (compiled)": _under("_orig_mod."),
    "keys under `module._orig_mod.`": _under("module._orig_mod."),
    "inside `state_dict`": lambda state: {"state_dict": state, "epoch": 90},
    "inside `model_state_dict`": lambda state: {"model_state_dict": state},
    "inside `net`": lambda state: {"net": state, "acc": 71.2},
    "inside `state_dict` under `model.` (Lightning)": lambda s: {"state_dict": _under("model.")(s)},
    "averaged model (SWA)": _averaged,
    "checkpoint of torchvision's reference training": _reference,
}


def resnet50_cosine(directory: Path, wrap: Callable[[Mapping[str, Any]], Any]) -> float:
    """The cosine to torchvision's model, of weights that `wrap` packs into a .pth file."""
    file = directory / "packed.pth"
    torch.save(wrap(_resnet50().state_dict()), file)
    return _resnet50_least(file)


def safetensors_cosine(directory: Path) -> float:
    file = directory / "packed.safetensors"
    save_file(_resnet50().state_dict(), file)
    return _resnet50_least(file)


@cache
def _resnet50() -> torch.nn.Module:
    from torchvision.models import resnet50

    torch.manual_seed(0)
    return resnet50(weights=None).eval()


@cache
def _resnet50_features() -> NDArray[np.float32]:
    """Returns the first picture's features by torchvision's own code, before the last layer."""
    from torchvision.models import ResNet50_Weights
    from torchvision.models.feature_extraction import (  # type: ignore[import-untyped]
        create_feature_extractor,
    )

    picture = ResNet50_Weights.IMAGENET1K_V1.transforms()(PICTURES[0])
    features = create_feature_extractor(_resnet50(), ["flatten"])
    with torch.inference_mode():
        found: NDArray[np.float32] = features(picture[None])["flatten"].numpy()
    return found


def _resnet50_least(file: Path) -> float:
    encoder = Resnet50Encoder.load(file)
    file.unlink()
    return _least(encoder.encode(encoder.preprocess(PICTURES[0])[None]), _resnet50_features())


def _least(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    units = theirs / np.linalg.norm(theirs, axis=1, keepdims=True)
    return float((ours * units).sum(axis=1).min())


def table() -> str:
    """The whole document."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for number, (format_, write) in enumerate(CLIP.items()):
            rows.append(("CLIP", format_, clip_cosine(write(Path(name, f"clip-{number}")))))
        texts = "`CLIP_TEXT_MODEL`: DistilBERT, pooling, dense layer (multilingual)"
        rows.append(("CLIP", texts, text_model_cosine(Path(name, "texts"))))
        for number, (format_, wrap) in enumerate(RESNET50.items()):
            folder = Path(name, f"resnet50-{number}")
            folder.mkdir()
            rows.append(("ResNet50", format_, resnet50_cosine(folder, wrap)))
        rows.append(("ResNet50", "safetensors", safetensors_cosine(Path(name))))
    lines = [f"| {model} | {format_} | {cosine:.4f} |" for model, format_, cosine in rows]
    return HEAD + "\n".join(["| model | format | cosine |", "| --- | --- | --- |", *lines, ""])


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
