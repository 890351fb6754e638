"""The models that CLIP_MODEL and CLIP_TEXT_MODEL name, wherever they are."""

from __future__ import annotations

from service.core.interfaces import Encoder
from service.embedding.model_files.hub import HubModel
from service.embedding.options import ModelOptions


class ClipSource:
    """An EncoderSource of one model for pictures and texts, or of one for each."""

    def __init__(self, options: ModelOptions) -> None:
        self._device = options.device
        self._model = HubModel(options.clip_model, "CLIP_MODEL", options.weights_dir)
        self._texts = (
            None
            if options.clip_text_model is None
            else HubModel(options.clip_text_model, "CLIP_TEXT_MODEL", options.weights_dir)
        )
        self.name = self._model.kept_as
        self.weights = [one for one in (self._model, self._texts) if one is not None]

    def load(self) -> Encoder:
        """Raises SetupError, WeightsUnavailable."""
        from service.embedding.clip.encoder import ClipEncoder
        from service.embedding.clip.texts import ClipTexts
        from service.embedding.inference.device import resolve_device

        device, texts = resolve_device(self._device), None
        if self._texts is not None:
            name = self._texts.kept_as
            texts = ClipTexts.load(self._texts.here(), name=name, device=device)
        return ClipEncoder.load(self._model.here(), name=self.name, device=device, texts=texts)
