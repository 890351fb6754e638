"""Chooses and loads the encoders that the settings ask for."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from service.config import Settings
from service.core.errors import SetupError, WeightsUnavailable
from service.core.interfaces import Encoder
from service.embedding.model_files import download, weights
from service.embedding.model_files.download import OnProgress, Progress

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoadedEncoders:
    """The encoders of the two signals; `warning` says why they are not the ones hoped for."""

    semantic: Encoder
    visual: Encoder
    warning: str | None = None
    device: str = "cpu"


def load_encoders(
    settings: Settings, on_progress: OnProgress = lambda progress: None
) -> LoadedEncoders:
    """What ENCODERS asks for; blocks while weights are fetched and loaded.

    Raises WeightsUnavailable (clip+resnet50 only; within 5 seconds where there is no network) and
    SetupError for weights that are there but cannot be used.
    """
    if settings.encoders == "compact":
        return _load_compact(None, on_progress)
    try:
        return _load_large(settings, on_progress)
    except WeightsUnavailable as exc:
        if settings.encoders == "clip+resnet50":
            raise
        warning = (
            "Running on the compact encoders, whose results are far from CLIP's and ResNet50's. "
            f"{exc.detail}"
        )
        log.warning(warning)
        return _load_compact(warning, on_progress)


async def load_encoders_in_background(
    settings: Settings, on_progress: OnProgress
) -> LoadedEncoders:
    """`load_encoders`, whose thread tells the progress; cancelling ends the wait at once.

    The thread is then left behind, stops where it would tell its next progress, and holds up no
    exit of the process.
    """
    loop, ended, left = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def tell(progress: Progress) -> None:
        if left.is_set():
            # No Exception: a download would report it, and the compact encoders take its place.
            raise asyncio.CancelledError
        on_progress(progress)

    def wake(_: object) -> None:
        with suppress(RuntimeError):  # the event loop is closed, and nobody waits
            loop.call_soon_threadsafe(ended.set)

    loading = _in_daemon_thread(lambda: load_encoders(settings, tell))
    loading.add_done_callback(wake)
    try:
        await ended.wait()
    finally:
        left.set()
    return loading.result()


def collection_fingerprint(encoders: LoadedEncoders) -> str:
    """Twelve hex digits that change whenever vectors of before and after must not meet."""
    both = f"{encoders.semantic.fingerprint} {encoders.visual.fingerprint}"
    return hashlib.sha256(both.encode()).hexdigest()[:12]


def resolve_device(device: str) -> str:
    """`auto` is the GPU where there is one. Raises SetupError where `cuda` is asked for in vain."""
    import torch

    available = torch.cuda.is_available()
    if device == "cuda" and not available:
        raise SetupError("DEVICE is cuda and PyTorch finds no GPU; set DEVICE=auto or cpu.")
    return "cuda" if device != "cpu" and available else "cpu"


def _load_compact(warning: str | None, on_progress: OnProgress) -> LoadedEncoders:
    on_progress(Progress("loading the compact encoders"))
    from service.embedding.compact.semantic import CompactSemanticEncoder
    from service.embedding.compact.visual import CompactVisualEncoder

    return LoadedEncoders(CompactSemanticEncoder.load(), CompactVisualEncoder.load(), warning)


def _load_large(settings: Settings, on_progress: OnProgress) -> LoadedEncoders:
    # Nothing heavy is imported before it is known that the weights are there.
    directory, file = _find_weights(settings, on_progress)
    on_progress(Progress("loading PyTorch"))
    from service.embedding.clip.encoder import ClipEncoder
    from service.embedding.inference.exports import Exports
    from service.embedding.resnet50.encoder import Resnet50Encoder

    device = resolve_device(settings.device)
    name = weights.clip_name(settings)
    on_progress(Progress(f"loading {name} and resnet50"))
    log.info("loading %s from %s and resnet50 from %s on %s", name, directory, file, device)
    semantic = _in_daemon_thread(lambda: ClipEncoder.load(directory, name=name, device=device))
    visual = _in_daemon_thread(lambda: Resnet50Encoder.load(file, device=device))
    encoders = semantic.result(), visual.result()
    exports = Exports(settings.data_dir / "networks")
    for encoder in encoders:  # not side by side: what is measured would be the other one
        on_progress(
            Progress(f"preparing {encoder.name} for this processor; half a minute the first time")
        )
        encoder.accelerate(settings.precision, exports)
    return LoadedEncoders(*encoders, device=device)


def _in_daemon_thread(work: Callable[[], T]) -> Future[T]:
    """An executor's threads are waited for at the exit of the process; this one is not."""
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


def _find_weights(settings: Settings, on_progress: OnProgress) -> tuple[Path, Path]:
    """Both models' weights on this machine, fetched if need be. Raises WeightsUnavailable."""
    on_progress(Progress("looking for weights"))
    directory, file = weights.local_clip(settings), weights.local_resnet50(settings)
    fetches: dict[str, Callable[[], Path]] = {}
    if directory is None:
        repository = weights.hub_repository(settings)
        if download.hub_is_offline():
            raise _unavailable(settings, f"{repository} is not here and HF_HUB_OFFLINE is set.")
        url = f"{download.hub_endpoint()}/{repository}/resolve/main/modules.json"
        fetches[url] = lambda: download.fetch_clip(repository, on_progress)
    if file is None and (name := weights.torchvision_file(settings)):
        fetches[weights.TORCHVISION_URL + name] = lambda: download.fetch_torchvision(
            name, on_progress
        )
    for url, reason in download.unreachable(list(fetches)).items():
        raise _unavailable(settings, f"{url} cannot be reached ({reason}).")
    try:
        fetched = {url: fetch() for url, fetch in fetches.items()}
    except WeightsUnavailable as exc:
        raise _unavailable(settings, exc.detail) from exc
    results = list(fetched.values())
    return directory or results[0], file or results[-1]


def _unavailable(settings: Settings, why: str) -> WeightsUnavailable:
    return WeightsUnavailable(
        f"The weights of {weights.clip_name(settings)} and resnet50 are not all on this machine, "
        f"and not to be had: {why} Run `python -m service weights --to weights` on a machine with "
        "a network, with the same settings, and put what it fetches into "
        f"{settings.weights_dir.resolve()} (WEIGHTS_DIR). Or set ENCODERS=compact to start "
        "without them."
    )
