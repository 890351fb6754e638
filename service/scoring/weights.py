"""The weights of the signals: checked, and normalised to sum 1."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from service.core.errors import InvalidWeights


def normalise(weights: Mapping[str, float], signals: Sequence[str]) -> dict[str, float]:
    """Every signal's weight, sum 1; a signal that `weights` leaves out weighs 0.

    Raises InvalidWeights, with the place, for an unknown signal, a weight negative or not finite,
    or all zero.
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
    # By the largest first: the sum of finite numbers may still overflow.
    scaled = {name: weights.get(name, 0.0) / largest for name in signals}
    total = math.fsum(scaled.values())
    return {name: weight / total for name, weight in scaled.items()}


def restrict(weights: Mapping[str, float], present: Sequence[str]) -> dict[str, float]:
    """The weights when only the signals `present` take part: the others 0, sum 1 again.

    Where all that is present weighs 0, it shares the whole weight evenly. A text is then searched
    by the signals that it has, although the weights name only others.
    """
    kept = {name: weights[name] for name in present}
    total = math.fsum(kept.values())
    if total > 0:
        kept = {name: weight / total for name, weight in kept.items()}
    else:
        kept = dict.fromkeys(present, 1.0 / len(present))
    return {name: kept.get(name, 0.0) for name in weights}
