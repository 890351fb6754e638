"""Fetches weights over the network, after a quick look whether there is one, with progress."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.core.errors import WeightsUnavailable
from service.embedding.model_files import weights

log = logging.getLogger(__name__)

PROBE_TIMEOUT_S = 3.0
_READ_TIMEOUT_S = 30.0
_LOG_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being loaded; bytes where they are known."""

    step: str
    done_bytes: int = 0
    total_bytes: int | None = None


OnProgress = Callable[[Progress], None]


class LoggedProgress:
    """Passes progress on, and writes a log line now and then."""

    def __init__(self, step: str, total_bytes: int | None, on_progress: OnProgress) -> None:
        self._step, self._total, self._on_progress = step, total_bytes, on_progress
        self._done = 0
        self._logged_at = 0.0
        self._lock = threading.Lock()

    def reach(self, done_bytes: int) -> None:
        with self._lock:
            self._done = done = max(self._done, done_bytes)
            due = time.monotonic() - self._logged_at >= _LOG_EVERY_S
            if due:
                self._logged_at = time.monotonic()
        self._on_progress(Progress(self._step, done, self._total))
        if due:
            of = f" of {self._total / 1e6:.0f}" if self._total else ""
            log.info("%s: %.0f%s MB", self._step, done / 1e6, of)


def hub_endpoint() -> str:
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def hub_is_offline() -> bool:
    """As the hub library decides it."""
    value = os.environ.get("HF_HUB_OFFLINE") or os.environ.get("TRANSFORMERS_OFFLINE") or ""
    return value.upper() in {"1", "ON", "YES", "TRUE"}


def unreachable(urls: Sequence[str], timeout_s: float = PROBE_TIMEOUT_S) -> dict[str, str]:
    """Those of `urls` that do not answer, with the reason; all are asked at once.

    Done by deadline, whatever hangs: a name server that does not answer knows no timeout.
    """
    reasons = dict.fromkeys(urls, f"no answer within {timeout_s:g} s")
    threads = [
        threading.Thread(target=_probe, args=(url, timeout_s, reasons), daemon=True) for url in urls
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + timeout_s
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return {url: reason for url, reason in dict(reasons).items() if reason}


def _probe(url: str, timeout_s: float, reasons: dict[str, str]) -> None:
    import httpx

    try:
        status = httpx.head(url, timeout=timeout_s, follow_redirects=True).status_code
    except Exception as exc:
        # Also an unsupported proxy or a malformed URL: each means that nothing will be fetched.
        reasons[url] = f"{type(exc).__name__}: {exc}"
    else:
        # 401 and 404 come from a hub that works; what they mean, the download will say.
        reasons[url] = f"HTTP {status}" if status in (403, 407) or status >= 500 else ""


def fetch_clip(repository: str, on_progress: OnProgress) -> Path:
    """The repository's snapshot, downloaded into the hub's cache. Raises WeightsUnavailable."""
    import huggingface_hub

    step = f"downloading {repository}"
    log.info("%s from %s", step, hub_endpoint())
    try:
        api = huggingface_hub.HfApi(endpoint=hub_endpoint())
        info = api.model_info(repository, files_metadata=True, timeout=_READ_TIMEOUT_S)
        files = _wanted(info.siblings or [])
        progress = LoggedProgress(step, sum(file.size or 0 for file in files), on_progress)
        snapshot = Path(
            huggingface_hub.snapshot_download(
                repository,
                cache_dir=weights.hub_cache(),
                endpoint=hub_endpoint(),
                allow_patterns=[file.rfilename for file in files],
                tqdm_class=_bar(progress),
            )
        )
    except Exception as exc:
        # Connection, protocol, disk and repository errors: the way out is the same for all.
        raise WeightsUnavailable(
            f"The download of {repository} failed ({type(exc).__name__}: {exc})."
        ) from exc
    _check_hashes(snapshot, files)
    return snapshot


def fetch_torchvision(
    file_name: str, on_progress: OnProgress, *, base_url: str = weights.TORCHVISION_URL
) -> Path:
    """The weights file, downloaded into torch.hub's cache; its name holds its digest.

    Raises WeightsUnavailable.
    """
    target = weights.torch_cache() / file_name
    step = f"downloading {file_name}"
    log.info("%s from %s", step, base_url)
    part = target.with_name(f"{file_name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = _stream(base_url + file_name, part, step, on_progress)
        expected = Path(file_name).stem.rpartition("-")[2]
        if not digest.startswith(expected):
            raise WeightsUnavailable(
                f"The download of {file_name} arrived damaged: its SHA-256 begins {digest[:8]}, "
                f"not {expected}."
            )
        part.replace(target)
    except WeightsUnavailable:
        raise
    except Exception as exc:
        raise WeightsUnavailable(
            f"The download of {file_name} failed ({type(exc).__name__}: {exc})."
        ) from exc
    finally:
        part.unlink(missing_ok=True)
    return target


def _stream(url: str, target: Path, step: str, on_progress: OnProgress) -> str:
    import httpx

    digest = hashlib.sha256()
    with (
        httpx.stream("GET", url, timeout=_READ_TIMEOUT_S, follow_redirects=True) as response,
        target.open("wb") as file,
    ):
        response.raise_for_status()
        length = response.headers.get("content-length", "")
        progress = LoggedProgress(step, int(length) if length.isdigit() else None, on_progress)
        for chunk in response.iter_bytes(1 << 20):
            file.write(chunk)
            digest.update(chunk)
            progress.reach(file.tell())
    return digest.hexdigest()


def _wanted(siblings: Sequence[Any]) -> list[Any]:
    """The files that torch needs: one weights format, no exports for other engines.

    Any: the hub library's own file entries.
    """
    names = [file.rfilename for file in siblings]
    safe = any(name.endswith(".safetensors") for name in names)
    skipped = (".h5", ".msgpack", ".ot", ".onnx", ".md", ".gitattributes", ".xml")
    return [
        file
        for file in siblings
        if not file.rfilename.endswith(skipped)
        and not file.rfilename.startswith(("onnx/", "openvino/"))
        and not (safe and file.rfilename.endswith(".bin"))
    ]


def _check_hashes(snapshot: Path, files: Sequence[Any]) -> None:
    for file in files:
        expected = file.lfs.sha256 if file.lfs else None
        if expected and weights.sha256(snapshot / file.rfilename) != expected:
            path = (snapshot / file.rfilename).resolve()
            path.unlink(missing_ok=True)
            raise WeightsUnavailable(
                f"The download of {file.rfilename} arrived damaged: its SHA-256 is not {expected}."
            )


def _bar(progress: LoggedProgress) -> Any:
    """The hub library reports through a class like tqdm (Any: it names no type for it).

    It counts the same bytes on several bars, as received and as written: the furthest one tells.
    """
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[type-arg]  # tqdm is generic in its stubs only
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._is_of_bytes = kwargs.get("unit") == "B"
            self._done = 0
            kwargs.pop("name", None)
            super().__init__(*args, **{**kwargs, "disable": True})

        def update(self, n: float | None = 1) -> bool | None:
            if self._is_of_bytes and n:
                self._done += int(n)
                progress.reach(self._done)
            return None

    return Bar
