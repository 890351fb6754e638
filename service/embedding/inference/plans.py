"""Chooses the fastest execution plan of a model that gives the plain model's vectors."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from service.embedding.images.preprocessing import unit_rows

log = logging.getLogger(__name__)

Inputs: TypeAlias = tuple[torch.Tensor, ...]
Run: TypeAlias = Callable[..., torch.Tensor]
"""A function that turns the inputs of n items into features, (n, dimensions)."""

CLEARLY_FASTER = 1.5
"""A plan so many times as fast as the plain one is taken without trying those after it."""

_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """One way to run the model."""

    name: str
    run: Run

    def features(self, inputs: Inputs) -> torch.Tensor:
        with torch.inference_mode():
            return self.run(*inputs)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plan that may be built; `least_cosine` to the plain vectors is exact enough for it."""

    name: str
    least_cosine: float
    build: Callable[[], Run]


def fastest(
    plain: Plan,
    candidates: Iterable[Candidate],
    probes: Inputs,
    expected: NDArray[np.float32],
    *,
    seconds: Callable[[Plan, Inputs], float] | None = None,
) -> Plan:
    """The fastest plan for one item, of those that give the plain vectors for the probes.

    `probes` are the inputs of several items, `expected` the plain plan's `vectors` of them. Never
    raises for a candidate: one that cannot be built, fails or strays is passed over, and the plain
    plan is always there.
    """
    measure = seconds or best_seconds
    lone = _first(probes)
    best, best_s = plain, measure(plain, lone)
    plain_s = best_s
    for candidate in candidates:
        plan = exact(candidate, expected, probes)
        if plan is None:
            continue
        took_s = measure(plan, lone)
        log.info("%s: %.1f ms alone, %.1f ms plain", plan.name, took_s * 1e3, plain_s * 1e3)
        if took_s < best_s:
            best, best_s = plan, took_s
        if took_s * CLEARLY_FASTER <= plain_s:
            break
    return best


def best_seconds(plan: Plan, inputs: Inputs) -> float:
    """The shortest of a few passes: what else the machine does only ever makes one longer.

    On the processor in this process's own time, in which others do not count.
    """
    clock = time.process_time if inputs[0].device.type == "cpu" else time.perf_counter
    taken: list[float] = []
    for _ in range(_ROUNDS):
        started = clock()
        plan.features(inputs).cpu()  # a GPU answers before it is done
        taken.append(clock() - started)
    return min(taken)


def exact(candidate: Candidate, expected: NDArray[np.float32], probes: Inputs) -> Plan | None:
    """The candidate's plan, or None where it fails or strays from the expected vectors."""
    try:
        plan = Plan(candidate.name, candidate.build())
        cosine = float(np.sum(vectors(plan, probes) * expected, axis=1).min())
    except Exception as exc:
        # A processor that lacks what the plan needs, a package that is not there: many errors,
        # and each means that another plan is the one to take.
        log.info("%s cannot be used here: %r", candidate.name, exc)
        return None
    if not cosine >= candidate.least_cosine:
        log.warning("%s strays from the plain model: cosine %.6f", candidate.name, cosine)
        return None
    return plan


def vectors(plan: Plan, probes: Inputs) -> NDArray[np.float32]:
    """Unit rows of all probes in one pass, then of the first one alone; this warms the plan up."""
    passes: Sequence[Inputs] = (probes, _first(probes))
    return np.concatenate([unit_rows(plan.features(inputs)) for inputs in passes])


def _first(probes: Inputs) -> Inputs:
    return tuple(tensor[:1].contiguous() for tensor in probes)
