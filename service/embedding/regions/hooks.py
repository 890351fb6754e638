"""Listens to what passes through a model's modules during a forward pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from torch import Tensor, nn


@contextmanager
def listening(
    *, inputs: Mapping[str, nn.Module] | None = None, outputs: Mapping[str, nn.Module] | None = None
) -> Iterator[dict[str, Tensor]]:
    """By the names given here, in float32: the first argument, or the answer, of each module.

    The modules compute what they would without it. Not for two threads at once.
    """
    heard: dict[str, Tensor] = {}
    with ExitStack() as stack:
        for name, module in (inputs or {}).items():
            stack.enter_context(module.register_forward_pre_hook(_Input(heard, name)))
        for name, module in (outputs or {}).items():
            stack.enter_context(module.register_forward_hook(_Output(heard, name)))
        yield heard


class _Input:
    def __init__(self, heard: dict[str, Tensor], name: str) -> None:
        self._heard, self._name = heard, name

    def __call__(self, module: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        self._heard[self._name] = arguments[0].float()


class _Output:
    def __init__(self, heard: dict[str, Tensor], name: str) -> None:
        self._heard, self._name = heard, name

    def __call__(self, module: nn.Module, arguments: object, answer: Tensor) -> None:
        self._heard[self._name] = answer.float()
