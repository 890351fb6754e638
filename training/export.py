"""Writes the trained encoders in the files that the service loads."""

from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import save_file as save_tensors

from service.embedding.compact.files import SEMANTIC_WEIGHTS, VISUAL_WEIGHTS, VOCABULARY
from service.embedding.compact.network import ImageTower
from service.embedding.compact.semantic import shape_as_text
from service.embedding.compact.vocabulary import Vocabulary
from training.colour_view import View
from training.words import Vectors


def save_semantic(
    directory: Path,
    tower: ImageTower,
    words: Vectors,
    vocabulary: Vocabulary,
    side: int,
    attribute_share: float,
) -> None:
    """Writes matrices in half precision, norms and biases in single, and the vocabulary."""
    counters = ("num_batches_tracked",)
    tensors = {
        name: (tensor.detach().half() if tensor.ndim > 1 else tensor.detach()).contiguous()
        for name, tensor in tower.state_dict().items()
        if not name.endswith(counters)
    }
    tensors["words"] = torch.from_numpy(words).to(torch.float16)
    about = {
        "shape": shape_as_text(tower.shape),
        "side": str(side),
        "attribute_share": str(attribute_share),
    }
    directory.mkdir(parents=True, exist_ok=True)
    save_tensors(tensors, directory / SEMANTIC_WEIGHTS, about)
    (directory / SEMANTIC_WEIGHTS).chmod(0o644)
    vocabulary.dump(directory / VOCABULARY)


def save_visual(directory: Path, view: View) -> None:
    """Writes the prototypes and the projection in half precision."""
    projection = view.projection
    arrays = {
        "prototypes": view.prototypes.astype(np.float16),
        "mean": projection.mean.astype(np.float16),
        "matrix": projection.matrix.astype(np.float16),
    }
    about = {
        "learned_share": str(projection.learned_share),
        "common_share": str(projection.common_share),
    }
    directory.mkdir(parents=True, exist_ok=True)
    save_arrays(arrays, directory / VISUAL_WEIGHTS, about)
    (directory / VISUAL_WEIGHTS).chmod(0o644)
