"""ResNet50 weights of torchvision: by name, in WEIGHTS_DIR, in torch.hub's cache, or by a path."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path

from service.core.errors import SetupError, WeightsUnavailable
from service.embedding.model_files.fingerprints import sha256
from service.embedding.model_files.hub import looks_like_path
from service.embedding.model_files.progress import LoggedProgress, OnProgress

log = logging.getLogger(__name__)

BASE_URL = "https://download.pytorch.org/models/"
FILES = {
    "IMAGENET1K_V1": "resnet50-0676ba61.pth",
    "IMAGENET1K_V2": "resnet50-11ad3fa6.pth",
    "DEFAULT": "resnet50-11ad3fa6.pth",
}
"""The files of torchvision's ResNet50_Weights, whose import takes longer than the decision for
other encoders may. A file's name ends in the first digits of its SHA-256."""

_READ_TIMEOUT_S = 30.0


class TorchvisionWeights:
    """A state-dict file, given by the name of torchvision's weights or by its path."""

    def __init__(self, given: str, weights_dir: Path, *, base_url: str = BASE_URL) -> None:
        self._given = given
        self._weights_dir = weights_dir
        self._file = FILES.get(given.removeprefix("ResNet50_Weights.").upper())
        self.kept_as = self._file or Path(given).expanduser().name
        self.url = None if self._file is None else base_url + self._file

    def find(self) -> Path | None:
        """The file, if it is on this computer and its content is what its name says.

        Raises SetupError for an unknown name, a path that leads nowhere or a damaged file.
        """
        if self._file is None:
            return self._given_path()
        for directory in (self._weights_dir, torch_cache()):
            if (directory / self._file).is_file():
                return check_digest_in_name(directory / self._file)
        return None

    def here(self) -> Path:
        """`find`, for a file that has to be there. Raises WeightsUnavailable."""
        file = self.find()
        if file is None:
            raise WeightsUnavailable(f"{self.kept_as} is not on this computer.")
        return file

    def fetch(self, on_progress: OnProgress) -> Path:
        """Downloads the file into torch.hub's cache. Raises WeightsUnavailable.

        `torch.hub.download_url_to_file` knows neither a timeout nor a callback for the progress.
        """
        if self.url is None:
            raise WeightsUnavailable(f"{self._given} is a path, which cannot be downloaded.")
        target = torch_cache() / self.kept_as
        part = target.with_name(f"{target.name}.{os.getpid()}.part")
        log.info("downloading %s", self.url)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            digest = _stream(self.url, part, f"downloading {target.name}", on_progress)
            _check_digest(target.name, digest)
            part.replace(target)
        except WeightsUnavailable:
            raise
        except Exception as exc:
            raise WeightsUnavailable(
                f"The download of {target.name} failed ({type(exc).__name__}: {exc})."
            ) from exc
        finally:
            part.unlink(missing_ok=True)
        return target

    def _given_path(self) -> Path:
        path = Path(self._given).expanduser()
        if path.is_file():
            return check_digest_in_name(path)
        if path.suffix or looks_like_path(self._given):
            raise SetupError(
                f"RESNET50_WEIGHTS is the path {path}, and there is no such file; correct it, or "
                "set a weights name such as IMAGENET1K_V1."
            )
        raise SetupError(
            f"There are no ResNet50 weights {self._given!r}; set RESNET50_WEIGHTS to "
            f"{', '.join(FILES)}, or to the path of a state-dict file."
        )


def check_digest_in_name(file: Path) -> Path:
    """The file itself, if its SHA-256 begins as its name says. Raises SetupError.

    Only names of torchvision's own files hold a digest.
    """
    if file.name not in FILES.values():
        return file
    expected, found = _digest_in(file.name), sha256(file)
    if not found.startswith(expected):
        raise SetupError(
            f"{file} is damaged: its SHA-256 begins {found[:8]}, its name says {expected}; "
            "delete it and start again, or copy it anew."
        )
    return file


def torch_cache() -> Path:
    """The directory where torch.hub keeps downloaded weights."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("TORCH_HOME") or os.path.join(cache, "torch")
    return Path(home).expanduser() / "hub" / "checkpoints"


def _digest_in(name: str) -> str:
    return Path(name).stem.rpartition("-")[2]


def _check_digest(name: str, digest: str) -> None:
    if not digest.startswith(_digest_in(name)):
        raise WeightsUnavailable(
            f"The download of {name} arrived damaged: its SHA-256 begins {digest[:8]}, "
            f"not {_digest_in(name)}."
        )


def _stream(url: str, target: Path, step: str, on_progress: OnProgress) -> str:
    """Writes the body to `target` and returns its SHA-256 (hex)."""
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
