"""CLIP's vision transformer over packed layers, in stages between which a pass may pause."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F

from service.embedding.inference.packed import PackedLinear
from service.embedding.inference.plans import BuildStage, Unsupported

Tensor = torch.Tensor

_QUICK_GELU = 1.702
"""quick_gelu(x) = x * sigmoid(1.702 x), as in transformers' QuickGELUActivation."""

_GELU_ALGORITHMS = {"gelu": "none", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh"}


def clip_stages(model: Any) -> tuple[BuildStage, ...]:
    """Normalised pixels (n, 3, height, width) to features (n, dimensions), for inference mode.

    `model` is transformers' CLIPModel (Any: it makes its modules at run time). Raises Unsupported
    or AttributeError where it is built another way.
    """
    vision = model.vision_model
    tokens = vision.embeddings.position_embedding.weight.shape[0]
    *layers, last = vision.encoder.layers
    return (
        partial(_Patches, vision, tokens),
        *(partial(_Block, layer, tokens) for layer in layers),
        partial(_LastBlock, last, tokens),
        partial(_Projection, vision.post_layernorm, model.visual_projection),
    )


class _Norm:
    def __init__(self, norm: torch.nn.LayerNorm, dtype: torch.dtype) -> None:
        self._shape, self._eps = list(norm.normalized_shape), norm.eps
        self._weight, self._bias = norm.weight.detach().to(dtype), norm.bias.detach().to(dtype)

    def __call__(self, rows: Tensor) -> Tensor:
        return F.layer_norm(rows, self._shape, self._weight, self._bias, self._eps)


class _Patches:
    """Pixels to tokens, the class token first: (n, tokens, width)."""

    def __init__(self, vision: Any, tokens: int, dtype: torch.dtype) -> None:
        embeddings = vision.embeddings
        conv = embeddings.patch_embedding
        if conv.kernel_size != conv.stride or conv.padding != (0, 0):
            raise Unsupported("patches that overlap")
        self._patch = conv.kernel_size[0]
        self._dtype = dtype
        self._embed = PackedLinear(conv.weight.flatten(1), conv.bias, dtype, rows=tokens)
        self._class = embeddings.class_embedding.detach().to(dtype)
        self._positions = embeddings.position_embedding.weight.detach().to(dtype)
        self._norm = _Norm(vision.pre_layrnorm, dtype)

    def __call__(self, pixels: Tensor) -> Tensor:
        n, channels, height, width = pixels.shape
        down, across, side = height // self._patch, width // self._patch, self._patch
        patches = pixels.to(self._dtype).view(n, channels, down, side, across, side)
        rows = patches.permute(0, 2, 4, 1, 3, 5).reshape(n * down * across, -1)
        embedded = self._embed(rows).view(n, down * across, -1)
        tokens = torch.cat([self._class.expand(n, 1, -1), embedded], 1) + self._positions
        return self._norm(tokens)


class _Block:
    """One transformer layer; pre-norm, as CLIP has it."""

    def __init__(self, layer: Any, tokens: int, dtype: torch.dtype) -> None:
        self._dtype = dtype
        attention, mlp = layer.self_attn, layer.mlp
        projections = attention.q_proj, attention.k_proj, attention.v_proj
        self._heads = int(attention.num_heads)
        self._norm1, self._norm2 = _Norm(layer.layer_norm1, dtype), _Norm(layer.layer_norm2, dtype)
        self._qkv = PackedLinear(
            torch.cat([projection.weight for projection in projections]),
            torch.cat([projection.bias for projection in projections]),
            dtype,
            rows=tokens,
        )
        out = attention.out_proj
        self._out = PackedLinear(out.weight, out.bias, dtype, rows=tokens)
        self._up, self._down = _mlp(mlp, dtype, tokens)

    def __call__(self, tokens: Tensor) -> Tensor:
        n, length, width = tokens.shape
        tokens = tokens.to(self._dtype)
        rows = tokens.view(-1, width)
        rows = self._out.plus(self._attended(tokens, queries=length), rows)
        return self._down.plus(self._up(self._norm2(rows)), rows).view(n, length, width)

    def _attended(self, tokens: Tensor, queries: int) -> Tensor:
        """(n * queries, width): what the first `queries` tokens of each picture attend to."""
        n, length, width = tokens.shape
        qkv = self._qkv(self._norm1(tokens).view(-1, width))
        split = qkv.view(n, length, 3, self._heads, width // self._heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(query[:, :, :queries], key, value)
        return attended.transpose(1, 2).reshape(-1, width)


class _LastBlock(_Block):
    """For the class token alone, (n, width): nothing reads the others after it."""

    def __call__(self, tokens: Tensor) -> Tensor:
        tokens = tokens.to(self._dtype)
        first = tokens[:, 0].contiguous()
        rows = self._out.plus(self._attended(tokens, queries=1), first)
        return self._down.plus(self._up(self._norm2(rows)), rows)


class _Projection:
    def __init__(self, norm: torch.nn.LayerNorm, linear: torch.nn.Linear, dtype: torch.dtype):
        self._dtype = dtype
        self._norm = _Norm(norm, dtype)
        self._linear = PackedLinear(linear.weight, linear.bias, dtype, rows=1)

    def __call__(self, rows: Tensor) -> Tensor:
        return self._linear(self._norm(rows.to(self._dtype))).float()


def _mlp(mlp: Any, dtype: torch.dtype, tokens: int) -> tuple[PackedLinear, PackedLinear]:
    up, down, name = mlp.fc1, mlp.fc2, mlp.config.hidden_act
    if name == "quick_gelu":
        # oneDNN fuses x * sigmoid(x): the factor goes into the weights on both sides of it.
        return (
            PackedLinear(
                up.weight * _QUICK_GELU,
                up.bias * _QUICK_GELU,
                dtype,
                rows=tokens,
                activation="swish",
            ),
            PackedLinear(down.weight / _QUICK_GELU, down.bias, dtype, rows=tokens),
        )
    if name not in _GELU_ALGORITHMS:
        raise Unsupported(f"the activation {name}")
    return (
        PackedLinear(
            up.weight,
            up.bias,
            dtype,
            rows=tokens,
            activation="gelu",
            algorithm=_GELU_ALGORITHMS[name],
        ),
        PackedLinear(down.weight, down.bias, dtype, rows=tokens),
    )
