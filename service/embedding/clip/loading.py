"""Loads a model directory by the libraries that wrote it, and refuses what does not fit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch

from service.core.errors import SetupError
from service.embedding.model_files.contents import imposter


def load_model(directory: Path, *, device: str, modalities: set[str], setting: str) -> Any:
    """A SentenceTransformer in float32, from any layout that the library reads.

    Those are directories that sentence-transformers wrote, today or years ago, and plain
    transformers checkpoints. `modalities` are what the model has to read; `setting` is named in
    messages. Any: the library types its modules as such.

    Raises SetupError with the library's reason, or with the names of the keys that do not fit.
    """
    from sentence_transformers import SentenceTransformer

    try:
        model = SentenceTransformer(
            str(directory),
            device=device,
            local_files_only=True,
            model_kwargs={"dtype": torch.float32},
        )
        problem = next(_key_problems(model, directory), None) or _values_problem(model)
    except Exception as exc:
        # Whatever is wrong with a model directory, the operator has to put it right.
        reason = imposter(directory) or f"{type(exc).__name__}: {exc}"
        raise SetupError(_refusal(directory, reason, setting)) from exc
    if problem is not None:
        raise SetupError(_refusal(directory, problem, setting))
    if not modalities <= set(model.modalities):
        raise SetupError(
            f"The model in {directory} reads {' and '.join(map(str, model.modalities))}, not "
            f"{' and '.join(sorted(modalities))}; set {setting} to one that does."
        )
    model.eval().requires_grad_(False)
    return model


def part_for(model: Any, modality: str) -> Any:
    """The module that prepares inputs of this kind: the first, or that of a Router's route."""
    from sentence_transformers.base.modules import Router

    first = model[0]
    if isinstance(first, Router):
        # The library has no public name for the route that it takes.
        route: Any = first.sub_modules[str(first._resolve_route(modality=modality))]
        return route[0]
    return first


def _refusal(directory: Path, reason: str, setting: str) -> str:
    return (
        f"The model in {directory} cannot be loaded ({reason}). Copy or download it again, or set "
        f"{setting} to another."
    )


def _key_problems(model: Any, directory: Path) -> Iterator[str]:
    """Yields what the library only logs: it fills missing weights with random numbers.

    It reports the keys on request, but not through SentenceTransformer; so every transformer in
    the directory is loaded once more.
    """
    from transformers import AutoConfig, PreTrainedModel

    kinds = {type(m.config): type(m) for m in model.modules() if isinstance(m, PreTrainedModel)}
    for file in sorted(directory.rglob("config.json")):
        if "model_type" not in json.loads(file.read_text(encoding="utf-8")):
            continue
        kind = kinds.get(type(AutoConfig.from_pretrained(file.parent, local_files_only=True)))
        if kind is not None:
            # The library's types know only the answer without the report.
            answer: Any = kind.from_pretrained(
                file.parent, local_files_only=True, output_loading_info=True
            )
            yield from _described(answer[1])


def _described(report: dict[str, Any]) -> Iterator[str]:
    found = [
        f"{what} {_some(sorted(report[key]))}"
        for key, what in (
            ("missing_keys", "its weights lack"),
            ("unexpected_keys", "its weights also have"),
        )
        if report[key]
    ]
    if found:
        yield "; ".join(found)


def _values_problem(model: Any) -> str | None:
    for name, values in model.named_parameters():
        if not torch.isfinite(values).all():
            return f"its weights are not finite numbers in {name}"
    return None


def _some(keys: Iterable[str]) -> str:
    first, rest = list(keys)[:3], len(list(keys)) - 3
    return ", ".join(first) + (f" and {rest} more" if rest > 0 else "")
