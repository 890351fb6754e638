"""The text tower of a CLIP model, or another model that was trained to share its space."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from service.core.errors import InvalidText, SetupError
from service.embedding.clip.loading import load_model, part_for
from service.embedding.clip.towers import TextTower
from service.embedding.inference.exports import Exports
from service.embedding.inference.tower import Tower
from service.embedding.model_files.fingerprints import fingerprint, hash_files, model_files
from service.embedding.options import Precision

MAX_TEXT_CHARACTERS = 10_000
"""Longer texts are refused without counting their tokens, which would take a while."""

TEXT_VERSION = "clip-text-1"
"""Part of the fingerprint: change it if texts are to be prepared differently."""

MIN_COSINE = 0.9999
"""Between a text's vector here and the library's; other rounding stays above it."""


_PROBES = ("a photo of a red shoe", "bag")
"""The texts that execution plans are tried on."""


class ClipTexts:
    """Checks and encodes texts by a SentenceTransformer. Thread-safe."""

    def __init__(self, model: Any, *, name: str, weights_hash: str, device: torch.device) -> None:
        """Any: sentence-transformers types its modules as such.

        Raises SetupError for a model that treats all texts alike, or not as its library does.
        """
        self._model, self._device = model, device
        self.name = name
        self._lock = threading.Lock()
        part = part_for(model, "text")
        self._tokenizer = part.tokenizer
        self.max_tokens = _max_tokens(part)
        # So that the library cuts a text as well, whatever length the tokenizer's files promise.
        part.max_seq_length = self.max_tokens
        self._prompt = (model.prompts or {}).get(model.default_prompt_name, "")
        self._weights_hash = weights_hash
        inputs = self._preprocess(_PROBES)
        self._names = tuple(name for name, value in inputs.items() if torch.is_tensor(value))
        constants = {name: inputs[name] for name in inputs.keys() - set(self._names)}
        self._tower = Tower("clip-texts", TextTower(model, self._names, constants), device)
        self.dimensions = self._check()
        self.fingerprint = fingerprint(
            name, {"weights": weights_hash}, TEXT_VERSION, self.dimensions
        )
        """Changes with the vectors of texts; those of pictures may stay comparable."""

    @classmethod
    def load(cls, directory: Path, *, name: str, device: str = "cpu") -> ClipTexts:
        """A model for texts alone, from a directory. Raises SetupError."""
        model = load_model(directory, device=device, modalities={"text"}, setting="CLIP_TEXT_MODEL")
        hashed = hash_files(model_files(directory), root=directory)
        return cls(model, name=name, weights_hash=hashed, device=torch.device(device))

    def check(self, text: str) -> None:
        """Raises InvalidText for a text that the model could not read at all, or not to its end."""
        if not text.strip():
            raise InvalidText("The text is empty; describe what you are looking for.")
        if len(text) > MAX_TEXT_CHARACTERS:
            raise InvalidText(
                f"The text has {len(text):,} characters, more than {self.max_tokens} tokens; "
                "shorten it to a sentence."
            )
        tokens = len(self._ids(text))
        if tokens > self.max_tokens:
            raise InvalidText(
                f"The text has {tokens} tokens and {self.name} reads {self.max_tokens}; shorten it."
            )

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """n texts to (n, dimensions), of unit length."""
        return self._tower.vectors(*self._tensors(texts))

    def accelerate(self, precision: Precision, exports: Exports) -> None:
        """Takes the fastest plan for this processor whose vectors match the plain model's."""
        probes = self._tensors(_PROBES)
        self._tower.accelerate(probes, precision, exports, self._weights_hash)

    def _tensors(self, texts: Sequence[str]) -> tuple[torch.Tensor, ...]:
        inputs = self._preprocess(texts)
        return tuple(inputs[name].to(self._device) for name in self._names)

    def _preprocess(self, texts: Sequence[str]) -> dict[str, Any]:
        """The model's inputs: the tokenizer's tensors, and settings that every text shares."""
        with self._lock:
            return dict(self._model.preprocess(list(texts), prompt=self._prompt or None))

    def _ids(self, text: str) -> list[int]:
        with self._lock:
            tokens = self._tokenizer(self._prompt + text, truncation=False, verbose=False)
        ids: list[int] = tokens["input_ids"]
        return ids

    def _check(self) -> int:
        """The number of dimensions, once texts are seen to be read as the library reads them."""
        texts = ["shoe", "lamp", "a red shoe"]
        if self._ids(texts[0]) == self._ids(texts[1]):
            raise SetupError(
                f"{self.name} has no tokenizer of its own: all words are one to it; copy the files "
                "of its tokenizer too, or set CLIP_MODEL to another model."
            )
        ours, theirs = self.encode(texts), self._model.encode(texts, normalize_embeddings=True)
        if ours.shape != theirs.shape or (ours * theirs).sum(axis=1).min() < MIN_COSINE:
            raise SetupError(
                f"{self.name} asks for a treatment of texts that this service does not know: its "
                "vectors differ from those of sentence-transformers. Set another model."
            )
        return int(ours.shape[1])


def _max_tokens(part: Any) -> int:
    """The tokens that both the tokenizer and the model's table of positions allow."""
    config = part.model.config.get_text_config()
    positions = int(getattr(config, "max_position_embeddings", 0) or 512)
    if "roberta" in config.model_type:
        # Its positions are counted from the one behind the padding token's id.
        positions -= int(config.pad_token_id) + 1
    return min(positions, int(part.max_seq_length or positions))
