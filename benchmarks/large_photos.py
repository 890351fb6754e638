"""Photos of 12 megapixels: reduced decoding beside a full one, in time and in vectors."""

from __future__ import annotations

import numpy as np

from benchmarks.options import Options, Result, milliseconds
from benchmarks.pictures import TWELVE_MEGAPIXELS, picture
from service.config import Settings
from service.embedding.clip import ClipEncoder
from service.embedding.embedder import HybridEmbedder
from service.embedding.images import open_image
from service.embedding.loading import LoadedEncoders
from service.embedding.resnet50 import Resnet50Encoder

FULL_PX = 10**6


def measure(options: Options) -> Result:
    """Times of decoding with preprocessing, alternating, and the least cosine of each signal."""
    clip = ClipEncoder.load(options.clip, name="clip")
    resnet50 = Resnet50Encoder.load(options.resnet50)
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    limits = HybridEmbedder(LoadedEncoders(clip, resnet50), settings).limits
    side_px = limits.shorter_side_px
    ratios, ours_ms, full_ms = [], [], []
    cosines = {"semantic": 1.0, "visual": 1.0}
    for seed in range(options.size(6, 1)):
        data = picture(seed, TWELVE_MEGAPIXELS)

        def prepared(side_px: int, data: bytes = data) -> list[np.ndarray]:
            image = open_image(data, limits).decode(side_px)
            return [clip.preprocess(image), resnet50.preprocess(image)]

        ours = min(milliseconds(lambda: prepared(side_px)) for _ in range(5))
        full = min(milliseconds(lambda: prepared(FULL_PX)) for _ in range(5))
        ours_ms.append(ours)
        full_ms.append(full)
        ratios.append(full / ours)
        pairs = zip(prepared(side_px), prepared(FULL_PX), strict=True)
        for (name, encoder), (one, other) in zip(
            (("semantic", clip), ("visual", resnet50)), pairs, strict=True
        ):
            vectors = encoder.encode(np.stack([one, other]))
            cosines[name] = min(cosines[name], float(vectors[0] @ vectors[1]))
    return {
        "ours_ms": min(ours_ms),
        "full_ms": min(full_ms),
        "ratio": min(full_ms) / min(ours_ms),
        "ratios": ratios,
        "least_cosine": cosines,
    }
