"""Runs one side of a model by the fastest execution plan that matches the plain module."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from service.embedding.images.preprocessing import unit_rows
from service.embedding.inference import cores
from service.embedding.inference.cores import Share
from service.embedding.inference.engine import Engine
from service.embedding.inference.exports import Exported, Exports
from service.embedding.inference.plans import Candidate, Inputs, Plan, exact, fastest, vectors
from service.embedding.inference.processor import computes_bfloat16
from service.embedding.options import Precision

log = logging.getLogger(__name__)

LEAST_COSINE = {torch.float32: 0.999999, torch.bfloat16: 0.9995, torch.float16: 0.9995}
"""Rounding alone keeps the cosine to the plain vectors above these."""


class Tower:
    """Runs the plain module until `accelerate` finds a faster plan with the same vectors."""

    def __init__(self, name: str, module: torch.nn.Module, device: torch.device) -> None:
        """The `module` turns tensors of n items into features, (n, dimensions)."""
        self._name = name
        self._module = module
        self._device = device
        self._plain = Plan("PyTorch in float32", module)
        self.plan = self._plain

    def vectors(self, *inputs: torch.Tensor) -> NDArray[np.float32]:
        return unit_rows(self.plan.features(inputs))

    def plain_vectors(self, *inputs: torch.Tensor) -> NDArray[np.float32]:
        """Returns the vectors of the plain module, whose inner states hooks can record."""
        return unit_rows(self._plain.features(inputs))

    def accelerate(
        self, probes: Inputs, precision: Precision, exports: Exports, weights: str
    ) -> None:
        """Takes the fastest plan for this processor whose vectors match the plain module's.

        The `probes` are the inputs of at least two items; `weights` is the hash of the weights.
        """
        with cores.using(Share.HALF):
            self.plan = self._choose(probes, precision, exports, weights)
        log.info("%s runs as %s", self._name, self.plan.name)

    def _choose(self, probes: Inputs, precision: Precision, exports: Exports, weights: str) -> Plan:
        if self._device.type == "cuda":
            expected = vectors(self._plain, probes)
            return fastest(self._plain, self._on_gpu(precision), probes, expected)
        try:
            exported = exports.get(self._name, weights, self._module, probes)
        except Exception as exc:
            # A light installation, or a module that cannot be exported: many errors.
            log.info("%s runs on PyTorch, without OpenVINO: %r", self._name, exc)
            return self._plain
        candidates = {
            candidate.name: candidate
            for candidate in (_on_openvino(exported, dtype) for dtype in _precisions(precision))
        }
        return self._as_before(exported, candidates, probes) or self._fastest(
            exported, candidates, probes
        )

    def _as_before(
        self, exported: Exported, candidates: Mapping[str, Candidate], probes: Inputs
    ) -> Plan | None:
        """Returns the plan of the last start, if it is allowed now and still matches."""
        found = exported.remembered()
        if not found or list(found["candidates"]) != list(candidates):
            return None
        name = str(found["plan"])
        if name == self._plain.name:
            return self._plain
        return exact(candidates[name], found["expected"].astype(np.float32), probes)

    def _fastest(
        self, exported: Exported, candidates: Mapping[str, Candidate], probes: Inputs
    ) -> Plan:
        expected = vectors(self._plain, probes)
        plan = fastest(self._plain, candidates.values(), probes, expected)
        exported.remember(
            plan=np.array(plan.name), candidates=np.array(list(candidates)), expected=expected
        )
        return plan

    def _on_gpu(self, precision: Precision) -> Iterator[Candidate]:
        if precision == "float32":
            return
        dtype = torch.bfloat16 if precision == "bfloat16" else torch.float16

        def half(*inputs: torch.Tensor) -> torch.Tensor:
            with torch.autocast("cuda", dtype=dtype):
                features: torch.Tensor = self._module(*inputs)
                return features.float()

        yield Candidate(f"half precision on {self._device}", LEAST_COSINE[dtype], lambda: half)


def _on_openvino(exported: Exported, dtype: torch.dtype) -> Candidate:
    name = f"OpenVINO in {str(dtype).removeprefix('torch.')}"
    return Candidate(name, LEAST_COSINE[dtype], lambda: Engine(exported.network, dtype))


def _precisions(precision: Precision) -> list[torch.dtype]:
    if precision == "bfloat16" or (precision == "auto" and computes_bfloat16()):
        return [torch.bfloat16, torch.float32]
    return [torch.float32]
