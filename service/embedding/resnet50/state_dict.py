"""Reads ResNet50's weights from the files that people have, without ever running code in them."""

from __future__ import annotations

import argparse
import collections
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from service.core.errors import SetupError
from service.embedding.model_files.contents import imposter

_CONTAINERS = ("state_dict", "model_state_dict", "model", "model_ema", "net", "weights")
"""Under these keys training programs keep the weights, beside their own state."""

_PREFIXES = ("module.", "model.", "backbone.", "_orig_mod.", "net.", "encoder.", "resnet.")
"""Prefixes that wrappers put before every key: data parallelism, averaging, compilation."""

_HARMLESS: list[Any] = [argparse.Namespace, collections.Counter, collections.defaultdict]
"""Plain containers of values, in which torchvision's reference programs keep options and
schedules. Other classes are refused, because making their objects may run code."""

_CLASSIFIER = "fc."
"""The classifier, which embeddings do without."""


def fill(model: torch.nn.Module, file: Path) -> None:
    """Loads the weights into torchvision's resnet50 without classifier.

    Raises SetupError with the names of keys that are missing, unexpected or of another shape, and
    for weights that are not finite.
    """
    expected = model.state_dict()
    state = _without_wrappers(_read(file), expected)
    problems = list(_problems(state, expected))
    if problems:
        raise SetupError(
            f"{file} is not a state dict of torchvision's resnet50: it {'; it '.join(problems)}."
        )
    model.load_state_dict(state, strict=False)


def _read(file: Path) -> Mapping[str, Any]:
    try:
        if file.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(file)
        with torch.serialization.safe_globals(_HARMLESS):
            content = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as exc:
        # Pickle, zip and safetensors errors are many; each means that the file is no state dict.
        reason = imposter(file) or f"{file} cannot be read as a PyTorch state dict: {exc!r:.200}"
        raise SetupError(
            f"{reason}. Set RESNET50_WEIGHTS to a weights name, or to a file saved from "
            "model.state_dict()."
        ) from exc
    if not isinstance(content, Mapping):
        raise SetupError(f"{file} holds a {type(content).__name__}, not a state dict.")
    return content


def _without_wrappers(content: Mapping[str, Any], expected: Iterable[str]) -> dict[str, Any]:
    """The weights by torchvision's keys, as far as they can be found."""
    for state in _states(content):
        weights = {
            key: value
            for key, value in ((_bare(str(key)), value) for key, value in state.items())
            if not key.startswith(_CLASSIFIER) and key != "n_averaged"
        }
        if not weights.keys().isdisjoint(expected):
            return weights
    return {_bare(str(key)): value for key, value in content.items()}


def _states(content: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The mapping itself, then those that it contains."""
    yield content
    for key in _CONTAINERS:
        inner = content.get(key)
        if isinstance(inner, Mapping):
            yield from _states(inner)


def _bare(key: str) -> str:
    """The key without the prefixes of wrappers, which may be nested in any order."""
    while prefix := next((one for one in _PREFIXES if key.startswith(one)), None):
        key = key.removeprefix(prefix)
    return key


def _problems(state: Mapping[str, Any], expected: Mapping[str, torch.Tensor]) -> Iterator[str]:
    missing = [k for k in expected if k not in state and not k.endswith("num_batches_tracked")]
    unexpected = [key for key in state if key not in expected]
    known = {key: value for key, value in state.items() if key in expected}
    misshapen = [k for k, v in known.items() if getattr(v, "shape", None) != expected[k].shape]
    infinite = [
        key
        for key, value in known.items()
        if isinstance(value, torch.Tensor) and not torch.isfinite(value).all()
    ]
    for what, keys in (
        ("lacks", missing),
        ("also has", unexpected),
        ("misshapes", misshapen),
        ("has numbers that are not finite in", infinite),
    ):
        if keys:
            yield f"{what} {_some(keys)}"


def _some(keys: list[str]) -> str:
    shown = ", ".join(keys[:3])
    return shown if len(keys) <= 3 else f"{shown} and {len(keys) - 3} more"
