"""A model's picture side: batches of pixels to unit vectors, in the way chosen for this machine."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from service.embedding.images.preprocessing import PixelRecipe, unit_rows
from service.embedding.inference.plans import (
    BuildStage,
    Candidate,
    Stage,
    Way,
    fastest,
    full_precision,
    reduced_precision,
)
from service.embedding.inference.processor import computes_bfloat16

log = logging.getLogger(__name__)

Precision: TypeAlias = Literal["auto", "float32", "bfloat16"]
Build: TypeAlias = Callable[[], Sequence[BuildStage]]

LEAST_COSINE = {torch.float32: 0.999999, torch.bfloat16: 0.9995, torch.float16: 0.9995}
"""Rounding alone stays above these; what is below them is another model's vector."""


class VisionModel:
    """Runs the plain model until `accelerate` finds a faster way to the same vectors."""

    def __init__(self, plain: Stage, recipe: PixelRecipe, device: torch.device) -> None:
        self._plain = Way("plain float32", (plain,))
        self._recipe = recipe
        self._device = device
        self.way = self._plain

    def encode(self, batch: NDArray[np.generic]) -> NDArray[np.float32]:
        steps = self.encode_in_steps(batch)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                vectors: NDArray[np.float32] = end.value
                return vectors

    def encode_in_steps(
        self, batch: NDArray[np.generic]
    ) -> Generator[None, None, NDArray[np.float32]]:
        """`encode`, with a pause after every stage but the last."""
        with torch.inference_mode():
            state = self._recipe.normalised(batch, self._device)
        *stages, last = self.way.stages
        for stage in stages:
            with torch.inference_mode():
                state = stage(state)
            yield
        with torch.inference_mode():
            return unit_rows(last(state))

    def encode_plainly(self, batch: NDArray[np.generic]) -> NDArray[np.float32]:
        """`encode` by the plain model, whose modules can be listened to."""
        with torch.inference_mode():
            return unit_rows(self._plain.features(self._recipe.normalised(batch, self._device)))

    def accelerate(self, build: Build, precision: Precision) -> None:
        """Takes the fastest way for this machine whose vectors are those of the plain model.

        `build` gives the stages over packed layers, for the processor; it may raise.
        """
        probes = self._recipe.normalised(self._probes(), self._device)
        with _one_thread():
            self.way = fastest(self._plain, self._candidates(build, precision), probes)

    def _candidates(self, build: Build, precision: Precision) -> list[Candidate]:
        if self._device.type == "cuda":
            return [] if precision == "float32" else [self._on_gpu(precision)]
        try:
            stages = build()
        except Exception as exc:
            # Whatever another model has or lacks: the plain way is the one to take.
            log.info("no packed layers for this model: %r", exc)
            return []
        candidates: list[Candidate] = []
        if precision == "bfloat16" or (precision == "auto" and computes_bfloat16()):
            candidates += reduced_precision(stages, torch.bfloat16, LEAST_COSINE[torch.bfloat16])
        return [*candidates, full_precision(stages, LEAST_COSINE[torch.float32])]

    def _on_gpu(self, precision: Precision) -> Candidate:
        dtype = torch.bfloat16 if precision == "bfloat16" else torch.float16
        (plain,) = self._plain.stages

        def half(pixels: torch.Tensor) -> torch.Tensor:
            with torch.autocast("cuda", dtype=dtype):
                return plain(pixels).float()

        return Candidate(f"half precision on {self._device}", LEAST_COSINE[dtype], lambda: (half,))

    def _probes(self) -> NDArray[np.uint8]:
        """Noise, a gradient and a plain grey: pixels of three pictures, always the same."""
        width, height = self._recipe.input_size
        noise = np.random.default_rng(0).integers(0, 256, (3, height, width))
        gradient = np.stack([np.linspace(0, 255, width)[None] * np.ones((height, 1))] * 3)
        grey = np.full((3, height, width), 128)
        return np.stack([noise, gradient, grey]).astype(np.uint8)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Two threads that wait for each other take seconds a pass on a machine with other work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
