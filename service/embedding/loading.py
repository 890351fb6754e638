"""Chooses and loads the encoders that the options ask for."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

from service.core.errors import WeightsUnavailable
from service.core.interfaces import Encoder
from service.embedding import registry
from service.embedding.model_files.progress import OnProgress, Progress
from service.embedding.model_files.reachability import unreachable
from service.embedding.options import EncoderSet, ModelOptions, Precision
from service.embedding.sources import EncoderSource

if TYPE_CHECKING:
    from service.embedding.inference.exports import Exports

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoadedEncoders:
    """The encoder of each signal, by the signal's name and in the order of the registry.

    `warning` says why they are not the ones that were preferred.
    """

    by_signal: Mapping[str, Encoder]
    warning: str | None = None
    device: str = "cpu"


@runtime_checkable
class Accelerated(Protocol):
    """An encoder that can choose the fastest execution plan for this computer."""

    def accelerate(self, precision: Precision, exports: Exports) -> None:
        """Chooses a plan by trying several; nothing else may run meanwhile."""


def load_encoders(
    options: ModelOptions, on_progress: OnProgress = lambda progress: None
) -> LoadedEncoders:
    """Loads the encoders of ENCODERS; blocks while weights are downloaded and loaded.

    Raises WeightsUnavailable within 5 seconds if there is no network, and SetupError for weights
    that cannot be used. Under `auto` the compact encoders take the place of weights that cannot be
    had, unless the operator set a model: to search by another one than asked for would be wrong.
    """
    if options.encoders == "compact":
        return _load("compact", options, on_progress)
    try:
        return _load("clip+resnet50", options, on_progress)
    except WeightsUnavailable as exc:
        if options.encoders == "clip+resnet50" or options.explicit:
            raise
        warning = (
            "Running on the compact encoders, whose results are far from CLIP's and ResNet50's. "
            f"{exc.detail}"
        )
        log.warning(warning)
        return LoadedEncoders(_load("compact", options, on_progress).by_signal, warning)


async def load_encoders_in_background(
    options: ModelOptions, on_progress: OnProgress
) -> LoadedEncoders:
    """`load_encoders` in a thread that reports its progress; cancelling ends the wait at once.

    The thread then stops at its next report of progress, and does not delay the exit of the
    process.
    """
    loop, ended, left = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def report(progress: Progress) -> None:
        if left.is_set():
            # An Exception would be taken for a failed download, and the compact encoders loaded.
            raise asyncio.CancelledError
        on_progress(progress)

    def wake(_: object) -> None:
        with suppress(RuntimeError):  # the event loop is closed, and nobody waits
            loop.call_soon_threadsafe(ended.set)

    loading = _in_daemon_thread(lambda: load_encoders(options, report))
    loading.add_done_callback(wake)
    try:
        await ended.wait()
    finally:
        left.set()
    return loading.result()


def collection_fingerprint(encoders: LoadedEncoders) -> str:
    """Twelve hex digits that change whenever old and new vectors cannot be compared."""
    fingerprints = " ".join(encoder.fingerprint for encoder in encoders.by_signal.values())
    return hashlib.sha256(fingerprints.encode()).hexdigest()[:12]


def encoder_sources(encoder_set: EncoderSet, options: ModelOptions) -> dict[str, EncoderSource]:
    """Returns the source of each signal's encoder, by the signal's name."""
    return {row.name: row.encoders[encoder_set](options) for row in registry.SIGNALS}


def _load(
    encoder_set: EncoderSet, options: ModelOptions, on_progress: OnProgress
) -> LoadedEncoders:
    sources = encoder_sources(encoder_set, options)
    names = " and ".join(source.name for source in sources.values())
    on_progress(Progress("looking for weights"))
    try:
        _fetch_missing(list(sources.values()), on_progress)
    except WeightsUnavailable as exc:
        raise _unavailable(names, options, exc.detail) from exc
    on_progress(Progress(f"loading {names}"))
    # Each loads in its own thread: most of the time is spent reading files.
    loading = {signal: _in_daemon_thread(source.load) for signal, source in sources.items()}
    encoders = {signal: future.result() for signal, future in loading.items()}
    return LoadedEncoders(encoders, device=_accelerate(encoders.values(), options, on_progress))


def _accelerate(encoders: Iterable[Encoder], options: ModelOptions, on_progress: OnProgress) -> str:
    """Chooses the execution plans of the encoders that have several. Returns the device."""
    device = "cpu"
    for encoder in encoders:  # One at a time, or they would measure each other.
        if isinstance(encoder, Accelerated):
            from service.embedding.inference.device import resolve_device
            from service.embedding.inference.exports import Exports

            device = resolve_device(options.device)
            on_progress(
                Progress(
                    f"preparing {encoder.name} for this processor; half a minute the first time"
                )
            )
            encoder.accelerate(options.precision, Exports(options.networks_dir))
    return device


def _fetch_missing(sources: Sequence[EncoderSource], on_progress: OnProgress) -> None:
    """Downloads what is not on this computer. Raises WeightsUnavailable, SetupError."""
    missing = [one for source in sources for one in source.weights if one.find() is None]
    for one in missing:
        if one.url is None:
            one.fetch(on_progress)  # raises: it says why it cannot be downloaded
    for url, reason in unreachable([one.url for one in missing if one.url is not None]).items():
        raise WeightsUnavailable(f"{url} cannot be reached ({reason}).")
    for one in missing:
        one.fetch(on_progress)


def _in_daemon_thread(work: Callable[[], T]) -> Future[T]:
    """Runs `work` in a thread that, unlike an executor's, does not delay the process's exit."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            result = work()
        except BaseException as exc:
            future.set_exception(exc)
        else:
            future.set_result(result)

    threading.Thread(target=run, name="load-encoders", daemon=True).start()
    return future


def _unavailable(names: str, options: ModelOptions, why: str) -> WeightsUnavailable:
    return WeightsUnavailable(
        f"The weights of {names} are not all on this computer, and cannot be had: {why} Run "
        "`python -m service weights --to weights` on a computer with a network, with the same "
        f"settings, and put what it fetches into {options.weights_dir.resolve()} (WEIGHTS_DIR). Or "
        "set ENCODERS=compact to start without them."
    )
