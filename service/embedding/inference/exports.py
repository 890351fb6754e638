"""Exports PyTorch modules as OpenVINO networks, and keeps them on disk for later starts."""

from __future__ import annotations

import hashlib
import logging
import shutil
import sys
import tempfile
import threading
import warnings
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray

log = logging.getLogger(__name__)

Network: TypeAlias = Any
"""An `openvino.Model`; the package need not be installed."""

VERSION = "1"
"""A new version makes every module be exported again."""

EXPORT_TIMEOUT_S = 300.0
"""A module that takes longer to export runs on PyTorch until the next start."""

_FILE = "network.xml"
_FOUND = "found.npz"

Array: TypeAlias = NDArray[np.generic]


class Exported:
    """A network, and the notes about it that lie beside it on disk."""

    def __init__(self, network: Network, folder: Path | None) -> None:
        self.network = network
        self._folder = folder

    def remember(self, **found: Array) -> None:
        """Keeps the arrays for the next start; without a folder it does nothing."""
        if self._folder is None:
            return
        made = self._folder / f"{_FOUND}.new"
        try:
            with made.open("wb") as stream:
                np.savez(stream, allow_pickle=False, **found)
            made.replace(self._folder / _FOUND)
        except OSError as exc:
            log.warning("%s cannot be written: %s", made, exc)

    def remembered(self) -> dict[str, Array]:
        """Returns the arrays that an earlier start kept, or none."""
        if self._folder is None:
            return {}
        try:
            with np.load(self._folder / _FOUND) as found:
                return dict(found)
        except (OSError, ValueError, EOFError, BadZipFile):
            return {}


class Exports:
    """A directory with a folder for each network. A changed model replaces its old network."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def get(
        self, name: str, weights: str, module: torch.nn.Module, examples: tuple[torch.Tensor, ...]
    ) -> Exported:
        """Returns the module's network, exported if it is not there yet.

        The number of items may vary, and in texts the number of tokens. The `name` consists of
        letters, digits and hyphens; `weights` is the hash of the weights; the `examples` are the
        inputs of at least two items. Raises ImportError without OpenVINO, TimeoutError, and the
        exporters' own errors for a module that cannot be exported.
        """
        folder = self._folder(name, weights, examples)
        if (folder / _FILE).exists():
            try:
                return Exported(_read(folder), folder)
            except RuntimeError as exc:
                log.warning("%s is damaged and made anew: %s", folder, exc)
        log.info("exporting %s to %s", name, folder)
        network = _exported(module, examples)
        try:
            self._save(network, name, folder)
        except OSError as exc:
            log.warning("%s is exported anew at every start: %s", name, exc)
            return Exported(network, None)
        return Exported(_read(folder), folder)

    def _folder(self, name: str, weights: str, examples: tuple[torch.Tensor, ...]) -> Path:
        shapes = [list(example.shape[2:]) for example in examples]
        parts = (VERSION, weights, torch.__version__, openvino().__version__, shapes)
        digest = hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
        return self._directory / f"{name}.{digest}"

    def _save(self, network: Network, name: str, folder: Path) -> None:
        """Saves the network completely or not at all. If several processes do, one of them wins."""
        self._directory.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=self._directory, prefix=".new-"))
        try:
            openvino().save_model(network, made / _FILE, compress_to_fp16=False)
            for old in self._directory.glob(f"{name}.*"):
                shutil.rmtree(old)
            made.rename(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)


def _read(folder: Path) -> Network:
    """Reads a network, whose weights stay on disk until used. Raises RuntimeError if damaged."""
    return openvino().Core().read_model(folder / _FILE)


def openvino() -> Any:
    """Imports OpenVINO without its telemetry. Raises ImportError if it is not installed."""
    # OpenVINO reports its import to its makers over the network if it finds this package.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino  # type: ignore[import-untyped]

    return openvino


def _exported(module: torch.nn.Module, examples: tuple[torch.Tensor, ...]) -> Network:
    """Exports in a thread, which is left behind if it takes too long. Raises TimeoutError."""
    future: Future[Network] = Future()

    def export() -> None:
        try:
            future.set_result(_export(module, examples))
        except BaseException as exc:
            future.set_exception(exc)

    threading.Thread(target=export, name="export", daemon=True).start()
    return future.result(EXPORT_TIMEOUT_S)


def _export(module: torch.nn.Module, examples: tuple[torch.Tensor, ...]) -> Network:
    any_length = torch.export.Dim.DYNAMIC
    # Pictures have a fixed size, texts any number of tokens.
    shapes = tuple(
        {0: any_length, 1: any_length} if example.dim() == 2 else {0: any_length}
        for example in examples
    )
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        # Tensors made in inference mode cannot be traced, copies can.
        copies = tuple(example.clone() for example in examples)
        program = torch.export.export(
            _Variadic(module), copies, dynamic_shapes=(shapes,), strict=False
        )
        return openvino().convert_model(program)


class _Variadic(torch.nn.Module):
    """Takes any number of inputs, so that their shapes can be given in one way."""

    def __init__(self, module: torch.nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self.module(*inputs)
        return features
