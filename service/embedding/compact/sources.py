"""The compact encoders as sources: their weights ship with the code."""

from __future__ import annotations

from service.core.interfaces import Encoder
from service.embedding.options import ModelOptions
from service.embedding.sources import BundledSource, EncoderSource

# The encoders are imported when they are loaded: PyTorch takes seconds.


def compact_semantic(_: ModelOptions) -> EncoderSource:
    """The encoder of what a thing is, which reads words, too."""
    return BundledSource("compact-semantic-1", _load_semantic)


def compact_visual(_: ModelOptions) -> EncoderSource:
    """The encoder of colours and textures."""
    return BundledSource("compact-visual-1", _load_visual)


def _load_semantic() -> Encoder:
    from service.embedding.compact.semantic import CompactSemanticEncoder

    return CompactSemanticEncoder.load()


def _load_visual() -> Encoder:
    from service.embedding.compact.visual import CompactVisualEncoder

    return CompactVisualEncoder.load()
