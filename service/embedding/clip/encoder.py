"""The semantic encoder: a CLIP model of sentence-transformers, pictures and texts in one space."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from service.core.errors import InvalidText, SetupError
from service.core.interfaces import RegionEncoder
from service.embedding.clip.attribution import ClipRegions
from service.embedding.clip.towers import ImageTower, TextTower
from service.embedding.images.preprocessing import PixelRecipe, floor_offset
from service.embedding.inference.exports import Exports
from service.embedding.inference.tower import Precision, Tower
from service.embedding.inference.vision import VisionModel
from service.embedding.model_files.weights import fingerprint, hash_files, model_files

PREPROCESSING_VERSION = "clip-1"

MAX_TEXT_CHARACTERS = 10_000
"""Longer texts are refused without counting their tokens, which would take a while."""

_PROBES = ("a photo of a red shoe", "bag")


class ClipEncoder:
    """Encoder and TextEncoder over a `SentenceTransformer`."""

    def __init__(self, model: Any, *, name: str, weights_hash: str, device: torch.device) -> None:
        # Any: sentence-transformers types its modules and processors as such.
        self._model = model
        self._device = device
        transformer = model[0]
        if not {"image", "text"} <= set(model.modalities):
            raise SetupError(
                f"{name} takes {' and '.join(map(str, model.modalities))}; set CLIP_MODEL to a "
                "model for images and text, such as clip-ViT-B-32."
            )
        self._tokenizer = transformer.tokenizer
        self._tokenizer_lock = threading.Lock()
        self.max_tokens = int(transformer.max_seq_length or 77)
        self.recipe = recipe_of(transformer.processor.image_processor)
        self.vision = VisionModel("clip-pictures", ImageTower(model), self.recipe, device)
        self._texts = Tower("clip-texts", TextTower(model, tuple(self._text_inputs())), device)
        self._weights_hash = weights_hash
        self.name = name
        self.dimensions = self._measure_dimensions()
        self.fingerprint = fingerprint(
            name, {"weights": weights_hash}, PREPROCESSING_VERSION, self.dimensions
        )

    @classmethod
    def load(cls, directory: Path, *, name: str, device: str = "cpu") -> ClipEncoder:
        """From a directory in the sentence-transformers layout. Raises SetupError."""
        from sentence_transformers import SentenceTransformer

        try:
            model = SentenceTransformer(
                str(directory),
                device=device,
                local_files_only=True,
                model_kwargs={"dtype": torch.float32},
            )
        except Exception as exc:
            # Whatever is wrong with a model directory, the operator has to look at it.
            raise SetupError(
                f"The CLIP model in {directory} cannot be loaded ({type(exc).__name__}: {exc}); "
                "fetch it again, or set CLIP_MODEL to another."
            ) from exc
        model.eval().requires_grad_(False)
        hashed = hash_files(model_files(directory), root=directory)
        return cls(model, name=name, weights_hash=hashed, device=torch.device(device))

    def preprocess(self, image: Image.Image) -> NDArray[np.generic]:
        return self.recipe.pixels(image)

    def encode(self, batch: NDArray[np.generic]) -> NDArray[np.float32]:
        return self.vision.encode(batch)

    def accelerate(self, precision: Precision, exports: Exports) -> None:
        """Pictures and texts go the fastest way that this machine has to the same vectors."""
        self.vision.accelerate(precision, exports, self._weights_hash)
        probes = tuple(self._text_inputs().values())
        self._texts.accelerate(probes, precision, exports, self._weights_hash)

    def regions(self) -> RegionEncoder:
        """Raises Unexplained where the model is not built as CLIP is."""
        return ClipRegions(self.name, self.recipe, self.vision.encode_plainly, self._model)

    def check_text(self, text: str) -> None:
        """Raises InvalidText where the model would see nothing, or only the text's beginning."""
        if not text.strip():
            raise InvalidText("The text is empty; describe what you are looking for.")
        if len(text) > MAX_TEXT_CHARACTERS:
            raise InvalidText(
                f"The text has {len(text):,} characters, more than {self.max_tokens} tokens; "
                "shorten it to a sentence."
            )
        with self._tokenizer_lock:
            tokens = len(self._tokenizer(text, truncation=False, verbose=False)["input_ids"])
        if tokens > self.max_tokens:
            raise InvalidText(
                f"The text has {tokens} tokens and {self.name} reads {self.max_tokens}; shorten it."
            )

    def unknown_words(self, text: str) -> list[str]:
        """None: what is no word of its vocabulary, CLIP reads in pieces."""
        return []

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._texts.vectors(*self._text_inputs(texts).values())

    def _text_inputs(self, texts: Sequence[str] = _PROBES) -> dict[str, torch.Tensor]:
        """Tokenizes the texts into tensors, by the names that the model expects."""
        with self._tokenizer_lock:
            inputs = self._model.preprocess(list(texts))
        return {
            name: value.to(self._device)
            for name, value in inputs.items()
            if isinstance(value, torch.Tensor)
        }

    def _measure_dimensions(self) -> int:
        width, height = self.recipe.input_size
        return int(self.encode(np.zeros((1, 3, height, width), np.uint8)).shape[1])


def recipe_of(processor: Any) -> PixelRecipe:
    """The numbers of a transformers image processor (Any: its attributes are made at run time)."""
    size, crop = _mapping(processor.size), _mapping(processor.crop_size)
    shortest = size.get("shortest_edge")
    normalise = processor.do_normalize
    return PixelRecipe(
        resize=int(shortest) if shortest else (int(size["width"]), int(size["height"])),
        crop=(int(crop["width"]), int(crop["height"])) if processor.do_center_crop else None,
        resample=Image.Resampling(int(processor.resample)),
        crop_offset=floor_offset,
        scale=float(processor.rescale_factor) if processor.do_rescale else 1.0,
        mean=tuple(processor.image_mean) if normalise else (0.0, 0.0, 0.0),
        std=tuple(processor.image_std) if normalise else (1.0, 1.0, 1.0),
    )


def _mapping(size: Any) -> Mapping[str, int]:
    """transformers keeps sizes as a dict or as its own SizeDict, whose unset entries are None."""
    if size is None:
        return {}
    return {key: value for key, value in dict(size).items() if value is not None}
