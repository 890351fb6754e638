"""The CLIP model that CLIP_MODEL names, wherever it is."""

from __future__ import annotations

from service.core.interfaces import Encoder
from service.embedding.model_files.hub import HubModel
from service.embedding.options import ModelOptions


class ClipSource:
    """An EncoderSource that loads a sentence-transformers or transformers directory."""

    def __init__(self, options: ModelOptions) -> None:
        self._options = options
        self._model = HubModel(options.clip_model, "CLIP_MODEL", options.weights_dir)
        self.name = self._model.kept_as
        self.weights = (self._model,)

    def load(self) -> Encoder:
        from service.embedding.clip.encoder import ClipEncoder
        from service.embedding.inference.device import resolve_device

        directory = self._model.here()
        return ClipEncoder.load(
            directory, name=self.name, device=resolve_device(self._options.device)
        )
