"""Makes small checkpoints in exactly the layouts that users have."""

from __future__ import annotations

import json
from pathlib import Path

import torch

HUB_COMMIT = "327ab6726d33c0e22f920c83f2ff9e4bd38ca37f"

# As in the hub's repository, where sizes are plain integers and the extractor has its old name.
_PREPROCESSOR = {
    "crop_size": 224,
    "do_center_crop": True,
    "do_normalize": True,
    "do_resize": True,
    "feature_extractor_type": "CLIPFeatureExtractor",
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "resample": 3,
    "size": 224,
}

_WORDS = ["a", "photo", "of", "red", "green", "blue", "shoe", "bag", "mug", "lamp"]


def write_clip(
    directory: Path,
    *,
    seed: int = 0,
    safetensors: bool = True,
    activation: str = "quick_gelu",
    patch_size: int = 32,
    full_size: bool = False,
) -> Path:
    """The layout of sentence-transformers/clip-ViT-B-32 with a tiny vocabulary, and a tiny model
    or, at `full_size`, ViT-B/32's."""
    module = directory / "0_CLIPModel"
    module.mkdir(parents=True)
    _write(directory / "modules.json", [_MODULE])
    _write(directory / "config_sentence_transformers.json", _VERSIONS)
    _write(module / "preprocessor_config.json", _PREPROCESSOR)
    vocabulary = _write_tokenizer(module)
    model = _clip(vocabulary, seed, activation, patch_size, full_size=full_size)
    model.save_pretrained(module)
    if not safetensors:
        torch.save(model.state_dict(), module / "pytorch_model.bin")
        (module / "model.safetensors").unlink()
    return directory


def write_hub_cache(cache: Path, *, seed: int = 0) -> Path:
    """The same below a hub cache: references, blobs and a snapshot of links to them."""
    model = cache / "models--sentence-transformers--clip-ViT-B-32"
    (model / "refs").mkdir(parents=True)
    (model / "blobs").mkdir()
    (model / "refs" / "main").write_text(HUB_COMMIT)
    snapshot = write_clip(model / "snapshots" / HUB_COMMIT, seed=seed)
    for number, file in enumerate(sorted(path for path in snapshot.rglob("*") if path.is_file())):
        blob = model / "blobs" / f"{number:040x}"
        file.rename(blob)
        file.symlink_to(blob)
    return snapshot


def write_resnet50(file: Path, *, seed: int = 0) -> Path:
    """A torchvision state dict, as `torch.save(model.state_dict())` writes it."""
    from torchvision.models import resnet50  # type: ignore[import-untyped]

    torch.manual_seed(seed)
    torch.save(resnet50(weights=None).state_dict(), file)
    return file


_MODULE = {
    "idx": 0,
    "name": "0",
    "path": "0_CLIPModel",
    "type": "sentence_transformers.models.CLIPModel",
}
_VERSIONS = {
    "__version__": {"sentence_transformers": "2.0.0", "transformers": "4.8.1", "pytorch": "1.9.0"}
}


def _clip(
    vocabulary: int, seed: int, activation: str, patch_size: int, *, full_size: bool
) -> torch.nn.Module:
    from transformers import CLIPConfig, CLIPModel

    tiny = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }
    # transformers' defaults are the sizes of ViT-B/32.
    tower = {**({} if full_size else tiny), "hidden_act": activation}
    torch.manual_seed(seed)
    config = CLIPConfig(
        text_config={
            **tower,
            "vocab_size": vocabulary,
            "max_position_embeddings": 77,
            "bos_token_id": vocabulary - 2,
            "eos_token_id": vocabulary - 1,
            "pad_token_id": vocabulary - 1,
        },
        vision_config={**tower, "image_size": 224, "patch_size": patch_size},
        projection_dim=512 if full_size else 16,
    )
    return CLIPModel(config)


def _write_tokenizer(module: Path) -> int:
    """vocab.json and merges.txt of a byte-pair encoder over a few words; returns their number."""
    letters = sorted({letter for word in _WORDS for letter in word} | set("0123456789.,"))
    tokens = letters + [f"{letter}</w>" for letter in letters]
    merges: list[str] = []
    for word in _WORDS:
        parts = [*word[:-1], f"{word[-1]}</w>"]
        while len(parts) > 1:
            merge = f"{parts[0]} {parts[1]}"
            if merge not in merges:
                merges.append(merge)
            parts[:2] = [parts[0] + parts[1]]
            if parts[0] not in tokens:
                tokens.append(parts[0])
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    _write(module / "vocab.json", {token: number for number, token in enumerate(tokens)})
    (module / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]))
    special = {
        "bos_token": "<|startoftext|>",
        "eos_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>",
    }
    _write(module / "special_tokens_map.json", special)
    _write(
        module / "tokenizer_config.json",
        {
            **special,
            "add_prefix_space": False,
            "do_lower_case": True,
            "errors": "replace",
            "model_max_length": 77,
            "tokenizer_class": "CLIPTokenizer",
        },
    )
    return len(tokens)


def _write(file: Path, content: object) -> None:
    file.write_text(json.dumps(content, indent=2))
