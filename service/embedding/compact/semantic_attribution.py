"""The compact semantic encoder's similarity by place: its vector is made of means of feature maps.

The kind of thing is linear in the last map's mean, but for its length. Colours and patterns are
square roots of softmaxes of what is linear in the means of all maps; these are followed from no
features to all by integrated gradients (Sundararajan et al., arXiv:1703.01365), in closed form.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from service.core.embedding import Crop, Vector
from service.embedding.attribution.grid import resampled
from service.embedding.attribution.hooks import listening
from service.embedding.compact.network import ImageTower
from service.embedding.compact.preprocessing import view

STEPS = 16
"""The number of steps of the integral over the softmaxes' gradients."""


class CompactSemanticRegions:
    """RegionEncoder: places all but what the picture of no features would have."""

    def __init__(
        self,
        encode: Callable[[NDArray[np.generic]], Vector],
        tower: ImageTower,
        attribute_share: float,
    ) -> None:
        """`encode` runs `tower` on a batch of preprocessed pictures."""
        self._encode, self._tower, self._attribute_share = encode, tower, attribute_share

    def view(self, width: int, height: int) -> Crop:
        return view(width, height)

    def explain(self, batch: NDArray[np.generic], queries: Vector) -> NDArray[np.float32]:
        stages = {str(number): stage for number, stage in enumerate(self._tower.stages)}
        with torch.inference_mode(), listening(outputs=stages) as heard:
            self._encode(batch)
            maps = [heard[number] for number in stages]
            wanted = torch.from_numpy(queries)
            kinds = self._tower.shape.kinds
            *early, last = self._attribute_directions(maps, wanted[:, kinds:])
            directions = [*early, last + self._kind_directions(maps[-1], wanted[:, :kinds])]
        shares = [_shares(one, to) for one, to in zip(maps, directions, strict=True)]
        return np.asarray(np.sum(shares, axis=0), np.float32)

    def _kind_directions(self, features: Tensor, wanted: Tensor) -> Tensor:
        """(n, channels): what a feature of the last map gives to the cosine, through the kind."""
        tower = self._tower
        lengths = tower.kind_norm(tower.kind(tower.neck(features.mean((2, 3))))).norm(dim=1)
        scaled = wanted / lengths.clamp_min(torch.finfo(torch.float32).tiny)[:, None]
        back: Tensor = (scaled * _slopes(tower.kind_norm)) @ tower.kind.weight
        return float((1 - self._attribute_share) ** 0.5) * back * _slopes(tower.neck)

    def _attribute_directions(self, maps: list[Tensor], wanted: Tensor) -> list[Tensor]:
        """The same through colours and patterns, for each map."""
        head, colours = self._tower.attributes, self._tower.shape.colours
        logits = head(torch.cat([one.mean((2, 3)) for one in maps], 1))
        slopes = torch.zeros_like(logits)
        for step in range(STEPS):
            between = torch.lerp(head.bias, logits, (step + 0.5) / STEPS)
            slopes[:, :colours] += _root_slopes(between[:, :colours], wanted[:, :colours])
            slopes[:, colours:] += 0.5 * _root_slopes(between[:, colours:], wanted[:, colours:])
        # Roots of two distributions, one of them halved, have this length.
        scale = (self._attribute_share / 1.25) ** 0.5 / STEPS
        return list((scale * slopes @ head.weight).split([one.shape[1] for one in maps], 1))


def _root_slopes(logits: Tensor, wanted: Tensor) -> Tensor:
    """The gradient of wanted . sqrt(softmax(logits)) by the logits."""
    shares = logits.softmax(1)
    parts = wanted * shares.sqrt()
    return (parts - shares * parts.sum(1, keepdim=True)) / 2


def _slopes(norm: nn.BatchNorm1d) -> Tensor:
    """Returns the factor by which the trained norm multiplies each channel."""
    variances = norm.running_var
    assert variances is not None
    slopes = (variances + norm.eps).rsqrt()
    return slopes if norm.weight is None else slopes * norm.weight


def _shares(features: Tensor, directions: Tensor) -> NDArray[np.float32]:
    cells = torch.einsum("ncij,nc->nij", features, directions) / features[0, 0].numel()
    return resampled(cells.numpy())
