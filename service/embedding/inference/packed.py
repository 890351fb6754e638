"""Linear and convolution layers with weights laid out for oneDNN, and what follows fused in.

The same operators that `torch.compile` with freezing would choose, without a compiler. They are
not a stable interface of PyTorch: whoever builds on them checks the result against the plain model.
"""

from __future__ import annotations

from typing import Any

import torch

Tensor = torch.Tensor


class PackedLinear:
    """(rows, inputs) to (rows, outputs), with an activation or a sum after it."""

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor | None,
        dtype: torch.dtype,
        *,
        rows: int,
        activation: str = "none",
        algorithm: str = "",
    ) -> None:
        """`rows` is the usual number of rows: the layout suits it best, and fits any."""
        # Any: operators are attributes made at run time.
        self._ops: Any = torch.ops.mkldnn
        self._weight = self._ops._reorder_linear_weight(_as(weight, dtype), rows)
        self._bias = None if bias is None else _as(bias, dtype)
        self._activation, self._algorithm = activation, algorithm

    def __call__(self, rows: Tensor) -> Tensor:
        fused: Tensor = self._ops._linear_pointwise(
            rows, self._weight, self._bias, self._activation, [], self._algorithm
        )
        return fused

    def plus(self, rows: Tensor, other: Tensor) -> Tensor:
        """The product plus `other`, without the activation."""
        fused: Tensor = self._ops._linear_pointwise.binary(
            rows, other, self._weight, self._bias, "add"
        )
        return fused


class PackedConv:
    """A convolution with its batch norm folded in, over channels-last pictures."""

    def __init__(
        self,
        conv: torch.nn.Conv2d,
        norm: torch.nn.BatchNorm2d,
        dtype: torch.dtype,
        *,
        input_shape: list[int],
        relu: bool = False,
    ) -> None:
        """`input_shape` is the usual one: the layout suits it best, and fits any."""
        self._ops: Any = torch.ops.mkldnn
        weight, bias = _folded(conv, norm)
        self._shape = list(conv.padding), list(conv.stride), list(conv.dilation), conv.groups
        self._weight = self._ops._reorder_convolution_weight(
            _as(weight, dtype).contiguous(memory_format=torch.channels_last),
            *self._shape,
            input_shape,
        )
        self._bias = _as(bias, dtype)
        self._activation = "relu" if relu else "none"

    def __call__(self, images: Tensor) -> Tensor:
        fused: Tensor = self._ops._convolution_pointwise(
            images, self._weight, self._bias, *self._shape, self._activation, [], ""
        )
        return fused

    def onto(self, images: Tensor, other: Tensor) -> Tensor:
        """relu(convolution + other), written over `other`."""
        fused: Tensor = self._ops._convolution_pointwise_.binary(
            other, images, self._weight, self._bias, *self._shape, "add", 1.0, "relu", [], ""
        )
        return fused


def _folded(conv: torch.nn.Conv2d, norm: torch.nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """The weight and bias of both in one, in float64 so that folding adds no rounding."""
    if norm.running_mean is None or norm.running_var is None:
        raise ValueError("the batch norm keeps no statistics")
    mean, variance = norm.running_mean.double(), norm.running_var.double()
    scale = norm.weight.double() / torch.sqrt(variance + norm.eps)
    bias = torch.zeros_like(mean) if conv.bias is None else conv.bias.double()
    return conv.weight.double() * scale.view(-1, 1, 1, 1), (
        bias - mean
    ) * scale + norm.bias.double()


def _as(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    return tensor.detach().to(dtype).contiguous()
