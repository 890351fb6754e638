"""Trains the image tower with classifiers of labels, groups, colours and patterns."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from service.embedding.compact.network import ImageTower, TowerShape
from training.augment import Strength, augmented, cut_and_mixed
from training.examples import Examples


@dataclass(frozen=True)
class Recipe:
    """The parameters of a run. `sides` has sides in pixels, with their shares of all steps."""

    epochs: int = 36
    batch: int = 64
    peak_rate: float = 3e-3
    weight_decay: float = 0.1
    warm_up: float = 0.15
    sides: tuple[tuple[int, float], ...] = ((96, 0.5), (128, 0.42), (144, 0.08))
    smoothing: float = 0.1
    logit_scale: float = 16.0
    group_weight: float = 0.4
    attribute_weight: float = 0.25
    average_decay: float = 0.998
    seed: int = 7
    strength: Strength = field(default_factory=Strength)


class Learner(nn.Module):
    """The tower, and the classifiers that only the training needs."""

    def __init__(self, shape: TowerShape, labels: int, groups: int, scale: float) -> None:
        super().__init__()
        self.tower = ImageTower(shape)
        self.labels = nn.Parameter(torch.randn(labels, shape.kinds))
        self.groups = nn.Parameter(torch.randn(groups, shape.kinds))
        self.scale = scale

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Turns (n, 3, side, side) into the logits of label, group, colours and pattern."""
        kind, colours, patterns = self.tower(pixels)
        kind = F.normalize(kind.float(), dim=1)
        label = self.scale * kind @ F.normalize(self.labels, dim=1).T
        group = self.scale * kind @ F.normalize(self.groups, dim=1).T
        return label, group, colours.float(), patterns.float()


@dataclass(frozen=True)
class Targets:
    """The expected output of the learner for each example."""

    labels: Tensor
    groups: Tensor
    colours: Tensor
    patterns: Tensor

    def __getitem__(self, rows: Tensor) -> "Targets":
        return Targets(
            self.labels[rows], self.groups[rows], self.colours[rows], self.patterns[rows]
        )


def targets_of(examples: Examples, labels: list[str], groups: list[str]) -> Targets:
    """Returns the examples' labels and groups as indices into these lists."""
    return Targets(
        torch.tensor([labels.index(name) for name in examples.labels]),
        torch.tensor([groups.index(name) for name in examples.groups]),
        torch.from_numpy(examples.colours),
        torch.from_numpy(examples.patterns),
    )


def loss_of(
    answers: tuple[Tensor, Tensor, Tensor, Tensor], wanted: Targets, recipe: Recipe
) -> Tensor:
    """Returns the sum of the cross entropies, with the weights of the recipe."""
    label, group, colours, patterns = answers
    kind = F.cross_entropy(label, wanted.labels, label_smoothing=recipe.smoothing)
    kind = kind + recipe.group_weight * F.cross_entropy(
        group, wanted.groups, label_smoothing=recipe.smoothing
    )
    attribute = F.cross_entropy(colours, wanted.colours)
    if bool((wanted.patterns >= 0).any()):
        attribute = attribute + F.cross_entropy(patterns, wanted.patterns, ignore_index=-1)
    return kind + recipe.attribute_weight * attribute


Chooser = Callable[[np.random.Generator], npt.NDArray[np.int64]]
Watcher = Callable[[int, float, nn.Module], None]


class Trainer:
    """Trains by a recipe, from the first step to the averaged weights."""

    def __init__(
        self,
        learner: Learner,
        recipe: Recipe,
        pixels: npt.NDArray[np.uint8],
        targets: Targets,
        choose: Chooser,
    ) -> None:
        self.learner = learner.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in the stubs
        self.average = copy.deepcopy(learner).eval()
        self.recipe, self.pixels, self.targets, self.choose = recipe, pixels, targets, choose
        self.optimizer = torch.optim.AdamW(
            _decayed_groups(learner, recipe.weight_decay), lr=recipe.peak_rate
        )
        self.order = np.random.default_rng(recipe.seed)
        self.rng = torch.Generator().manual_seed(recipe.seed)
        self.steps_per_epoch = len(choose(np.random.default_rng(0))) // recipe.batch
        self.step = 0

    def run(self, watch: Watcher) -> nn.Module:
        """Runs all epochs. `watch` gets each epoch, its mean loss and the averaged learner."""
        for epoch in range(self.recipe.epochs):
            loss = self._epoch(epoch)
            watch(epoch, loss, self.average)
        return self.average

    def _epoch(self, epoch: int) -> float:
        side = side_at(epoch / self.recipe.epochs, self.recipe)
        source = _shrunk(self.pixels, round(side * 1.15))
        rows = torch.from_numpy(self.choose(self.order))
        total = 0.0
        self.learner.train()
        for start in range(0, self.steps_per_epoch * self.recipe.batch, self.recipe.batch):
            total += self._step(source, rows[start : start + self.recipe.batch], side)
        return total / self.steps_per_epoch

    def _step(self, source: Tensor, rows: Tensor, side: int) -> float:
        recipe = self.recipe
        rate = rate_at(self.step / (recipe.epochs * self.steps_per_epoch), recipe)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        pixels, wanted = (
            augmented(source[rows], side, recipe.strength, self.rng),
            self.targets[rows],
        )
        partner, kept = None, 1.0
        if float(torch.rand(1, generator=self.rng)) < recipe.strength.cutmix:
            pixels, partner, kept = cut_and_mixed(pixels, self.rng)
        with torch.autocast("cpu", torch.bfloat16, enabled=has_fast_bfloat16()):
            answers = self.learner(pixels)
        loss = loss_of(answers, wanted, recipe)
        if partner is not None:
            loss = kept * loss + (1 - kept) * loss_of(answers, wanted[partner], recipe)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch
        nn.utils.clip_grad_norm_(self.learner.parameters(), 2.0)
        self.optimizer.step()
        self.step += 1
        self._update_average()
        return float(loss.detach())

    @torch.no_grad()
    def _update_average(self) -> None:
        decay = min(self.recipe.average_decay, (1 + self.step) / (10 + self.step))
        mine = list(self.learner.parameters()) + list(self.learner.buffers())
        averaged = list(self.average.parameters()) + list(self.average.buffers())
        floats = [
            (a, b.detach()) for a, b in zip(averaged, mine, strict=True) if a.is_floating_point()
        ]
        torch._foreach_lerp_([a for a, _ in floats], [b for _, b in floats], 1 - decay)


def rate_at(progress: float, recipe: Recipe) -> float:
    """Returns the rate, which rises linearly and falls by a cosine. Progress is from 0 to 1."""
    if progress < recipe.warm_up:
        return recipe.peak_rate * max(0.02, progress / recipe.warm_up)
    down = (progress - recipe.warm_up) / (1 - recipe.warm_up)
    return recipe.peak_rate * max(1e-3, 0.5 + 0.5 * math.cos(math.pi * down))


def side_at(progress: float, recipe: Recipe) -> int:
    """Returns the side in pixels at this share of the run."""
    passed = 0.0
    for side, share in recipe.sides:
        passed += share
        if progress < passed - 1e-9:
            return side
    return recipe.sides[-1][0]


def has_fast_bfloat16() -> bool:
    """Returns True if this processor multiplies bfloat16 in hardware."""
    return bool(torch.cpu._is_avx512_bf16_supported())


def _decayed_groups(module: nn.Module, decay: float) -> list[dict[str, object]]:
    weights = [p for p in module.parameters() if p.ndim > 1]
    rest = [p for p in module.parameters() if p.ndim <= 1]
    return [{"params": weights, "weight_decay": decay}, {"params": rest, "weight_decay": 0.0}]


def _shrunk(pixels: npt.NDArray[np.uint8], side: int) -> Tensor:
    """Returns the pixels at a smaller side, (n, side, side, 3) in uint8."""
    whole = torch.from_numpy(pixels)
    if side >= whole.shape[1]:
        return whole
    parts = [
        F.interpolate(
            part.permute(0, 3, 1, 2).float(), (side, side), mode="bilinear", antialias=True
        )
        .round()
        .clamp(0, 255)
        .to(torch.uint8)
        .permute(0, 2, 3, 1)
        for part in whole.split(256)
    ]
    return torch.cat(parts)
