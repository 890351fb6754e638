"""Ways to run one model, and the choice of the fastest that gives the plain model's vectors."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from service.embedding.images.preprocessing import unit_rows

log = logging.getLogger(__name__)

Stage: TypeAlias = Callable[[torch.Tensor], torch.Tensor]

BuildStage: TypeAlias = Callable[[torch.dtype], Stage]
"""Makes a stage that calculates in this type, whatever its input's."""

CLEARLY_FASTER = 1.5
"""A way so many times as fast as the plain one is taken without trying those after it."""

_ROUNDS = 3


class Unsupported(Exception):
    """The model is built in a manner that this way does not know."""


@dataclass(frozen=True, slots=True)
class Way:
    """Normalised pixels through all stages, one after the other, to features."""

    name: str
    stages: tuple[Stage, ...]

    def features(self, pixels: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            return reduce(lambda state, stage: stage(state), self.stages, pixels)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way that may be built; `least_cosine` to the plain vectors is exact enough for it."""

    name: str
    least_cosine: float
    build: Callable[[], tuple[Stage, ...]]


def reduced_precision(
    stages: Sequence[BuildStage], dtype: torch.dtype, least_cosine: float
) -> list[Candidate]:
    """All stages in `dtype`, then with the first ones in float32, where errors grow the most:
    each later layer carries them on."""
    name = str(dtype).rpartition(".")[2]
    return [
        Candidate(
            f"packed {name}"
            + (f", the first {exact} of {len(stages)} stages float32" * (exact > 0)),
            least_cosine,
            partial(_mixed, stages, exact, dtype),
        )
        for exact in (0, len(stages) // 4, len(stages) // 2)
    ]


def full_precision(stages: Sequence[BuildStage], least_cosine: float) -> Candidate:
    return Candidate("packed float32", least_cosine, partial(_mixed, stages, 0, torch.float32))


def _mixed(stages: Sequence[BuildStage], exact: int, dtype: torch.dtype) -> tuple[Stage, ...]:
    return tuple(
        build(torch.float32 if number < exact else dtype) for number, build in enumerate(stages)
    )


def fastest(
    plain: Way,
    candidates: Iterable[Candidate],
    probes: torch.Tensor,
    *,
    seconds: Callable[[Way, torch.Tensor], float] | None = None,
) -> Way:
    """The fastest way for one picture, of those that give the plain vectors for the probes.

    `probes` are normalised pixels of several pictures. Never raises for a candidate: one that
    cannot be built, fails or strays is passed over, and the plain way is always there.
    """
    measure = seconds or best_seconds
    lone = probes[:1]
    # Together in a pass, and the first one alone; both also warm the way up.
    expected = _vectors(plain, probes)
    best, best_s = plain, measure(plain, lone)
    plain_s = best_s
    for candidate in candidates:
        way = _exact(candidate, expected, probes)
        if way is None:
            continue
        took_s = measure(way, lone)
        log.info(
            "%s: %.1f ms a picture, %.1f ms plain",
            way.name,
            took_s * 1e3,
            plain_s * 1e3,
        )
        if took_s < best_s:
            best, best_s = way, took_s
        if took_s * CLEARLY_FASTER <= plain_s:
            break
    return best


def best_seconds(way: Way, pixels: torch.Tensor) -> float:
    """The shortest of a few passes: what else the machine does only ever makes one longer.

    On the processor in this thread's own time, which other processes do not count in.
    """
    clock = time.thread_time if pixels.device.type == "cpu" else time.perf_counter
    taken: list[float] = []
    for _ in range(_ROUNDS):
        started = clock()
        way.features(pixels).cpu()  # a GPU answers before it is done
        taken.append(clock() - started)
    return min(taken)


def _exact(candidate: Candidate, expected: NDArray[np.float32], probes: torch.Tensor) -> Way | None:
    try:
        with torch.inference_mode():
            way = Way(candidate.name, candidate.build())
        cosine = float(np.sum(_vectors(way, probes) * expected, axis=1).min())
    except Exception as exc:
        # Operators that a build of PyTorch lacks, another model's attributes: many errors, and
        # each means that the plain way is the one to take.
        log.info("%s cannot be used here: %r", candidate.name, exc)
        return None
    if not cosine >= candidate.least_cosine:
        log.warning("%s strays from the plain model: cosine %.6f", candidate.name, cosine)
        return None
    return way


def _vectors(way: Way, probes: torch.Tensor) -> NDArray[np.float32]:
    """All probes in one pass, and the first one alone."""
    passes: Sequence[torch.Tensor] = (probes, probes[:1])
    return np.concatenate([unit_rows(way.features(pixels)) for pixels in passes])
