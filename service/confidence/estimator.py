"""Estimates how unusual a score is in a catalogue.

The baseline is measured by searching the catalogue for its own products. Each of them is hidden
together with its two nearest neighbours, so that it finds what an absent product would find.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from service.core.embedding import Signal, Vector

MIN_PRODUCTS = 20
"""The third nearest of fewer products does not tell how similar different products are."""

SAMPLE_PRODUCTS = 512
PROBES = 128
"""The number of sampled products that are searched for.

The 128 x 512 similarities of one signal take 0.25 MB.
"""

HIDDEN_NEIGHBOURS = 2
"""The neighbours hidden with each product: its variants do not make a catalogue uniform."""

MAX_GROWTH = 0.5
"""The largest growth 1/d: the pictures of a catalogue differ in at least two dimensions."""

FOUND_FROM = 0.8
NOTHING_ALIKE_TO = 0.3

_IDENTICAL = 1e-4
"""The rounding error of a float32 cosine, and so the smallest distance that counts."""

T = TypeVar("T", bound=np.generic)

Matrix = NDArray[np.float32]
Nearnesses = NDArray[np.float64]
"""Values of -ln(1 - score)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The total weights of a query's pictures and texts, wanted and unwanted ones apart.

    A stored product counts as a picture. Several pictures in one query are taken for views of the
    same product, and so count as one picture.
    """

    picture: float = 0.0
    text: float = 0.0
    unlike_picture: float = 0.0
    unlike_text: float = 0.0


@dataclass(frozen=True, slots=True)
class Probes:
    """The queries that are searched for in the sample, one a row.

    `products` holds the row in the sample of each probe's own product. For each signal, `vectors`
    has the shape (probes, dimensions) and `similarities` the shape (probes, sample).
    """

    products: NDArray[np.intp]
    vectors: Mapping[str, Matrix]
    similarities: Mapping[str, Matrix]


@dataclass(frozen=True, slots=True)
class Baseline:
    """A random sample of the catalogue, compared with itself.

    `texts` is None if too few product names could be read.
    """

    pictures: Probes
    texts: Probes | None
    sampled: int
    images: int
    """The number of pictures in the catalogue. More pictures bring the nearest one nearer."""


def probes(
    vectors: Sequence[Mapping[str, Vector]],
    products: Sequence[int],
    sample: Mapping[str, Matrix],
) -> Probes:
    """Compares the probes with the sample, signal by signal.

    Each probe has a unit vector per signal, and the sample an array (n, dimensions) per signal.
    """
    stacked = {name: np.stack([one[name] for one in vectors]) for name in vectors[0]}
    return Probes(
        np.asarray(products, np.intp),
        stacked,
        {name: rows @ sample[name].T for name, rows in stacked.items()},
    )


def null_distribution(
    baseline: Baseline, shape: Shape, weights: Mapping[str, float], signals: Sequence[Signal]
) -> Nearnesses | None:
    """Returns the nearnesses that such a query finds if the product is absent, one for each probe.

    The probes take the places of the query's pictures and texts. A sample is sparser than the
    catalogue, and the distance to the k-th nearest of n points falls as n to the power of -1/d. The
    local dimension d is estimated from the distances (Levina and Bickel 2004).
    Returns None for a query with a text if the baseline has no texts.
    """
    if (shape.text or shape.unlike_text) and baseline.texts is None:
        return None
    scores = np.zeros((_count(baseline, shape), baseline.sampled), np.float32)
    for signal in signals:
        if weights.get(signal.name):
            scores += np.float32(weights[signal.name]) * _similarities(baseline, shape, signal.name)
    _hide_own(scores, baseline, shape)
    place = 1 + HIDDEN_NEIGHBOURS
    further = min(4 * place, baseline.sampled - 2)
    ordered = np.sort(scores, axis=1)
    near, far = _nearness(ordered[:, -place]), _nearness(ordered[:, -further])
    growth = float(np.median(near - far)) / math.log(further / place)
    growth = min(max(growth, 0.0), MAX_GROWTH)
    denser = max(baseline.images / baseline.sampled, 1.0)
    return near + growth * math.log(denser)


def confidences(scores: Sequence[float], null: Nearnesses) -> list[float]:
    """Returns the share of the null distribution below each score, 0 to 1, smoothed.

    This is one minus a conformal p-value (Vovk, Gammerman and Shafer 2005, chapter 2). The kernel
    is logistic. Its width is half of Silverman's (1986, formula 3.28), because ranks need less
    smoothing than densities do. An identical picture has the confidence 1 in any catalogue.
    """
    width = 0.5 * float(null.std()) * len(null) ** -0.2 + 0.01
    found = _nearness(np.asarray(scores, np.float64)[:, None])
    steps = (found - null[None, :]) / width
    shares = np.mean(0.5 * (1.0 + np.tanh(steps / 2.0)), axis=1)
    shares[np.asarray(scores) >= 1.0 - _IDENTICAL] = 1.0
    return [float(share) for share in shares]


def _nearness(score: NDArray[np.floating[Any]]) -> Nearnesses:
    """Returns -ln(1 - score), kept finite at 1.

    It grows by the same step each time the distance shrinks by the same factor.
    """
    return np.asarray(-np.log(np.maximum(1.0 - score, _IDENTICAL)), np.float64)


@dataclass(frozen=True, slots=True)
class _Term:
    """One part of every probe's query.

    The rows of each part are rolled by `roll`, so that a query's parts show different products.
    """

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
    """Returns the similarities of every probe's query with the sample.

    The parts of a query are joined to one unit vector, as in `service.scoring.mixture`.
    """
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
