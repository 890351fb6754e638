"""The ResNet50 weights that RESNET50_WEIGHTS names, wherever they are."""

from __future__ import annotations

from service.core.interfaces import Encoder
from service.embedding.model_files.torchvision import TorchvisionWeights
from service.embedding.options import ModelOptions


class Resnet50Source:
    """An EncoderSource that loads a state-dict file."""

    name = "resnet50"

    def __init__(self, options: ModelOptions) -> None:
        self._options = options
        self._file = TorchvisionWeights(options.resnet50_weights, options.weights_dir)
        self.weights = (self._file,)

    def load(self) -> Encoder:
        from service.embedding.inference.device import resolve_device
        from service.embedding.resnet50.encoder import Resnet50Encoder

        return Resnet50Encoder.load(
            self._file.here(),
            device=resolve_device(self._options.device),
            transforms=self._options.resnet50_transforms,
        )
