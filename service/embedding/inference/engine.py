"""Runs an OpenVINO network, compiled once for each share of the cores."""

from __future__ import annotations

import threading
from typing import Any

import torch

from service.embedding.inference import cores
from service.embedding.inference.cores import Share
from service.embedding.inference.exports import Network, openvino

_HINTS = {torch.float32: "f32", torch.bfloat16: "bf16"}


class Engine:
    """Turns input tensors in main memory into the output of the network. Thread-safe."""

    def __init__(self, network: Network, dtype: torch.dtype) -> None:
        """The network calculates in `dtype`, float32 or bfloat16."""
        self._network = network
        self._hint = _HINTS[dtype]
        # Any: an openvino.CompiledModel.
        self._compiled: dict[Share, Any] = {}
        self._compiling = threading.Lock()

    def __call__(self, *inputs: torch.Tensor) -> torch.Tensor:
        """Returns the features. Raises RuntimeError if the processor lacks the type."""
        request = self._compiled_for(cores.current()).create_infer_request()
        arrays = [tensor.numpy() for tensor in inputs]
        return torch.from_numpy(request.infer(arrays, share_inputs=True)[0])

    def _compiled_for(self, share: Share) -> Any:
        """Compiles on first use, so that the network's threads inherit this thread's priority."""
        if share not in self._compiled:
            with self._compiling:
                if share not in self._compiled:
                    self._compiled[share] = self._compile(share)
        return self._compiled[share]

    def _compile(self, share: Share) -> Any:
        compiled = (
            openvino()
            .Core()
            .compile_model(
                self._network,
                "CPU",
                {
                    "NUM_STREAMS": cores.passes_at_once(share),
                    "INFERENCE_NUM_THREADS": cores.count(),
                    "INFERENCE_PRECISION_HINT": self._hint,
                    # Pinned, the threads of two models would share a core and leave another idle.
                    "ENABLE_CPU_PINNING": False,
                },
            )
        )
        precision = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
        if precision != self._hint:
            raise RuntimeError(f"this processor calculates in {precision}, not in {self._hint}")
        return compiled
