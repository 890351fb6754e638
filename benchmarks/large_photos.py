"""Measures photos of 12 megapixels: decoding, preprocessing and vectors, against the naive way."""

from __future__ import annotations

import statistics

import numpy as np

from benchmarks.naive import Naive
from benchmarks.options import Options, Result, milliseconds
from benchmarks.pictures import TWELVE_MEGAPIXELS, picture
from service.config import Settings
from service.embedding.embedder import HybridEmbedder
from service.embedding.images.reader import open_image
from service.embedding.loading import load_encoders

FULL_PX = 10**6
REPEATS = 5


def measure(options: Options) -> Result:
    """Times both alternately, and returns the least cosine of each signal to the naive vectors."""
    naive = Naive(options.clip, options.resnet50)
    chosen = {name.lower(): value for name, value in options.models().items()}
    settings = Settings(_env_file=None, **chosen)  # type: ignore[arg-type]
    encoders = load_encoders(settings.model_options)
    limits = HybridEmbedder(encoders, settings.embedding_limits).limits
    models = encoders.by_signal.values()

    def prepared(data: bytes, side_px: int) -> list[np.ndarray]:
        image = open_image(data, limits).decode(side_px)
        return [model.preprocess(image) for model in models]

    ways = {
        "ours": lambda data: prepared(data, limits.shorter_side_px),
        "full": lambda data: prepared(data, FULL_PX),
        "naive": naive.prepare,
    }
    taken: dict[str, list[float]] = {way: [] for way in ways}
    cosines = dict.fromkeys(encoders.by_signal, 1.0)
    megabytes = []
    for seed in range(options.size(8, 1)):
        data = picture(seed, TWELVE_MEGAPIXELS)
        megabytes.append(len(data) / 1e6)
        for way, prepare in ways.items():
            taken[way].append(
                min(milliseconds(lambda: prepare(data)) for _ in range(REPEATS))  # noqa: B023
            )
        ours = prepared(data, limits.shorter_side_px)
        for name, model, pixels, exact in zip(
            cosines, models, ours, naive.embed(data), strict=True
        ):
            cosines[name] = min(cosines[name], float(model.encode(pixels[None])[0] @ exact))
    medians = {f"{way}_ms": statistics.median(values) for way, values in taken.items()}
    return {
        **medians,
        "megabytes": statistics.median(megabytes),
        "decoded_size": open_image(data, limits).decode(limits.shorter_side_px).size,
        "ratio": medians["naive_ms"] / medians["ours_ms"],
        "ratio_to_full": medians["full_ms"] / medians["ours_ms"],
        "ratios": [b / a for a, b in zip(taken["ours"], taken["naive"], strict=True)],
        "least_cosine": cosines,
    }
