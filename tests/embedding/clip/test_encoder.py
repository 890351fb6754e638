"""CLIP from the hub's layout: pixels as its own processor makes them, vectors as the library's."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from service.core.errors import InvalidText, SetupError
from service.core.interfaces import Encoder, TextEncoder
from service.embedding.clip.encoder import ClipEncoder, recipe_of
from tests.embedding.checkpoints import write_clip, write_hub_cache
from tests.embedding.pictures import noise, smooth

LEVEL = 1 / 255
SIZES = [(640, 480), (480, 640), (224, 224), (300, 231), (50, 37), (1, 1), (1, 500), (37, 2000)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("draw", [noise, smooth])
def test_pixels_equal_those_of_the_models_own_processor(
    clip: ClipEncoder, clip_directory: Path, draw: type[Image.Image], size: tuple[int, int]
) -> None:
    """Within two of 255 levels everywhere, for noise too, and a twentieth of one on average."""
    from transformers import AutoProcessor

    image = draw(*size)
    processor = AutoProcessor.from_pretrained(clip_directory / "0_CLIPModel")
    theirs = processor(images=image, return_tensors="pt")["pixel_values"]
    ours = clip.recipe.normalised(clip.preprocess(image)[None], torch.device("cpu"))
    difference = (ours - theirs).abs() * torch.tensor(clip.recipe.std).view(1, 3, 1, 1)
    assert difference.max() <= 2.01 * LEVEL
    assert difference.mean() <= 0.05 * LEVEL


def test_an_endless_strip_is_never_resized_whole(clip: ClipEncoder) -> None:
    assert clip.preprocess(Image.new("RGB", (1, 20_000_000))).shape == (3, 224, 224)


def test_vectors_equal_those_of_sentence_transformers(
    clip: ClipEncoder, clip_directory: Path
) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(clip_directory), device="cpu")
    pictures = [noise(300, 200), smooth(), noise(64, 64, seed=1)]
    ours = clip.encode(np.stack([clip.preprocess(picture) for picture in pictures]))
    theirs = model.encode(pictures, normalize_embeddings=True)
    assert np.abs(np.sum(ours * theirs, axis=1) - 1).max() < 1e-4

    texts = ["a red shoe", "a photo of a blue bag and a lamp"]
    assert np.allclose(
        clip.encode_texts(texts), model.encode(texts, normalize_embeddings=True), atol=1e-5
    )


def test_is_an_encoder_of_pictures_and_texts(clip: ClipEncoder) -> None:
    encoder: Encoder = clip
    assert isinstance(encoder, TextEncoder)
    assert (clip.name, clip.dimensions, clip.texts.max_tokens) == ("clip-ViT-B-32", 16, 77)
    vectors = clip.encode(np.stack([clip.preprocess(smooth())] * 3))
    assert vectors.shape == (3, 16)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)


def test_a_text_of_77_tokens_is_read_and_one_more_is_refused(clip: ClipEncoder) -> None:
    clip.check_text("red " * 75)
    with pytest.raises(InvalidText, match="78 tokens and clip-ViT-B-32 reads 77"):
        clip.check_text("red " * 76)
    with pytest.raises(InvalidText, match="1,000,000 characters"):
        clip.check_text("x" * 1_000_000)


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_text_is_refused(clip: ClipEncoder, text: str) -> None:
    with pytest.raises(InvalidText, match="empty"):
        clip.check_text(text)


@pytest.mark.parametrize("text", ["你好", "🎉", "\0", "<|endoftext|>", "A RED\r\nSHOE"])
def test_any_other_text_gives_a_unit_vector(clip: ClipEncoder, text: str) -> None:
    clip.check_text(text)
    assert np.allclose(np.linalg.norm(clip.encode_texts([text])), 1)


def test_loads_from_a_hub_cache_of_links(clip: ClipEncoder, tmp_path: Path) -> None:
    snapshot = write_hub_cache(tmp_path)
    again = ClipEncoder.load(snapshot, name="clip-ViT-B-32")
    assert again.fingerprint == clip.fingerprint
    picture = clip.preprocess(smooth())[None]
    assert np.array_equal(again.encode(picture), clip.encode(picture))


def test_loads_a_pickled_checkpoint_too(clip: ClipEncoder, tmp_path: Path) -> None:
    pickled = write_clip(tmp_path / "clip-ViT-B-32", safetensors=False)
    again = ClipEncoder.load(pickled, name="clip-ViT-B-32")
    picture = clip.preprocess(smooth())[None]
    assert np.allclose(again.encode(picture), clip.encode(picture), atol=1e-6)


def test_the_fingerprint_follows_weights_numbers_and_name(
    clip: ClipEncoder, clip_directory: Path, tmp_path: Path
) -> None:
    other = write_clip(tmp_path / "other", seed=1)
    renumbered = tmp_path / "renumbered"
    shutil.copytree(clip_directory, renumbered)
    file = renumbered / "0_CLIPModel" / "preprocessor_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "image_mean": [0.5, 0.5, 0.5]}))
    copied = tmp_path / "copied"
    shutil.copytree(clip_directory, copied)
    (copied / "README.md").write_text("A model card says nothing about vectors.")

    def of(directory: Path, name: str = "clip-ViT-B-32") -> str:
        return ClipEncoder.load(directory, name=name).fingerprint

    assert of(copied) == clip.fingerprint
    fingerprints = [clip.fingerprint, of(other), of(renumbered), of(copied, "other-name")]
    assert len(set(fingerprints)) == 4


def test_a_damaged_checkpoint_says_what_to_do(clip_directory: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "clip-ViT-B-32"
    shutil.copytree(clip_directory, damaged)
    (damaged / "0_CLIPModel" / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(SetupError, match="Copy or download it again"):
        ClipEncoder.load(damaged, name="clip-ViT-B-32")


def test_numbers_are_read_from_the_models_configuration() -> None:
    from transformers import CLIPImageProcessor

    squashing = CLIPImageProcessor(
        size={"height": 96, "width": 128}, do_center_crop=False, resample=2, do_normalize=False
    )
    recipe = recipe_of(squashing)
    image = noise(300, 200)
    theirs = squashing(image, return_tensors="pt")["pixel_values"]
    ours = recipe.normalised(recipe.pixels(image)[None], torch.device("cpu"))
    assert ours.shape == (1, 3, 96, 128)
    assert (ours - theirs).abs().max() <= 2.01 * LEVEL
