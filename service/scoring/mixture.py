"""Joins the parts of a query: a weighted sum for each signal, scaled to unit length."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.core.embedding import Embedding, Vector
from service.core.errors import InvalidQuery

CANCELLED_BELOW = 1e-3
"""Parts cancel each other out if their sum is shorter than this share of their weights."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a query. A negative weight asks for products unlike it."""

    embedding: Embedding
    weight: float


def join(parts: Sequence[Part]) -> Embedding:
    """Returns one unit vector for every signal that any part has.

    Scores remain cosines, and so are comparable for any number of parts. Raises InvalidQuery if the
    parts cancel each other out in every signal, or if all weights are 0.
    """
    if len(parts) == 1 and parts[0].weight > 0:
        return parts[0].embedding
    largest = max(abs(part.weight) for part in parts)
    if largest == 0:
        raise InvalidQuery(
            "Every part of the query has the weight 0; give at least one another weight."
        )
    # Dividing by the largest weight first keeps very small weights within float32.
    parts = [replace(part, weight=part.weight / largest) for part in parts]
    names = dict.fromkeys(name for part in parts for name in part.embedding.vectors)
    joined = {name: _joined(name, parts) for name in names}
    kept = {name: vector for name, vector in joined.items() if vector is not None}
    if not kept:
        raise InvalidQuery("The parts of the query cancel each other out; change their weights.")
    return Embedding(kept)


def _joined(name: str, parts: Iterable[Part]) -> Vector | None:
    present = [part for part in parts if name in part.embedding.vectors]
    total: Vector = np.sum([part.weight * part.embedding.vectors[name] for part in present], axis=0)
    length = float(np.linalg.norm(total))
    if length <= CANCELLED_BELOW * sum(abs(part.weight) for part in present):
        return None
    joined: Vector = (total / length).astype(np.float32)
    return joined
