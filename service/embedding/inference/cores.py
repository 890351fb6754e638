"""How many of the processor's cores the passes of one thread use."""

from __future__ import annotations


def cores() -> int:
    """What a pass may use: PyTorch's own choice, or `OMP_NUM_THREADS`."""
    import torch

    return torch.get_num_threads()


def use(count: int) -> None:
    """For the passes that the calling thread runs from now on."""
    import torch

    # A thread's first question sets its number to the process's; after that it keeps its own.
    torch.get_num_threads()
    torch.set_num_threads(count)
