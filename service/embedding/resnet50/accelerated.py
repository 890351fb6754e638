"""ResNet50 over packed convolutions, in stages between which a pass may pause."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F

from service.embedding.inference.packed import PackedConv
from service.embedding.inference.plans import BuildStage

Tensor = torch.Tensor
Shapes = Mapping[torch.nn.Module, list[int]]


def resnet50_stages(model: Any, side_px: int) -> tuple[BuildStage, ...]:
    """Normalised pixels (n, 3, side, side) to pooled features (n, 2048), for inference mode.

    The state before the last stage is the feature map, (n, 2048, side / 32, side / 32). `model` is
    torchvision's resnet50 (Any: it ships no types).
    """
    shapes = _input_shapes(model, side_px)
    layers = (model.layer1, model.layer2, model.layer3, model.layer4)
    return (
        partial(_Stem, model, shapes),
        *(partial(_Bottleneck, block, shapes) for layer in layers for block in layer),
        lambda dtype: _pooled,
    )


class _Stem:
    def __init__(self, model: Any, shapes: Shapes, dtype: torch.dtype) -> None:
        self._dtype = dtype
        self._conv = _packed(model.conv1, model.bn1, dtype, shapes, relu=True)

    def __call__(self, pixels: Tensor) -> Tensor:
        images = pixels.to(self._dtype).contiguous(memory_format=torch.channels_last)
        return F.max_pool2d(self._conv(images), kernel_size=3, stride=2, padding=1)


class _Bottleneck:
    def __init__(self, block: Any, shapes: Shapes, dtype: torch.dtype) -> None:
        self._dtype = dtype
        self._narrow = _packed(block.conv1, block.bn1, dtype, shapes, relu=True)
        self._middle = _packed(block.conv2, block.bn2, dtype, shapes, relu=True)
        self._wide = _packed(block.conv3, block.bn3, dtype, shapes)
        self._shortcut: PackedConv | None = None
        if block.downsample is not None:
            conv, norm = block.downsample
            self._shortcut = _packed(conv, norm, dtype, shapes)

    def __call__(self, images: Tensor) -> Tensor:
        images = images.to(self._dtype)
        inner = self._middle(self._narrow(images))
        # Without a convolution in it, the shortcut is the input itself, which nobody reads again.
        shortcut = images if self._shortcut is None else self._shortcut(images)
        return self._wide.onto(inner, shortcut)


def _pooled(images: Tensor) -> Tensor:
    return images.float().mean((2, 3))


def _packed(
    conv: torch.nn.Conv2d,
    norm: torch.nn.BatchNorm2d,
    dtype: torch.dtype,
    shapes: Shapes,
    *,
    relu: bool = False,
) -> PackedConv:
    return PackedConv(conv, norm, dtype, input_shape=shapes[conv], relu=relu)


def _input_shapes(model: torch.nn.Module, side_px: int) -> dict[torch.nn.Module, list[int]]:
    """What each convolution sees of one picture, without computing it."""
    shapes: dict[torch.nn.Module, list[int]] = {}

    def note(module: torch.nn.Module, inputs: tuple[Tensor, ...]) -> None:
        shapes[module] = list(inputs[0].shape)

    convolutions = [module for module in model.modules() if isinstance(module, torch.nn.Conv2d)]
    hooks = [module.register_forward_pre_hook(note) for module in convolutions]
    try:
        model(torch.zeros(1, 3, side_px, side_px))
    finally:
        for hook in hooks:
            hook.remove()
    return shapes
