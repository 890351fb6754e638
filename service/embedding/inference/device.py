"""Chooses between a GPU and the processor."""

from __future__ import annotations

import torch

from service.core.errors import SetupError


def resolve_device(device: str) -> str:
    """`cuda` or `cpu`; `auto` is the GPU if there is one.

    Raises SetupError for `cuda` if PyTorch finds no GPU.
    """
    available = torch.cuda.is_available()
    if device == "cuda" and not available:
        raise SetupError("DEVICE is cuda and PyTorch finds no GPU; set DEVICE=auto or cpu.")
    return "cuda" if device != "cpu" and available else "cpu"
