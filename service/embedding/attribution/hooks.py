"""Listens to what passes through a model's modules during a forward pass."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from torch import Tensor, nn


@contextmanager
def listening(
    *, inputs: Mapping[str, nn.Module] | None = None, outputs: Mapping[str, nn.Module] | None = None
) -> Iterator[dict[str, Tensor]]:
    """Records the first argument or the result of each module, by the names given here, in float32.

    The modules compute what they would without it. Only the calling thread is listened to: others
    may run the same modules meanwhile.
    """
    heard: dict[str, Tensor] = {}
    with ExitStack() as stack:
        for name, module in (inputs or {}).items():
            stack.enter_context(module.register_forward_pre_hook(_Input(heard, name)))
        for name, module in (outputs or {}).items():
            stack.enter_context(module.register_forward_hook(_Output(heard, name)))
        yield heard


class _Ear:
    def __init__(self, heard: dict[str, Tensor], name: str) -> None:
        self._heard, self._name = heard, name
        self._thread = threading.get_ident()

    def _hear(self, tensor: Tensor) -> None:
        if threading.get_ident() == self._thread:
            self._heard[self._name] = tensor.float()


class _Input(_Ear):
    def __call__(self, module: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        self._hear(arguments[0])


class _Output(_Ear):
    def __call__(self, module: nn.Module, arguments: object, answer: Tensor) -> None:
        self._hear(answer)
