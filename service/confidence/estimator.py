"""How unusual a score is against the catalogue's own baseline.

The baseline is measured by searching the catalogue for its own products, each hidden together
with the two that look most like it: what is found then is what a thing that is not there finds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from service.core.embedding import Signal, Vector

LEAST_PRODUCTS = 20
"""With fewer, the third nearest product says nothing of how alike different things look."""

SAMPLE_PRODUCTS = 512
PROBES = 128
"""Products of the sample that are searched for. 128 x 512 similarities a signal take 0.25 MB."""

HIDDEN_LOOK_ALIKES = 2
"""A product's variants are no sign that everything in the catalogue looks alike."""

STEEPEST_GROWTH = 0.5
"""Of `_growth`; more would be a catalogue whose pictures differ in two ways only."""

FOUND_FROM = 0.8
NOTHING_ALIKE_TO = 0.3

_IDENTICAL = 1e-4
"""Rounding of float32 in a cosine: nothing is nearer than this."""

T = TypeVar("T", bound=np.generic)

Matrix = NDArray[np.float32]
Nearnesses = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a query is made of: the weights of its pictures and texts, and of those it is unlike.

    A stored product counts as its picture. Several pictures of one query are taken for views of
    one thing, and so for one picture.
    """

    picture: float = 0.0
    text: float = 0.0
    unlike_picture: float = 0.0
    unlike_text: float = 0.0


@dataclass(frozen=True, slots=True)
class Probes:
    """What is searched for in the sample, one row a probe; `products` are their rows in it.

    `similarities` are by signal (probes, sample), `vectors` by signal (probes, dimensions).
    """

    products: NDArray[np.intp]
    vectors: Mapping[str, Matrix]
    similarities: Mapping[str, Matrix]


@dataclass(frozen=True, slots=True)
class Baseline:
    """A random sample of the catalogue, compared with itself; `texts` is None without any."""

    pictures: Probes
    texts: Probes | None
    sampled: int
    images: int
    """In the whole catalogue: the more there are, the nearer the nearest is by chance."""


def probes(
    vectors: Sequence[Mapping[str, Vector]],
    products: Sequence[int],
    sample: Mapping[str, Matrix],
) -> Probes:
    """Compares each probe, unit vectors by signal, with the sample (n, dimensions) by signal."""
    stacked = {name: np.stack([one[name] for one in vectors]) for name in vectors[0]}
    return Probes(
        np.asarray(products, np.intp),
        stacked,
        {name: rows @ sample[name].T for name, rows in stacked.items()},
    )


def levels(
    baseline: Baseline, shape: Shape, weights: Mapping[str, float], signals: Sequence[Signal]
) -> Nearnesses | None:
    """What such a query finds where the thing itself is not there: nearnesses, one a probe.

    The probes take the places of the query's pictures and texts. A sample is sparser than the
    catalogue: the distance to the k-th nearest of n falls as n to the power of -1/d, where d is the
    local dimension, estimated as by Levina and Bickel (2004) from the distances themselves.
    None where the baseline has nothing of what the query is made of.
    """
    if (shape.text or shape.unlike_text) and baseline.texts is None:
        return None
    scores = np.zeros((_count(baseline, shape), baseline.sampled), np.float32)
    for signal in signals:
        if weights.get(signal.name):
            scores += np.float32(weights[signal.name]) * _similarities(baseline, shape, signal.name)
    _hide_own(scores, baseline, shape)
    place = 1 + HIDDEN_LOOK_ALIKES
    further = min(4 * place, baseline.sampled - 2)
    ordered = np.sort(scores, axis=1)
    near, far = _nearness(ordered[:, -place]), _nearness(ordered[:, -further])
    growth = float(np.median(near - far)) / math.log(further / place)
    growth = min(max(growth, 0.0), STEEPEST_GROWTH)
    denser = max(baseline.images / baseline.sampled, 1.0)
    return near + growth * math.log(denser)


def confidences(scores: Sequence[float], baseline_levels: Nearnesses) -> list[float]:
    """For each score the share of the baseline below it, 0 to 1, smoothed by a logistic kernel.

    This is one minus a conformal p-value (Vovk, Gammerman and Shafer 2005, chapter 2); the width
    is half of Silverman's (1986, formula 3.28), as ranks need less of it than densities do.
    Nothing is more alike than the very same, whatever the baseline: its confidence is 1.
    """
    width = 0.5 * float(baseline_levels.std()) * len(baseline_levels) ** -0.2 + 0.01
    found = _nearness(np.asarray(scores, np.float64)[:, None])
    steps = (found - baseline_levels[None, :]) / width
    shares = np.mean(0.5 * (1.0 + np.tanh(steps / 2.0)), axis=1)
    shares[np.asarray(scores) >= 1.0 - _IDENTICAL] = 1.0
    return [float(share) for share in shares]


def _nearness(score: NDArray[np.floating[Any]]) -> Nearnesses:
    """-ln(1 - score): finite up to 1, and linear where distances shrink by a constant factor."""
    return np.asarray(-np.log(np.maximum(1.0 - score, _IDENTICAL)), np.float64)


@dataclass(frozen=True, slots=True)
class _Term:
    """One part of the probes' queries; rows are rolled so that parts are of different products."""

    weight: float
    probes: Probes
    roll: int


def _terms(baseline: Baseline, shape: Shape) -> list[_Term]:
    texts = baseline.texts or baseline.pictures
    terms = [
        _Term(shape.picture, baseline.pictures, 0),
        _Term(shape.text, texts, 1 if shape.picture else 0),
        _Term(-shape.unlike_picture, baseline.pictures, 2),
        _Term(-shape.unlike_text, texts, 3),
    ]
    return [term for term in terms if term.weight]


def _count(baseline: Baseline, shape: Shape) -> int:
    return min(len(term.probes.products) for term in _terms(baseline, shape))


def _rows(term: _Term, values: NDArray[T], count: int) -> NDArray[T]:
    return values[(np.arange(count) + term.roll) % len(values)] if term.roll else values[:count]


def _similarities(baseline: Baseline, shape: Shape, name: str) -> Matrix:
    """Of every probe's query with the sample; the parts of each are joined to one unit vector."""
    count = _count(baseline, shape)
    terms = [term for term in _terms(baseline, shape) if name in term.probes.vectors]
    if not terms:
        return np.zeros((count, baseline.sampled), np.float32)
    weights = [np.float32(term.weight) for term in terms]
    total = _sum(weights, [_rows(t, t.probes.similarities[name], count) for t in terms])
    if len(terms) == 1:
        return total / abs(weights[0])
    joined = _sum(weights, [_rows(t, t.probes.vectors[name], count) for t in terms])
    lengths = np.linalg.norm(joined, axis=1, keepdims=True)
    return np.asarray(total / np.maximum(lengths, _IDENTICAL), np.float32)


def _sum(weights: Sequence[np.float32], matrices: Sequence[Matrix]) -> Matrix:
    total: Matrix = weights[0] * matrices[0]
    for weight, matrix in zip(weights[1:], matrices[1:], strict=True):
        total += weight * matrix
    return total


def _hide_own(scores: Matrix, baseline: Baseline, shape: Shape) -> None:
    rows = np.arange(len(scores))
    for term in _terms(baseline, shape):
        scores[rows, _rows(term, term.probes.products, len(rows))] = -np.inf
