"""Models in the layout of the Hugging Face hub: in a directory, in its cache, or on the hub."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from service.core.errors import SetupError, WeightsUnavailable
from service.embedding.model_files.progress import LoggedProgress, OnProgress

# The hub's library is imported where it is used: the decision for other encoders needs none.

log = logging.getLogger(__name__)

DEFAULT_ORGANISATION = "sentence-transformers"
"""A name without an organisation is a model of this one, as in sentence-transformers."""

_NEVER_WANTED = ("*.h5", "*.msgpack", "*.ot", "*.onnx", "*.md", "*.xml", "onnx/*", "openvino/*")
"""Exports for other engines, and files that say nothing about vectors."""


class HubModel:
    """A model's directory, given by a path, by a name on the hub, or by a name in WEIGHTS_DIR."""

    def __init__(self, given: str, setting: str, weights_dir: Path) -> None:
        """`given` is the value of `setting`, which messages name."""
        self._given, self._setting = given, setting
        self._path = Path(given).expanduser()
        self._weights_dir = weights_dir
        self.kept_as = self._path.name
        self.repository = given if "/" in given else f"{DEFAULT_ORGANISATION}/{given}"
        self._is_path = self._path.is_dir() or looks_like_path(given)

    @property
    def url(self) -> str | None:
        """The model's address on the hub; None for a path, and if the hub must not be asked."""
        if self._is_path or _is_offline():
            return None
        return f"{_endpoint()}/{self.repository}/resolve/main/config.json"

    def find(self) -> Path | None:
        """The directory, if it is on this computer. Raises SetupError for a wrong path.

        Whether the files in it are complete is for the library to say that loads them; a download
        that broke off is told by the hub's own list of files, and counts as none.
        """
        if self._path.is_dir():
            return self._path
        if self._is_path:
            raise SetupError(
                f"{self._setting} is the path {self._path}, and there is no such directory; "
                "correct it, or set a model's name such as clip-ViT-B-32."
            )
        kept = self._weights_dir / self.kept_as
        return kept if kept.is_dir() else self._cached()

    def here(self) -> Path:
        """`find`, for a model that has to be there. Raises WeightsUnavailable."""
        directory = self.find()
        if directory is None:
            raise WeightsUnavailable(f"{self.repository} is not on this computer.")
        return directory

    def fetch(self, on_progress: OnProgress) -> Path:
        """Downloads the repository into the hub's cache. Raises WeightsUnavailable."""
        step = f"downloading {self.repository}"
        log.info("%s from %s", step, _endpoint())
        if self._is_path:
            raise WeightsUnavailable(f"{self._setting} is a path, which cannot be downloaded.")
        if _is_offline():
            raise WeightsUnavailable(f"{self.repository} is not here and HF_HUB_OFFLINE is set.")
        try:
            return self._download(step, on_progress)
        except WeightsUnavailable:
            raise
        except Exception as exc:
            # Connection, protocol, disk and repository errors have the same remedy.
            raise WeightsUnavailable(
                f"The download of {self.repository} failed ({type(exc).__name__}: {exc})."
            ) from exc

    def _download(self, step: str, on_progress: OnProgress) -> Path:
        from huggingface_hub import HfApi, snapshot_download

        siblings = (
            HfApi(endpoint=_endpoint())
            .model_info(self.repository, files_metadata=True, timeout=30.0)
            .siblings
            or []
        )
        unwanted = _unwanted(file.rfilename for file in siblings)
        progress = LoggedProgress(step, _total_bytes(siblings, unwanted), on_progress)
        snapshot = snapshot_download(
            self.repository,
            cache_dir=_cache(),
            endpoint=_endpoint(),
            ignore_patterns=unwanted,
            tqdm_class=_bar(progress),
        )
        self._verify()
        return Path(snapshot)

    def _verify(self) -> None:
        from huggingface_hub import HfApi

        found = HfApi(endpoint=_endpoint()).verify_repo_checksums(
            self.repository, cache_dir=_cache()
        )
        for mismatch in found.mismatches:
            file = found.verified_path / mismatch["path"]
            file.resolve().unlink(missing_ok=True)
            file.unlink(missing_ok=True)
        if found.mismatches:
            names = ", ".join(mismatch["path"] for mismatch in found.mismatches)
            raise WeightsUnavailable(f"The download of {names} arrived damaged.")

    def _cached(self) -> Path | None:
        from huggingface_hub import get_cached_repo_tree, snapshot_download
        from huggingface_hub.errors import CachedRepoTreeNotFoundError, LocalEntryNotFoundError

        try:
            names = [
                file.path for file in get_cached_repo_tree(self.repository, cache_dir=_cache())
            ]
        except (CachedRepoTreeNotFoundError, LocalEntryNotFoundError):
            names = []
        try:
            snapshot = snapshot_download(
                self.repository,
                cache_dir=_cache(),
                local_files_only=True,
                ignore_patterns=_unwanted(names),
            )
        except FileNotFoundError:  # the base of the hub's errors for what is missing on the disk
            return None
        return Path(snapshot)


def looks_like_path(name: str) -> bool:
    """True for a value that can only be meant as a path, such as `./model` or `a/b/c`."""
    return name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name


def _unwanted(names: Iterable[str]) -> list[str]:
    """Patterns of a repository's files that PyTorch does not need: of two formats, one."""
    has_safetensors = any(name.endswith(".safetensors") for name in names)
    return [*_NEVER_WANTED, *(["*.bin"] if has_safetensors else [])]


def _total_bytes(siblings: Iterable[Any], unwanted: list[str]) -> int:
    """Any: the hub's own entries."""
    return sum(
        file.size or 0
        for file in siblings
        if not any(fnmatch(file.rfilename, pattern) for pattern in unwanted)
    )


def _endpoint() -> str:
    from huggingface_hub import constants

    return constants.ENDPOINT


def _is_offline() -> bool:
    from huggingface_hub import constants

    return constants.is_offline_mode()


def _cache() -> str | None:
    """The cache of sentence-transformers, if it has its own; None is the hub's."""
    return os.environ.get("SENTENCE_TRANSFORMERS_HOME") or None


def _bar(progress: LoggedProgress) -> Any:
    """A class like tqdm, through which the hub's library reports (it names no type for it).

    The library counts the same bytes on several bars, as received and as written.
    """
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[type-arg]  # tqdm is generic in its stubs only
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._counts_bytes = kwargs.get("unit") == "B"
            self._done = 0
            kwargs.pop("name", None)
            super().__init__(*args, **{**kwargs, "disable": True})

        def update(self, n: float | None = 1) -> bool | None:
            if self._counts_bytes and n:
                self._done += int(n)
                progress.reach(self._done)
            return None

    return Bar
