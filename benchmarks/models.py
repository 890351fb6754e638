"""Writes full-size CLIP ViT-B/32 and ResNet50 with random weights, in users' file formats."""

from __future__ import annotations

import io
from pathlib import Path

import torch
from PIL import Image
from torchvision.models import ResNet50_Weights, resnet50

from benchmarks.pictures import SMALL, picture
from tests.embedding.checkpoints import write_clip

RESNET50_FILE = "resnet50-made.pth"


def write_models(directory: Path, *, full_size: bool) -> tuple[Path, Path]:
    """Returns the CLIP directory and the ResNet50 file. ResNet50 has only one size."""
    clip = write_clip(directory / "clip-ViT-B-32", full_size=full_size)
    return clip, _write_resnet50(directory / RESNET50_FILE)


def _write_resnet50(file: Path) -> Path:
    """Fits the batch norms to the pictures, else all look alike, and lets branches add a quarter
    to the trunk: as in a trained network, and unlike a fresh one, errors then do not explode."""
    torch.manual_seed(0)
    model = resnet50(weights=None)
    transforms = ResNet50_Weights.IMAGENET1K_V1.transforms()
    images = [Image.open(io.BytesIO(picture(10_000_000 + seed, SMALL))) for seed in range(16)]
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
    for name, module in model.named_modules():
        if name.endswith("bn3"):
            torch.nn.init.constant_(module.weight, 0.25)
    with torch.no_grad():
        model.train()(torch.stack([transforms(image) for image in images]))
    torch.save(model.state_dict(), file)
    return file
