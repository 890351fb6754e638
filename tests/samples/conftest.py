"""The shipped encoders, and the sample catalogue as they see it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from drawing.scene import Scene, jpeg
from service.embedding.compact.semantic import CompactSemanticEncoder
from service.embedding.compact.visual import CompactVisualEncoder
from service.samples.files import Sample, samples

WEIGHTS = {"semantic": (1.0, 0.0), "visual": (0.0, 1.0), "hybrid": (0.6, 0.4)}


@dataclass(frozen=True)
class Shelf:
    """The catalogue's pictures embedded; ranks as the service has them."""

    semantic: CompactSemanticEncoder
    visual: CompactVisualEncoder
    samples: Sequence[Sample]
    vectors: tuple[np.ndarray, np.ndarray]

    def ranked(self, scene: Scene, weights: str = "hybrid") -> list[Sample]:
        """All samples, best first."""
        query = embed(self.semantic, self.visual, [jpeg(scene)])
        parts = zip(WEIGHTS[weights], query, self.vectors, strict=True)
        scores = sum(weight * (q @ shelf.T)[0] for weight, q, shelf in parts)
        return [self.samples[n] for n in np.argsort(-scores)]

    def ranked_by_text(self, text: str) -> list[Sample]:
        scores = (self.semantic.encode_texts([text]) @ self.vectors[0].T)[0]
        return [self.samples[n] for n in np.argsort(-scores)]


def embed(
    semantic: CompactSemanticEncoder, visual: CompactVisualEncoder, pictures: Sequence[bytes]
) -> tuple[np.ndarray, np.ndarray]:
    images = [Image.open(io.BytesIO(data)) for data in pictures]
    return tuple(  # type: ignore[return-value]  # two encoders, two arrays
        encoder.encode(np.stack([encoder.preprocess(image) for image in images]))
        for encoder in (semantic, visual)
    )


@pytest.fixture(scope="session")
def pictures() -> list[bytes]:
    return [sample.file.read_bytes() for sample in samples()]


@pytest.fixture(scope="session")
def shelf(pictures: list[bytes]) -> Shelf:
    semantic, visual = CompactSemanticEncoder.load(), CompactVisualEncoder.load()
    return Shelf(semantic, visual, samples(), embed(semantic, visual, pictures))
