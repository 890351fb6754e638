"""CLIP's similarity by place: what each patch gives to the class token, through every attention.

The method is that of Gandelsman, Efros and Steinhardt, "Interpreting CLIP's image representation
via text-based decomposition" (arXiv:2310.05916), section 3: the class token's last state is a sum
over layers and tokens, and what follows it is linear but for two lengths.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from service.core.embedding import Crop, Vector
from service.core.errors import Unexplained
from service.embedding.attribution.grid import resampled
from service.embedding.attribution.hooks import listening
from service.embedding.images.preprocessing import PixelRecipe

Encode: TypeAlias = Callable[[NDArray[np.generic]], NDArray[np.float32]]


class ClipRegions:
    """RegionEncoder: places what comes directly from patches.

    What the class token brings itself, the layers' perceptrons and the biases have no place.
    """

    def __init__(self, name: str, recipe: PixelRecipe, encode: Encode, model: Any) -> None:
        """`model` is a SentenceTransformer, which `encode` runs on preprocessed pictures.

        Any: its modules are typed as such.

        Raises Unexplained for one that is not CLIP with a vision transformer.
        """
        from transformers import CLIPModel

        clip = getattr(model[0], "model", None)
        rest = [type(module).__name__ for module in list(model)[1:]]
        if not isinstance(clip, CLIPModel) or any(name != "Normalize" for name in rest):
            raise Unexplained(f"{name} is not built as CLIP is: its maps are not known.")
        vision = clip.vision_model
        self._recipe, self._encode, self._projection = recipe, encode, clip.visual_projection
        self._norm, self._embeddings = vision.post_layernorm, vision.embeddings
        self._attentions = [layer.self_attn for layer in vision.encoder.layers]

    def view(self, width: int, height: int) -> Crop:
        return self._recipe.view(width, height)

    def explain(self, batch: NDArray[np.generic], queries: Vector) -> NDArray[np.float32]:
        """One pass of the plain model, and the class token's attention once more."""
        inputs = {"class token": self._norm}
        outputs = {"features": self._projection, "patches": self._embeddings.patch_embedding}
        for number, attention in enumerate(self._attentions):
            for part in ("q_proj", "k_proj", "v_proj"):
                outputs[f"{number} {part}"] = getattr(attention, part)
        with torch.inference_mode(), listening(inputs=inputs, outputs=outputs) as heard:
            self._encode(batch)
            directions = self._directions(queries, heard["class token"], heard["features"])
            shares = torch.stack(
                [
                    _patch_shares(attention, directions, heard, str(number))
                    for number, attention in enumerate(self._attentions)
                ]
            ).sum(0)
        rows, columns = heard["patches"].shape[2:]
        return resampled(shares.cpu().numpy().reshape(-1, rows, columns))

    def _directions(self, queries: Vector, token: Tensor, features: Tensor) -> Tensor:
        """(n, hidden): the inner product with it is what a part of the class token's last state
        gives to the cosine; the layer norm's deviation and the features' length are held fixed."""
        wanted = torch.from_numpy(queries).to(token.device)
        through = (wanted @ self._projection.weight.float()) * self._norm.weight.float()
        deviations = (token.var(1, correction=0) + self._norm.eps).sqrt()
        lengths = deviations * features.norm(dim=1)
        centred: Tensor = through - through.mean(1, keepdim=True)
        directions: Tensor = centred / lengths.clamp_min(torch.finfo(torch.float32).tiny)[:, None]
        return directions


def _patch_shares(
    attention: Any, directions: Tensor, heard: dict[str, Tensor], layer: str
) -> Tensor:
    """(n, patches): what each patch's value gives to the class token in this layer."""
    heads, size = attention.num_heads, attention.head_dim

    def by_head(tensor: Tensor) -> Tensor:
        return tensor.reshape(*tensor.shape[:-1], heads, size)

    asked, keys, values = (
        by_head(heard.pop(f"{layer} {part}")) for part in ("q_proj", "k_proj", "v_proj")
    )
    weights = torch.einsum("nhd,nthd->nht", asked[:, 0], keys) * attention.scale
    through = by_head(directions @ attention.out_proj.weight.float())
    if attention.v_proj.bias is not None:
        # Weights sum to 1, so that the bias arrives whole whatever is attended to.
        values = values - by_head(attention.v_proj.bias.float())
    given = torch.einsum("nthd,nhd->nht", values, through)
    shares: Tensor = (weights.softmax(-1) * given).sum(1)
    return shares[:, 1:]
