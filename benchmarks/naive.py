"""Implements the naive way: one request at a time, the libraries' own calls, and two searches."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from sentence_transformers import SentenceTransformer
from torchvision.models import ResNet50_Weights, resnet50

Vectors = tuple[NDArray[np.float32], NDArray[np.float32]]
"""The unit vectors of a picture, one for each of SIGNALS."""

SIGNALS = ("semantic", "visual")

WEIGHTS = (0.6, 0.4)
CANDIDATES = 100


class Naive:
    """Encodes and searches like the first example in each library's documentation."""

    def __init__(self, clip: Path, resnet50_file: Path) -> None:
        self._clip = SentenceTransformer(str(clip), device="cpu")
        self._resnet50 = resnet50(weights=None)
        self._resnet50.load_state_dict(torch.load(resnet50_file, weights_only=True))
        self._resnet50.fc = torch.nn.Identity()
        self._resnet50.eval()
        self._transforms = ResNet50_Weights.IMAGENET1K_V1.transforms()

    def embed(self, data: bytes) -> Vectors:
        image = Image.open(io.BytesIO(data)).convert("RGB")
        semantic = self._clip.encode(image, show_progress_bar=False)
        with torch.no_grad():
            visual = self._resnet50(self._transforms(image).unsqueeze(0))[0].numpy()
        return _unit(semantic), _unit(visual)

    def prepare(self, data: bytes) -> None:
        """Decodes and preprocesses a picture like `embed`, with the libraries' own functions."""
        image = Image.open(io.BytesIO(data)).convert("RGB")
        self._clip.preprocess([image])
        self._transforms(image)

    def fill(self, stored: list[Vectors]) -> None:
        """Sets the embedded catalogue to search in."""
        self._semantic = np.stack([semantic for semantic, _ in stored])
        self._visual = np.stack([visual for _, visual in stored])

    def search(self, data: bytes) -> list[tuple[int, float]]:
        """Returns the ten best (index, score) among the best hundred of each model."""
        scores: dict[int, float] = {}
        for weight, stored, query in zip(
            WEIGHTS, (self._semantic, self._visual), self.embed(data), strict=True
        ):
            similarities = stored @ query
            for number in np.argsort(-similarities)[:CANDIDATES]:
                scores[int(number)] = scores.get(int(number), 0) + weight * similarities[number]
        return sorted(scores.items(), key=lambda scored: -scored[1])[:10]

    def exact_scores(self, data: bytes) -> NDArray[np.float32]:
        """Returns the hybrid score of every picture in the catalogue, in float32."""
        semantic, visual = self.embed(data)
        return np.asarray(
            WEIGHTS[0] * (self._semantic @ semantic) + WEIGHTS[1] * (self._visual @ visual)
        )


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vector / np.linalg.norm(vector), np.float32)
