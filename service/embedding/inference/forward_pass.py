"""Forward passes over a batch of items: pictures through both encoders, texts through one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from service.core.embedding import SEMANTIC, VISUAL, Priority, Vector
from service.core.interfaces import Encoder, SteppedEncoder, TextEncoder
from service.embedding.attribution.explanation_passes import RegionPasses

Result: TypeAlias = dict[str, Vector]
"""One unit vector per signal; of an explanation, the shares of its cells."""

_UNIT_TOLERANCE = 1e-3


class Kind(Enum):
    """What a pass takes; kinds never share one."""

    IMAGE = "image"
    TEXT = "text"
    EXPLANATION = "explanation"


@dataclass(slots=True, eq=False)
class Item:
    """One request's share of a pass."""

    kind: Kind
    payload: Any
    """IMAGE: a pair of preprocessed arrays, semantic and visual; TEXT: the text;
    EXPLANATION: what `RegionPasses` takes."""
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Result]
    priority: Priority
    since: float
    """When it began to wait, on the queue's clock."""

    def succeed(self, result: Result) -> None:
        self._settle(lambda: self.future.set_result(result))

    def fail(self, error: Exception) -> None:
        self._settle(lambda: self.future.set_exception(error))

    def _settle(self, settle: Callable[[], None]) -> None:
        def unless_done() -> None:
            if not self.future.done():
                settle()

        with suppress(RuntimeError):  # the request's event loop is gone, and nobody waits
            self.loop.call_soon_threadsafe(unless_done)


class Passes:
    """The two encoders; several threads may run passes, one of them those of explanations."""

    def __init__(self, semantic: Encoder, visual: Encoder) -> None:
        self._semantic, self._visual = semantic, visual
        self.regions = RegionPasses({SEMANTIC: semantic, VISUAL: visual})

    def run(self, batch: Sequence[Item]) -> list[Result | Exception]:
        """For each item of one kind its vectors, or what is wrong with them.

        Raises as the encoders do.
        """
        steps = self.run_in_steps(batch)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                results: list[Result | Exception] = end.value
                return results

    def run_in_steps(
        self, batch: Sequence[Item]
    ) -> Generator[None, None, list[Result | Exception]]:
        """`run`, with pauses in which another pass may go."""
        if batch[0].kind is Kind.TEXT:
            if not isinstance(self._semantic, TextEncoder):
                raise TypeError(f"{self._semantic.name} has no text side")
            texts = self._semantic.encode_texts([item.payload for item in batch])
            return [_checked({SEMANTIC: row}) for row in self._rows(texts, batch)]
        if batch[0].kind is Kind.EXPLANATION:
            return self.regions.run([item.payload for item in batch])
        first = yield from _encoded(self._semantic, [item.payload[0] for item in batch])
        yield
        second = yield from _encoded(self._visual, [item.payload[1] for item in batch])
        rows = zip(self._rows(first, batch), self._rows(second, batch), strict=True)
        return [_checked({SEMANTIC: semantic, VISUAL: visual}) for semantic, visual in rows]

    @staticmethod
    def _rows(vectors: NDArray[np.float32], batch: Sequence[Item]) -> NDArray[np.float32]:
        if len(vectors) != len(batch):
            raise ValueError(f"an encoder gave {len(vectors)} vectors for {len(batch)} items")
        return vectors


def _encoded(
    encoder: Encoder, pictures: list[NDArray[Any]]
) -> Generator[None, None, NDArray[np.float32]]:
    batch = np.stack(pictures)
    if isinstance(encoder, SteppedEncoder):
        return (yield from encoder.encode_in_steps(batch))
    return encoder.encode(batch)


def _checked(result: Result) -> Result | Exception:
    """The vector store takes NaN and zeros without a word, so they end here."""
    for signal, vector in result.items():
        length = float(np.linalg.norm(vector))
        if not abs(length - 1) <= _UNIT_TOLERANCE:
            return ValueError(f"the {signal} vector has length {length}, not 1")
    return result
