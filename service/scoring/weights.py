"""Checks the weights of the signals, and normalises them to a sum of 1."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from service.core.errors import InvalidWeights


def normalise(weights: Mapping[str, float], signals: Sequence[str]) -> dict[str, float]:
    """Returns a weight for every signal, with a sum of 1. A missing weight counts as 0.

    Raises InvalidWeights, with the place, if a signal is unknown, if a weight is negative or not
    finite, or if all weights are 0.
    """
    unknown = [name for name in weights if name not in signals]
    if unknown:
        raise InvalidWeights(
            f"There is no signal {unknown[0]!r}; give weights for {' and '.join(signals)}.",
            place=(unknown[0],),
        )
    for name, weight in weights.items():
        if not math.isfinite(weight) or weight < 0:
            raise InvalidWeights(
                f"The weight of {name} is {weight}; give a finite number of 0 or more.",
                place=(name,),
            )
    largest = max(weights.values(), default=0.0)
    if largest <= 0:
        raise InvalidWeights("All weights are 0; make at least one positive.")
    # Dividing by the largest weight first keeps the sum from overflowing.
    scaled = {name: weights.get(name, 0.0) / largest for name in signals}
    total = math.fsum(scaled.values())
    return {name: weight / total for name, weight in scaled.items()}


def restrict(weights: Mapping[str, float], present: Sequence[str]) -> dict[str, float]:
    """Returns the weights with a sum of 1 for the signals `present`, and 0 for the others.

    If all of the present signals have the weight 0, each gets the same weight. A text is then
    searched by its own signals, although the weights only name others.
    """
    kept = {name: weights[name] for name in present}
    total = math.fsum(kept.values())
    if total > 0:
        kept = {name: weight / total for name, weight in kept.items()}
    else:
        kept = dict.fromkeys(present, 1.0 / len(present))
    return {name: kept.get(name, 0.0) for name in weights}
