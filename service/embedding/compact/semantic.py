"""The compact semantic encoder: pictures and words in one small space."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from safetensors.torch import load_file

from service.core.errors import InvalidText
from service.core.interfaces import RegionEncoder
from service.embedding.compact.files import (
    SEMANTIC_WEIGHTS,
    VOCABULARY,
    WEIGHTS_DIRECTORY,
    fingerprint_of,
    metadata_of,
)
from service.embedding.compact.network import (
    ImageTower,
    TowerShape,
    embedding_of,
    folded,
    quickened,
)
from service.embedding.compact.preprocessing import to_square
from service.embedding.compact.semantic_attribution import CompactSemanticRegions
from service.embedding.compact.vocabulary import Vocabulary

MAX_TEXT_CHARACTERS: Final = 1000

Vectors = npt.NDArray[np.float32]


class CompactSemanticEncoder:
    """Encodes what a thing is, and a little of its colour and pattern. MODEL_CARD.md says more."""

    name = "compact-semantic-1"
    text_encoder = name

    def __init__(
        self,
        tower: ImageTower,
        words: Vectors,
        vocabulary: Vocabulary,
        *,
        side: int,
        attribute_share: float,
        fingerprint: str,
    ) -> None:
        """`words` is (words, dimensions), one row for each word of the vocabulary."""
        self._tower = quickened(folded(tower))
        self._words, self._vocabulary = words, vocabulary
        self._side, self._attribute_share = side, attribute_share
        self.dimensions = int(words.shape[1])
        self.fingerprint = fingerprint

    @property
    def parameters(self) -> int:
        """How many numbers the image tower has."""
        return sum(parameter.numel() for parameter in self._tower.parameters())

    @classmethod
    def load(cls, directory: Path = WEIGHTS_DIRECTORY) -> "CompactSemanticEncoder":
        """Read weights and vocabulary; raises WeightsUnavailable if a file is unreadable."""
        path = directory / SEMANTIC_WEIGHTS
        about = metadata_of(path)
        tensors = {name: tensor.float() for name, tensor in load_file(path).items()}
        words = tensors.pop("words").numpy()
        tower = ImageTower(shape_from(about["shape"]))
        tower.load_state_dict(tensors)
        return cls(
            tower,
            words,
            Vocabulary.load(directory / VOCABULARY),
            side=int(about["side"]),
            attribute_share=float(about["attribute_share"]),
            fingerprint=fingerprint_of([path, directory / VOCABULARY]),
        )

    def preprocess(self, image: Image.Image) -> npt.NDArray[np.uint8]:
        """An upright RGB picture as (side, side, 3)."""
        return to_square(image, self._side)

    def encode(self, batch: npt.NDArray[np.generic]) -> Vectors:
        """(n, side, side, 3) to (n, dimensions) of unit length."""
        if not len(batch):
            return np.empty((0, self.dimensions), np.float32)
        pixels = torch.from_numpy(np.ascontiguousarray(batch)).permute(0, 3, 1, 2)
        with torch.inference_mode():
            kind, colours, patterns = self._tower(pixels.float().div_(255))
            embedding = embedding_of(kind, colours, patterns, self._attribute_share)
        return np.asarray(embedding.numpy(), np.float32)

    def regions(self) -> RegionEncoder:
        return CompactSemanticRegions(self.encode, self._tower, self._attribute_share)

    def unknown_words(self, text: str) -> list[str]:
        """The words of the text that play no part in its embedding."""
        return list(self._vocabulary.read(text).unknown)

    def check_text(self, text: str) -> None:
        """Raise InvalidText unless `encode_texts` can place the text.

        One known word is enough; the others, which `unknown_words` tells, are left out.
        """
        if not text.strip():
            raise InvalidText("The text is empty; describe a product in a few words.")
        if len(text) > MAX_TEXT_CHARACTERS:
            raise InvalidText(
                f"The text is longer than {MAX_TEXT_CHARACTERS} characters; shorten it."
            )
        reading = self._vocabulary.read(text)
        if not reading.rows:
            raise InvalidText(_no_known_word(reading.unknown))

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """(n, dimensions) of unit length; raises InvalidText as `check_text` does."""
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        for row, text in enumerate(texts):
            self.check_text(text)
            rows = list(self._vocabulary.read(text).rows)
            meaning = self._words[rows].sum(0)
            vectors[row] = meaning / max(float(np.linalg.norm(meaning)), 1e-6)
        return vectors


def shape_from(text: str) -> TowerShape:
    """The inverse of `shape_as_text`."""
    values = json.loads(text)
    return TowerShape(
        **{**values, "widths": tuple(values["widths"]), "depths": tuple(values["depths"])}
    )


def shape_as_text(shape: TowerShape) -> str:
    """JSON for the weights file's metadata."""
    return json.dumps(asdict(shape))


def _no_known_word(unknown: Sequence[str]) -> str:
    named = ", ".join(f'"{word}"' for word in unknown[:10])
    if not named:
        return "The text holds no word about a product; name a product, a colour or a pattern."
    return (
        f"No known word in the text: {named}. The compact encoders know a few thousand English "
        "words for products, colours and patterns; use one of those, or run with CLIP."
    )
