"""Forward passes over a batch of items: pictures through both encoders, texts through one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from service.core.embedding import SEMANTIC, VISUAL, Priority, Vector
from service.core.interfaces import Encoder, TextEncoder
from service.embedding.attribution.explanation_passes import RegionPasses
from service.embedding.inference import cores
from service.embedding.inference.cores import Share

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

        Uses the calling thread's share of the cores: at half of them the pictures go through both
        encoders at once. Raises as the encoders do.
        """
        if batch[0].kind is Kind.TEXT:
            if not isinstance(self._semantic, TextEncoder):
                raise TypeError(f"{self._semantic.name} has no text side")
            texts = self._semantic.encode_texts([item.payload for item in batch])
            return [_checked({SEMANTIC: row}) for row in self._rows(texts, batch)]
        if batch[0].kind is Kind.EXPLANATION:
            return self.regions.run([item.payload for item in batch])
        first, second = self._encoded(batch)
        rows = zip(self._rows(first, batch), self._rows(second, batch), strict=True)
        return [_checked({SEMANTIC: semantic, VISUAL: visual}) for semantic, visual in rows]

    def _encoded(self, batch: Sequence[Item]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        semantic = np.stack([item.payload[0] for item in batch])
        visual = np.stack([item.payload[1] for item in batch])
        if cores.current() is not Share.HALF:
            return self._semantic.encode(semantic), self._visual.encode(visual)
        beside = _beside(lambda: self._visual.encode(visual))
        first = self._semantic.encode(semantic)
        return first, beside.result()

    @staticmethod
    def _rows(vectors: NDArray[np.float32], batch: Sequence[Item]) -> NDArray[np.float32]:
        if len(vectors) != len(batch):
            raise ValueError(f"an encoder gave {len(vectors)} vectors for {len(batch)} items")
        return vectors


def _beside(work: Callable[[], NDArray[np.float32]]) -> Future[NDArray[np.float32]]:
    """Runs the work in a daemon thread, on the other half of the cores."""
    future: Future[NDArray[np.float32]] = Future()

    def run() -> None:
        try:
            cores.use(Share.HALF)
            future.set_result(work())
        except BaseException as exc:
            future.set_exception(exc)

    threading.Thread(target=run, name="passes-beside", daemon=True).start()
    return future


def _checked(result: Result) -> Result | Exception:
    """The vector store takes NaN and zeros without a word, so they end here."""
    for signal, vector in result.items():
        length = float(np.linalg.norm(vector))
        if not abs(length - 1) <= _UNIT_TOLERANCE:
            return ValueError(f"the {signal} vector has length {length}, not 1")
    return result
