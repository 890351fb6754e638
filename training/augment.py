"""Augments a batch with realistic changes of view, light and focus. The hue stays the same."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Strength:
    """The strength of the changes. Angles are in degrees, all other values are shares."""

    smallest_crop: float = 0.3
    stretch: float = 0.25
    turn_degrees: float = 12.0
    light: float = 0.3
    tint: float = 0.05
    cutmix: float = 0.5


def augmented(batch: Tensor, side: int, strength: Strength, rng: torch.Generator) -> Tensor:
    """Turns (n, height, width, 3) in uint8 into (n, 3, side, side) floats from 0 to 1."""
    pixels = batch.permute(0, 3, 1, 2).float().div_(255)
    grid = F.affine_grid(
        _random_views(len(batch), strength, rng), [len(batch), 3, side, side], align_corners=False
    )
    seen = F.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
    return _relit(seen, strength, rng).contiguous(memory_format=torch.channels_last)


def _random_views(n: int, strength: Strength, rng: torch.Generator) -> Tensor:
    """Returns affine maps (n, 2, 3) from the cropped square to the picture, both from -1 to 1."""
    area = _uniform(n, strength.smallest_crop, 1.0, rng)
    stretch = torch.exp(_uniform(n, -strength.stretch, strength.stretch, rng))
    width = (area * stretch).sqrt().clamp(max=1.05)
    height = (area / stretch).sqrt().clamp(max=1.05)
    turn = torch.randn(n, generator=rng) * math.radians(strength.turn_degrees)
    flip = torch.where(torch.rand(n, generator=rng) < 0.5, -1.0, 1.0)
    x = (1 - width).clamp(min=0) * _uniform(n, -1, 1, rng)
    y = (1 - height).clamp(min=0) * _uniform(n, -1, 1, rng)
    top = torch.stack([width * turn.cos() * flip, -height * turn.sin(), x], 1)
    bottom = torch.stack([width * turn.sin() * flip, height * turn.cos(), y], 1)
    return torch.stack([top, bottom], 1)


def _relit(pixels: Tensor, strength: Strength, rng: torch.Generator) -> Tensor:
    n = len(pixels)
    contrast = _uniform(n, 1 - strength.light, 1 + strength.light, rng).view(n, 1, 1, 1)
    tint = 1 + strength.tint * torch.randn(n, 3, 1, 1, generator=rng)
    shift = 0.5 * strength.light * torch.randn(n, 1, 1, 1, generator=rng)
    middle = pixels.mean((1, 2, 3), keepdim=True)
    grey = pixels.mean(1, keepdim=True)
    colourful = _uniform(n, 0.8, 1.2, rng).view(n, 1, 1, 1)
    coloured = torch.lerp(grey.expand_as(pixels), pixels, colourful)
    return ((coloured - middle) * (contrast * tint) + middle * tint + shift * middle).clamp_(0, 1)


def cut_and_mixed(pixels: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor, float]:
    """Applies CutMix (arXiv:1905.04899).

    Returns the batch, the row from which each patch was taken, and the share that was kept."""
    side = pixels.shape[-1]
    partner = torch.randperm(len(pixels), generator=rng)
    cut = side * math.sqrt(float(torch.rand(1, generator=rng)) * 0.75)
    x, y = (float(v) * side for v in torch.rand(2, generator=rng))
    left, right = int(max(0, x - cut / 2)), int(min(side, x + cut / 2))
    top, bottom = int(max(0, y - cut / 2)), int(min(side, y + cut / 2))
    pixels[:, :, top:bottom, left:right] = pixels[partner, :, top:bottom, left:right]
    return pixels, partner, 1 - (right - left) * (bottom - top) / side**2


def _uniform(n: int, low: float, high: float, rng: torch.Generator) -> Tensor:
    return torch.rand(n, generator=rng) * (high - low) + low
