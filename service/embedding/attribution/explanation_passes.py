"""Passes that tell where in pictures similarities lie, over the encoders that can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from service.core.embedding import GRID_SIDE, Crop, Vector
from service.core.errors import Unexplained
from service.core.interfaces import Encoder, ExplainedEncoder, RegionEncoder

Asked: TypeAlias = Mapping[str, tuple[NDArray[Any], Vector]]
"""A preprocessed picture (Any: of the encoder's own type) and a unit query for each signal."""


class RegionPasses:
    """Computes the cells of each signal whose encoder can. Only one thread calls `run`."""

    def __init__(self, encoders: Mapping[str, Encoder]) -> None:
        self._regions: dict[str, RegionEncoder] = {}
        self.unexplained: dict[str, str] = {}
        for signal, encoder in encoders.items():
            try:
                self._regions[signal] = _regions(encoder)
            except Unexplained as exc:
                self.unexplained[signal] = exc.detail

    def views(self, width: int, height: int) -> dict[str, Crop]:
        """Returns, by signal, the part that its encoder sees of an upright picture of this size."""
        return {name: regions.view(width, height) for name, regions in self._regions.items()}

    def run(self, batch: Sequence[Asked]) -> list[dict[str, Vector] | Exception]:
        """Returns the cells of each item, by signal, or its error. Raises as the encoders do."""
        results: list[dict[str, Vector]] = [{} for _ in batch]
        for signal, regions in self._regions.items():
            places = [place for place, asked in enumerate(batch) if signal in asked]
            if not places:
                continue
            pictures, queries = zip(*(batch[place][signal] for place in places), strict=True)
            cells = regions.explain(np.stack(pictures), np.stack(queries).astype(np.float32))
            for place, shares in zip(places, cells, strict=True):
                results[place][signal] = shares
        return [_checked(result) for result in results]


def _regions(encoder: Encoder) -> RegionEncoder:
    if not isinstance(encoder, ExplainedEncoder):
        raise Unexplained(f"{encoder.name} does not tell where in a picture it looks.")
    return encoder.regions()


def _checked(result: dict[str, Vector]) -> dict[str, Vector] | Exception:
    for signal, cells in result.items():
        if cells.shape != (GRID_SIDE, GRID_SIDE) or not np.isfinite(cells).all():
            return ValueError(f"the {signal} shares are no grid of finite numbers")
    return result
