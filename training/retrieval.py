"""Measures retrieval by the labels of the nearest catalogue entries."""

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from service.embedding.compact.network import ImageTower, embedding_of

Vectors = npt.NDArray[np.float32]


def hit_rate(
    queries: Vectors, wanted: list[str], catalogue: Vectors, labels: list[str], first: int = 1
) -> float:
    """Returns the share of queries with their label among the `first` nearest entries."""
    order = np.argsort(-(queries @ catalogue.T), axis=1)[:, :first]
    names = np.array(labels)
    return float((names[order] == np.array(wanted)[:, None]).any(1).mean())


@torch.inference_mode()
def embedded(
    tower: ImageTower, pixels: npt.NDArray[np.uint8], side: int, attribute_share: float
) -> Vectors:
    """Returns the unit vectors (n, dimensions) of cached pictures, as the encoder computes them."""
    vectors: list[Tensor] = []
    for part in torch.from_numpy(pixels).split(128):
        image = part.permute(0, 3, 1, 2).float() / 255
        image = F.interpolate(image, (side, side), mode="bicubic", antialias=True).clamp(0, 1)
        with torch.autocast("cpu", torch.bfloat16):
            kind, colours, patterns = tower(image.contiguous(memory_format=torch.channels_last))
        vectors.append(embedding_of(kind, colours, patterns, attribute_share))
    return torch.cat(vectors).numpy()
