"""The semantic encoder: a CLIP model of sentence-transformers, pictures and texts in one space."""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from service.core.errors import InvalidText, SetupError
from service.core.interfaces import RegionEncoder
from service.embedding.clip.accelerated import clip_stages
from service.embedding.clip.attribution import ClipRegions
from service.embedding.images.preprocessing import PixelRecipe, floor_offset, unit_rows
from service.embedding.inference.plans import BuildStage, Unsupported
from service.embedding.inference.vision import Precision, VisionModel
from service.embedding.model_files.fingerprints import fingerprint, hash_files, model_files

PREPROCESSING_VERSION = "clip-1"

MAX_TEXT_CHARACTERS = 10_000
"""Longer texts are refused without counting their tokens, which would take a while."""


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
        self.vision = VisionModel(self._plain_features, self.recipe, device)
        self.name = self.text_encoder = name
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

    def encode_in_steps(
        self, batch: NDArray[np.generic]
    ) -> Generator[None, None, NDArray[np.float32]]:
        return self.vision.encode_in_steps(batch)

    def accelerate(self, precision: Precision) -> None:
        """Pictures go the fastest way that this machine has to the same vectors."""
        self.vision.accelerate(self._stages, precision)

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
        with torch.inference_mode():
            with self._tokenizer_lock:
                inputs = self._model.preprocess(list(texts))
            moved = {k: v.to(self._device) if hasattr(v, "to") else v for k, v in inputs.items()}
            return unit_rows(self._model(moved)["sentence_embedding"])

    def _plain_features(self, pixels: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self._model({"pixel_values": pixels, "modality": "image"})[
            "sentence_embedding"
        ]
        return features

    def _stages(self) -> tuple[BuildStage, ...]:
        if len(self._model) != 1:
            raise Unsupported("modules behind the CLIP model")
        return clip_stages(self._model[0].model)

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
