"""Forward passes over a batch: pictures go through all encoders, texts through those for texts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from service.core.embedding import Priority, Vector
from service.core.interfaces import Encoder, TextEncoder
from service.embedding.attribution.explanation_passes import RegionPasses
from service.embedding.inference import cores
from service.embedding.inference.cores import Share

Result: TypeAlias = dict[str, Vector]
"""One unit vector per signal; for an explanation, the shares of the cells per signal."""

_UNIT_TOLERANCE = 1e-3


class Kind(Enum):
    """The kind of an item; items of different kinds never share a forward pass."""

    IMAGE = "image"
    TEXT = "text"
    EXPLANATION = "explanation"


@dataclass(slots=True, eq=False)
class Item:
    """One request's place in a forward pass."""

    kind: Kind
    payload: Any
    """IMAGE: a preprocessed array per signal; TEXT: the text; EXPLANATION: what `RegionPasses`
    takes."""
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
    """Runs the encoders of all signals.

    Several threads may run passes at the same time, but only one those of explanations.
    """

    def __init__(self, encoders: Mapping[str, Encoder]) -> None:
        """`encoders` are by the names of their signals."""
        self._encoders = encoders
        self._text_encoders = text_encoders(encoders)
        self.regions = RegionPasses(encoders)

    def run(self, batch: Sequence[Item]) -> list[Result | Exception]:
        """The vectors of each item, or what is wrong with them; all items are of one kind.

        Uses the calling thread's share of the cores: at half of them the pictures go through all
        encoders at once. Raises what the encoders raise.
        """
        payloads = [item.payload for item in batch]
        if batch[0].kind is Kind.EXPLANATION:
            return self.regions.run(payloads)
        if batch[0].kind is Kind.TEXT:
            vectors = {name: e.encode_texts(payloads) for name, e in self._text_encoders.items()}
        else:
            vectors = self._encode_images(payloads)
        for name, rows in vectors.items():
            if len(rows) != len(batch):
                raise ValueError(f"{name}: {len(rows)} vectors for {len(batch)} items")
        return [
            _checked({name: rows[place] for name, rows in vectors.items()})
            for place in range(len(batch))
        ]

    def _encode_images(
        self, payloads: Sequence[Mapping[str, NDArray[Any]]]
    ) -> dict[str, NDArray[np.float32]]:
        stacked = {name: np.stack([images[name] for images in payloads]) for name in self._encoders}
        if cores.current() is not Share.HALF:
            return {name: e.encode(stacked[name]) for name, e in self._encoders.items()}
        (first, encoder), *others = self._encoders.items()
        beside = {name: _beside(partial(e.encode, stacked[name])) for name, e in others}
        vectors = {first: encoder.encode(stacked[first])}
        return vectors | {name: future.result() for name, future in beside.items()}


def text_encoders(encoders: Mapping[str, Encoder]) -> dict[str, TextEncoder]:
    """The encoders that read texts, by the names of their signals."""
    return {name: e for name, e in encoders.items() if isinstance(e, TextEncoder)}


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
    """The vector store would take NaN and zeros without an error, so they are caught here."""
    for signal, vector in result.items():
        length = float(np.linalg.norm(vector))
        if not abs(length - 1) <= _UNIT_TOLERANCE:
            return ValueError(f"the {signal} vector has length {length}, not 1")
    return result
