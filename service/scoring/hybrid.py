"""Builds hybrid vectors, which are the unit vectors of all signals, end to end.

With a query of w_s * q_s in each slice and a stored vector of v_s in each slice,
dot(query, stored) = sum over s of w_s * cos(q_s, v_s). This inner product is the hybrid score, for
any weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from service.core.embedding import Embedding, Signal, Vector
from service.core.search import SignalScore


def stored_vector(embedding: Embedding, signals: Sequence[Signal]) -> Vector:
    """Returns the unweighted slices of all signals, float32, (sum of dimensions,)."""
    return np.concatenate([embedding.vectors[signal.name] for signal in signals]).astype(np.float32)


def query_vector(
    embedding: Embedding, weights: Mapping[str, float], signals: Sequence[Signal]
) -> Vector:
    """Returns the slices times their weights, with zeros for a signal without a vector."""
    return np.concatenate(
        [
            weights[signal.name] * embedding.vectors[signal.name]
            if signal.name in embedding.vectors
            else np.zeros(signal.dimensions)
            for signal in signals
        ]
    ).astype(np.float32)


def signal_vectors(embedding: Embedding, signals: Sequence[Signal]) -> dict[str, Vector]:
    """Returns for each signal the query with only its slice, whose inner product is the cosine."""
    return {
        name: query_vector(embedding, {s.name: float(s.name == name) for s in signals}, signals)
        for name in embedding.vectors
    }


def split(vector: Vector, signals: Sequence[Signal]) -> Embedding:
    """Splits a stored vector into its slices, as the inverse of `stored_vector`."""
    ends = np.cumsum([signal.dimensions for signal in signals])[:-1]
    parts = np.split(vector, ends)
    return Embedding({signal.name: part for signal, part in zip(signals, parts, strict=True)})


def breakdown(
    similarities: Mapping[str, float], weights: Mapping[str, float]
) -> dict[str, SignalScore]:
    """Returns the parts of a score by signal. A missing similarity counts as 0."""
    return {
        name: SignalScore(
            similarity=similarities.get(name, 0.0),
            weight=weight,
            contribution=weight * similarities.get(name, 0.0),
        )
        for name, weight in weights.items()
    }
