"""The semantic encoder: a CLIP model of sentence-transformers, pictures and texts in one space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from service.core.errors import SetupError
from service.core.interfaces import RegionEncoder
from service.embedding.clip.attribution import ClipRegions
from service.embedding.clip.loading import load_model, part_for
from service.embedding.clip.texts import ClipTexts
from service.embedding.clip.towers import ImageTower
from service.embedding.images.preprocessing import PixelRecipe, floor_offset
from service.embedding.inference.exports import Exports
from service.embedding.inference.vision import VisionModel
from service.embedding.model_files.fingerprints import fingerprint, hash_files, model_files
from service.embedding.options import Precision

PREPROCESSING_VERSION = "clip-2"

MAX_PIXEL_DIFFERENCE = 0.02
"""The mean difference between normalised pixels here and the library's that rounding explains:
one of 256 levels is 0.015 once it is divided by a standard deviation."""


class ClipEncoder:
    """Encoder and TextEncoder over a `SentenceTransformer`, whose texts another model may read."""

    def __init__(
        self,
        model: Any,
        *,
        name: str,
        weights_hash: str,
        device: torch.device,
        texts: ClipTexts | None = None,
    ) -> None:
        """Any: sentence-transformers types its modules and processors as such.

        Raises SetupError for a model whose preprocessing is not known here, or whose `texts` have
        another number of dimensions.
        """
        self._model = model
        self._device = device
        self._weights_hash = weights_hash
        self.recipe = recipe_of(part_for(model, "image").processor.image_processor)
        self.vision = VisionModel("clip-pictures", ImageTower(model), self.recipe, device)
        self.name = name
        self._check_pixels()
        self.dimensions = self._measure_dimensions()
        self.texts = texts or ClipTexts(model, name=name, weights_hash=weights_hash, device=device)
        self.text_encoder = self.texts.name
        if self.texts.dimensions != self.dimensions:
            raise SetupError(
                f"{self.texts.name} gives texts {self.texts.dimensions} dimensions, {name} gives "
                f"pictures {self.dimensions}; set CLIP_TEXT_MODEL to a model made for {name}."
            )
        self.fingerprint = fingerprint(
            name, {"weights": weights_hash}, PREPROCESSING_VERSION, self.dimensions
        )

    @classmethod
    def load(
        cls, directory: Path, *, name: str, device: str = "cpu", texts: ClipTexts | None = None
    ) -> ClipEncoder:
        """Loads a directory that sentence-transformers or transformers wrote. Raises SetupError.

        `texts` take the place of the model's own text tower.
        """
        model = load_model(
            directory,
            device=device,
            modalities={"image"} if texts else {"image", "text"},
            setting="CLIP_MODEL",
        )
        return cls(
            model,
            name=name,
            weights_hash=hash_files(model_files(directory), root=directory),
            device=torch.device(device),
            texts=texts,
        )

    def preprocess(self, image: Image.Image) -> NDArray[np.generic]:
        return self.recipe.pixels(image)

    def encode(self, batch: NDArray[np.generic]) -> NDArray[np.float32]:
        return self.vision.encode(batch)

    def accelerate(self, precision: Precision, exports: Exports) -> None:
        """Takes the fastest execution plans for pictures and texts with the same vectors."""
        self.vision.accelerate(precision, exports, self._weights_hash)
        self.texts.accelerate(precision, exports)

    def regions(self) -> RegionEncoder:
        """Raises Unexplained where the model is not built as CLIP is."""
        return ClipRegions(self.name, self.recipe, self.vision.encode_plainly, self._model)

    def check_text(self, text: str) -> None:
        """Raises InvalidText for a text that the model could not read at all, or not to its end."""
        self.texts.check(text)

    def unknown_words(self, text: str) -> list[str]:
        """Always empty: words that are not in the vocabulary are read in pieces."""
        return []

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """n texts to (n, dimensions), of unit length."""
        return self.texts.encode(texts)

    def _check_pixels(self) -> None:
        """Compares the preprocessing with the library's, which follows settings unknown here."""
        for picture in _sample_pictures():
            ours = self.recipe.normalised(self.recipe.pixels(picture)[None], torch.device("cpu"))
            theirs = self._model.preprocess([picture])["pixel_values"].cpu()
            is_same = ours.shape == theirs.shape
            if not is_same or float((ours - theirs).abs().mean()) > MAX_PIXEL_DIFFERENCE:
                raise SetupError(
                    f"{self.name} asks for a preprocessing of pictures that this service does not "
                    "know: its pixels differ from those of sentence-transformers. Set CLIP_MODEL "
                    "to another model, or correct its preprocessor_config.json."
                )

    def _measure_dimensions(self) -> int:
        width, height = self.recipe.input_size
        return int(self.encode(np.zeros((1, 3, height, width), np.uint8)).shape[1])


def recipe_of(processor: Any) -> PixelRecipe:
    """The numbers of a transformers image processor (Any: its attributes are made at run time).

    Raises SetupError for one that does not bring all pictures to one size.
    """
    size, crop = _mapping(processor.size), _mapping(processor.crop_size)
    shortest = size.get("shortest_edge")
    if not processor.do_resize or not (shortest or {"height", "width"} <= size.keys()):
        raise SetupError(
            f"The model's preprocessing does not resize pictures to one size (do_resize: "
            f"{processor.do_resize}, size: {size}); set CLIP_MODEL to a model whose does."
        )
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


def _sample_pictures() -> list[Image.Image]:
    """A wide, a tall and a small picture of noise and gradients, always the same."""
    noise = np.random.default_rng(0).integers(0, 256, (90, 140, 3), np.uint8)
    shades = np.linspace(0, 255, 400)[:, None, None] * np.ones((1, 300, 3)) * [1, 0.5, 0.2]
    pictures = [noise, shades.astype(np.uint8), noise[:30, :40]]
    return [Image.fromarray(pixels) for pixels in pictures]


def _mapping(size: Any) -> Mapping[str, int]:
    """transformers keeps sizes as a dict or as its own SizeDict, whose unset entries are None."""
    if size is None:
        return {}
    return {key: value for key, value in dict(size).items() if value is not None}
