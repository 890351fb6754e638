"""Where the weights of the big models are on this machine, and what identifies them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from service.config import Settings
from service.core.errors import SetupError, WeightsUnavailable

HUB_ORGANISATION = "sentence-transformers"

TORCHVISION_URL = "https://download.pytorch.org/models/"
TORCHVISION_FILES = {
    "IMAGENET1K_V1": "resnet50-0676ba61.pth",
    "IMAGENET1K_V2": "resnet50-11ad3fa6.pth",
    "DEFAULT": "resnet50-11ad3fa6.pth",
}
"""As in torchvision's ResNet50_Weights, whose import takes longer than the decision may. A file's
name ends in the first digits of its SHA-256."""

_WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")
_IDENTIFYING = {".json", ".txt", ".safetensors", ".bin", ".model"}


def fingerprint(
    name: str, hashes: Mapping[str, str], preprocessing_version: str, dimensions: int
) -> str:
    """SHA-256 (hex) over all that decides what a vector means."""
    facts = [name, dict(sorted(hashes.items())), preprocessing_version, dimensions]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def hash_files(files: Iterable[Path], *, root: Path) -> str:
    """SHA-256 over contents and relative names; where `root` lies does not matter."""
    if not isinstance(files, Sequence):
        files = list(files)
    if len(files) == 1:
        return sha256(files[0])
    facts = {file.relative_to(root).as_posix(): sha256(file) for file in sorted(files)}
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def model_files(directory: Path) -> list[Path]:
    """The files of a model directory that its vectors depend on; one weights format of two."""
    files = [
        path
        for path in directory.rglob("*")
        if path.suffix in _IDENTIFYING
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(directory).parts)
    ]
    return [f for f in files if f.suffix != ".bin" or not _has_safetensors(f.parent)]


def local_clip(settings: Settings) -> Path | None:
    """The CLIP model's directory, if it is on this machine and complete. Raises WeightsUnavailable
    where `clip_model` is a path that leads nowhere."""
    given = Path(settings.clip_model).expanduser()
    if given.is_dir():
        if not _is_complete(given):
            raise WeightsUnavailable(
                f"The directory {given} (CLIP_MODEL) holds no complete sentence-transformers "
                "model: modules.json, config.json, preprocessor_config.json or weights are missing."
            )
        return given
    if _looks_like_path(settings.clip_model):
        raise WeightsUnavailable(
            f"CLIP_MODEL is the path {given}, and there is no such directory; correct it, or set a "
            "model's name such as clip-ViT-B-32."
        )
    candidates = [settings.weights_dir / clip_name(settings), *_hub_snapshots(settings)]
    return next((path for path in candidates if _is_complete(path)), None)


def local_resnet50(settings: Settings) -> Path | None:
    """The state-dict file, if it is on this machine; checked against the digest in its name.

    Raises SetupError where the name is unknown or the content is not what the name says, and
    WeightsUnavailable where `resnet50_weights` is a path that leads nowhere.
    """
    configured = settings.resnet50_weights
    file = torchvision_file(settings)
    if file is None:
        given = Path(configured).expanduser()
        if given.is_file():
            return check_digest_in_name(given)
        if given.suffix or _looks_like_path(configured):
            raise WeightsUnavailable(
                f"RESNET50_WEIGHTS is the path {given}, and there is no such file; correct it, or "
                "set a weights name such as IMAGENET1K_V1."
            )
        names = ", ".join(TORCHVISION_FILES)
        raise SetupError(
            f"There are no ResNet50 weights {configured!r}; set RESNET50_WEIGHTS to {names}, or to "
            "the path of a state-dict file."
        )
    for directory in (settings.weights_dir, torch_cache()):
        if (directory / file).is_file():
            return check_digest_in_name(directory / file)
    return None


def check_digest_in_name(file: Path) -> Path:
    """`file`, if its SHA-256 begins as a torchvision file name says. Raises SetupError."""
    if file.name not in TORCHVISION_FILES.values():
        return file
    expected, found = file.stem.rpartition("-")[2], sha256(file)
    if not found.startswith(expected):
        raise SetupError(
            f"{file} is damaged: its SHA-256 begins {found[:8]}, its name says {expected}; "
            "delete it and start again, or copy it anew."
        )
    return file


def clip_name(settings: Settings) -> str:
    """The model's short name, whether a name, a repository or a directory is configured."""
    return Path(settings.clip_model).expanduser().name


def hub_repository(settings: Settings) -> str:
    name = settings.clip_model
    return name if "/" in name else f"{HUB_ORGANISATION}/{name}"


def torchvision_file(settings: Settings) -> str | None:
    """The file name of the configured weights name; None where a path is configured."""
    name = settings.resnet50_weights.removeprefix("ResNet50_Weights.").upper()
    return TORCHVISION_FILES.get(name)


def hub_cache() -> Path:
    """Where sentence-transformers and the hub library keep models, by their variables."""
    environment = os.environ
    home = environment.get("HF_HOME") or str(_cache_home() / "huggingface")
    return Path(
        environment.get("SENTENCE_TRANSFORMERS_HOME")
        or environment.get("HF_HUB_CACHE")
        or environment.get("HUGGINGFACE_HUB_CACHE")
        or os.path.join(home, "hub")
    ).expanduser()


def torch_cache() -> Path:
    """Where torch.hub keeps weights files."""
    home = os.environ.get("TORCH_HOME") or str(_cache_home() / "torch")
    return Path(home).expanduser() / "hub" / "checkpoints"


def _cache_home() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()


def _hub_snapshots(settings: Settings) -> Iterator[Path]:
    """The snapshots of the repository in the hub's cache, that of the main branch first."""
    cached = hub_cache() / f"models--{hub_repository(settings).replace('/', '--')}"
    main = cached / "refs" / "main"
    if main.is_file():
        yield cached / "snapshots" / main.read_text().strip()
    if (cached / "snapshots").is_dir():
        yield from sorted((cached / "snapshots").iterdir())


def _is_complete(directory: Path) -> bool:
    """Whether the first module has all its files: a download that broke off lacks some."""
    modules = directory / "modules.json"
    if not modules.is_file():
        return False
    try:
        paths = [directory / module["path"] for module in json.loads(modules.read_text())]
    except (ValueError, TypeError, KeyError):
        return False
    first = next(iter(paths), directory)
    return (
        all(path.is_dir() for path in paths)
        and (first / "config.json").is_file()
        and (first / "preprocessor_config.json").is_file()
        and any((first / name).is_file() for name in _weight_names(first))
    )


def _weight_names(directory: Path) -> Iterator[str]:
    yield from _WEIGHT_FILES
    for name in _WEIGHT_FILES:
        if (directory / f"{name}.index.json").is_file():
            yield f"{name}.index.json"


def _has_safetensors(directory: Path) -> bool:
    return next(directory.glob("*.safetensors"), None) is not None


def _looks_like_path(name: str) -> bool:
    return name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name
