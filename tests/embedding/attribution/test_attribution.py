"""Where in a picture a similarity lies, by CLIP and ResNet50: shares in their places."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
import torch
from PIL import Image
from transformers import CLIPModel

from service.core.embedding import Crop, Embedding
from service.core.errors import InvalidImage, Unavailable, Unexplained
from service.core.interfaces import Embedder, Encoder, ExplainedEncoder
from service.embedding.attribution.grid import resampled
from service.embedding.attribution.hooks import listening
from service.embedding.clip.attribution import ClipRegions
from service.embedding.clip.encoder import ClipEncoder
from service.embedding.embedder import HybridEmbedder
from service.embedding.inference.exports import Exports
from service.embedding.resnet50.encoder import Resnet50Encoder
from tests.embedding.checkpoints import write_clip
from tests.embedding.encoders import ScriptedTextEncoder, limits, loaded
from tests.embedding.pictures import exif, noise, smooth, written
from tests.fakes import SEMANTIC, VISUAL


def test_other_threads_that_run_the_same_modules_are_not_heard() -> None:
    module = torch.nn.Linear(2, 2)
    mine, other = torch.ones(1, 2), torch.zeros(1, 2)
    with torch.inference_mode(), listening(inputs={"in": module}, outputs={"out": module}) as heard:
        answer = module(mine)
        beside = threading.Thread(target=lambda: module(other))
        beside.start()
        beside.join()
    assert torch.equal(heard["in"], mine)
    assert torch.equal(heard["out"], answer)


def unit(seed: int, dimensions: int) -> np.ndarray:
    vector = np.random.default_rng(seed).normal(size=dimensions)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


@pytest.mark.parametrize("length", [1, 2, 5, 6, 7, 8, 14, 16])
def test_cells_of_any_grid_keep_their_sum_and_their_place(length: int) -> None:
    cells = np.random.default_rng(length).normal(size=(3, length, 2 * length)).astype(np.float32)
    grid = resampled(cells)
    assert grid.shape == (3, 7, 7)
    assert grid.sum((1, 2)) == pytest.approx(cells.sum((1, 2)), abs=1e-4)

    corner = np.zeros((1, length, length), np.float32)
    corner[0, 0, -1] = 1
    reached = -(-7 // length)
    assert resampled(corner)[0, :reached, 7 - reached :].sum() == pytest.approx(1)


def test_seven_by_seven_cells_stay_as_they_are() -> None:
    cells = np.random.default_rng(0).normal(size=(2, 7, 7)).astype(np.float32)
    assert resampled(cells) == pytest.approx(cells, abs=1e-6)


def test_resnet50s_cells_add_up_to_the_similarity(resnet50: Resnet50Encoder) -> None:
    batch = np.stack([resnet50.preprocess(one) for one in (noise(300, 200), smooth(), noise(9, 9))])
    queries = np.stack([unit(seed, resnet50.dimensions) for seed in range(3)])
    cells = resnet50.regions().explain(batch, queries)
    assert cells.shape == (3, 7, 7)
    similarities = (resnet50.encode(batch) * queries).sum(1)
    assert cells.sum((1, 2)) == pytest.approx(similarities, abs=1e-4)


def test_resnet50s_cell_is_the_querys_product_with_its_feature(resnet50: Resnet50Encoder) -> None:
    batch = resnet50.preprocess(noise(224, 224))[None]
    query = unit(0, resnet50.dimensions)
    model = resnet50._model
    with torch.inference_mode():
        pixels = resnet50.recipe.normalised(batch, torch.device("cpu"))
        layers = [
            module for name, module in model.named_children() if name not in ("avgpool", "fc")
        ]
        features = torch.nn.Sequential(*layers)(pixels)[0].numpy()
    expected = np.einsum("cij,c->ij", features, query)
    expected /= 49 * np.linalg.norm(features.mean((1, 2)))
    assert resnet50.regions().explain(batch, query[None])[0] == pytest.approx(expected, abs=1e-5)


def test_clips_patches_and_all_the_rest_add_up_to_the_similarity(clip: ClipEncoder) -> None:
    """The rest, told apart by running the layers by hand: no part is lost or counted twice."""
    batch = np.stack([clip.preprocess(one) for one in (noise(300, 200), smooth())])
    queries = np.stack([unit(seed, clip.dimensions) for seed in range(2)])
    cells = clip.regions().explain(batch, queries)
    assert cells.shape == (2, 7, 7)
    assert np.abs(cells).max() > 1e-3

    placed, rest = decomposed(clip._model[0].model, clip, batch, queries)
    assert cells.reshape(2, 49) == pytest.approx(placed, abs=1e-5)
    similarities = (clip.encode(batch) * queries).sum(1)
    assert cells.sum((1, 2)) + rest == pytest.approx(similarities, abs=1e-4)


def decomposed(
    model: CLIPModel, clip: ClipEncoder, batch: np.ndarray, queries: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the patches (n, 49) and of all else (n,), in float64, one layer after the other."""
    model = CLIPModel(model.config).double().eval()
    model.load_state_dict(clip._model[0].model.state_dict())
    vision = model.vision_model
    with torch.inference_mode():
        pixels = clip.recipe.normalised(batch, torch.device("cpu")).double()
        state = vision.pre_layrnorm(vision.embeddings(pixels))
        patches, rest = torch.zeros(len(batch), 49, state.shape[2]).double(), state[:, 0]
        for layer in vision.encoder.layers:
            attention, seen = layer.self_attn, layer.layer_norm1(state)
            heads, size = attention.num_heads, attention.head_dim
            parts = []
            for head in range(heads):
                own = slice(head * size, (head + 1) * size)
                asked = attention.q_proj(seen[:, :1])[..., own]
                keys = attention.k_proj(seen)[..., own]
                weights = (asked @ keys.transpose(1, 2) / size**0.5).softmax(-1)[:, 0]
                values = seen @ attention.v_proj.weight[own].T
                parts.append(weights[..., None] * (values @ attention.out_proj.weight[:, own].T))
            given = torch.stack(parts).sum(0)
            biases = attention.out_proj(attention.v_proj.bias)
            patches, rest = patches + given[:, 1:], rest + given[:, 0] + biases
            attended = state + attention(seen)[0]
            more = layer.mlp(layer.layer_norm2(attended))
            state, rest = attended + more, rest + more[:, 0]
        assert torch.allclose(patches.sum(1) + rest, state[:, 0])
        norm = vision.post_layernorm
        deviation = (state[:, 0].var(1, correction=0) + norm.eps).sqrt()[:, None]

        def projected(part: torch.Tensor, bias: float) -> torch.Tensor:
            centred = (part - part.mean(-1, keepdim=True)) / deviation.reshape(
                -1, *[1] * (part.dim() - 1)
            )
            return (centred * norm.weight + bias * norm.bias) @ model.visual_projection.weight.T

        length = projected(state[:, 0], 1).norm(dim=1)
        wanted = torch.from_numpy(queries).double()
        placed = torch.einsum("npd,nd->np", projected(patches, 0), wanted) / length[:, None]
        other = (projected(rest, 1) * wanted).sum(1) / length
    return placed.numpy(), other.numpy()


def test_a_clip_of_smaller_patches_is_told_in_the_same_cells(
    clip: ClipEncoder, tmp_path: Path
) -> None:
    finer = ClipEncoder.load(write_clip(tmp_path / "clip", patch_size=16), name="clip-ViT-B-16")
    batch = finer.preprocess(noise(224, 224))[None]
    cells = finer.regions().explain(batch, unit(0, finer.dimensions)[None])
    assert cells.shape == (1, 7, 7)
    assert np.abs(cells).max() > 1e-4


def test_a_model_that_is_no_clip_says_that_it_has_no_places(clip: ClipEncoder) -> None:
    for modules in ([torch.nn.Identity()], [clip._model[0], torch.nn.Linear(16, 16)]):
        with pytest.raises(Unexplained, match="clip-ViT-B-32 is not built as CLIP is"):
            ClipRegions(clip.name, clip.recipe, clip.encode, modules)


def test_a_faster_way_to_the_vectors_changes_no_share(
    clip_directory: Path, resnet50_file: Path, tmp_path: Path
) -> None:
    for encoder in (
        ClipEncoder.load(clip_directory, name="clip-ViT-B-32"),
        Resnet50Encoder.load(resnet50_file),
    ):
        batch = encoder.preprocess(noise(64, 48))[None]
        query = unit(0, encoder.dimensions)[None]
        before = encoder.regions().explain(batch, query)
        encoder.accelerate("float32", Exports(tmp_path))
        assert np.array_equal(encoder.regions().explain(batch, query), before)


def test_asking_for_places_changes_no_vector(clip: ClipEncoder, resnet50: Resnet50Encoder) -> None:
    for encoder in (clip, resnet50):
        batch = np.stack([encoder.preprocess(noise(64, 48, seed=seed)) for seed in range(2)])
        before = encoder.encode(batch)
        encoder.regions().explain(batch, np.stack([unit(0, encoder.dimensions)] * 2))
        assert np.array_equal(encoder.encode(batch), before)


def test_a_picture_without_features_has_finite_cells(resnet50: Resnet50Encoder) -> None:
    class Nothing(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.avgpool = torch.nn.AdaptiveAvgPool2d(1)

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            return self.avgpool(torch.zeros(len(pixels), 2048, 7, 7)).flatten(1)

    blind = Resnet50Encoder(Nothing(), resnet50.recipe, weights_hash="none")
    batch = blind.preprocess(smooth())[None]
    assert (blind.regions().explain(batch, unit(0, 2048)[None]) == 0).all()


def test_the_view_is_what_the_crop_keeps(clip: ClipEncoder, resnet50: Resnet50Encoder) -> None:
    for width, height in [(448, 224), (224, 448), (300, 300), (1000, 10), (10, 1000)]:
        shorter = min(width, height)
        for encoder, kept in ((clip, 1.0), (resnet50, 224 / 256)):
            view = encoder.regions().view(width, height)
            assert view.width == pytest.approx(kept * shorter / width, abs=2 / width)
            assert view.height == pytest.approx(kept * shorter / height, abs=2 / height)
            assert view.x + view.width / 2 == pytest.approx(0.5, abs=0.01)
            assert view.y + view.height / 2 == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("size", [(500, 210), (210, 500)])
def test_what_lies_outside_the_view_is_not_seen(
    clip: ClipEncoder, resnet50: Resnet50Encoder, size: tuple[int, int]
) -> None:
    for encoder in (clip, resnet50):
        image = noise(*size)
        view = encoder.regions().view(*size)
        edges = np.array([view.x, view.y, view.x + view.width, view.y + view.height])
        left, top, right, bottom = (edges * [*size, *size]).round().astype(int)
        inside = image.crop((left - 8, top - 8, right + 8, bottom + 8))
        blanked = Image.new("RGB", size)
        blanked.paste(inside, (left - 8, top - 8))
        assert np.array_equal(encoder.preprocess(blanked), encoder.preprocess(image))
        shrunk = Image.new("RGB", size)
        shrunk.paste(image.crop((left + 8, top + 8, right - 8, bottom - 8)), (left + 8, top + 8))
        assert not np.array_equal(encoder.preprocess(shrunk), encoder.preprocess(image))


@pytest_asyncio.fixture
async def embedder(clip: ClipEncoder, resnet50: Resnet50Encoder) -> AsyncIterator[HybridEmbedder]:
    made = HybridEmbedder(loaded(clip, resnet50), limits())
    made.start()
    yield made
    await made.close()


async def test_pictures_of_one_search_share_a_pass(embedder: HybridEmbedder) -> None:
    part: Embedder = embedder
    pictures = [written(noise(50, 40, seed=seed), "PNG") for seed in range(4)]
    query = (await part.embed_image(pictures[0])).embedding
    before = embedder.batcher.stats.items

    placed = await asyncio.gather(*(part.explain_image(one, query) for one in pictures))

    assert embedder.batcher.stats.items == before + 4
    own = placed[0][VISUAL]
    assert own.cells.sum() == pytest.approx(1, abs=1e-4)
    assert own.view == Crop(*(pytest.approx(v, abs=0.01) for v in (0.15, 0.0625, 0.7, 0.875)))
    assert all(set(one) == {SEMANTIC, VISUAL} for one in placed)


async def test_a_query_without_a_visual_side_is_placed_by_the_other(
    embedder: HybridEmbedder,
) -> None:
    query = (await embedder.embed_text("red shoe")).embedding
    placed = await embedder.explain_image(written(smooth(), "PNG"), query)
    assert set(placed) == {SEMANTIC}


async def test_a_copy_turned_by_exif_is_placed_as_the_upright_one(
    embedder: HybridEmbedder,
) -> None:
    upright = noise(64, 48)
    turned = written(upright.transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif(6))
    query = Embedding({VISUAL: unit(0, 2048)})
    one = (await embedder.explain_image(written(upright, "PNG"), query))[VISUAL]
    other = (await embedder.explain_image(turned, query))[VISUAL]
    assert other.view == one.view
    assert other.cells == pytest.approx(one.cells, abs=1e-5)


async def test_a_picture_that_cannot_be_read_is_refused(embedder: HybridEmbedder) -> None:
    with pytest.raises(InvalidImage):
        await embedder.explain_image(b"no picture", Embedding({VISUAL: unit(0, 2048)}))


async def test_an_encoder_without_places_says_so_and_searches_go_on(
    resnet50: Resnet50Encoder,
) -> None:
    embedder = HybridEmbedder(loaded(ScriptedTextEncoder("plain"), resnet50), limits())
    embedder.start()
    try:
        assert set(embedder.unexplained) == {SEMANTIC}
        assert "plain" in embedder.unexplained[SEMANTIC]
        data = written(smooth(), "PNG")
        query = (await embedder.embed_image(data)).embedding
        assert set(await embedder.explain_image(data, query)) == {VISUAL}
        assert await embedder.explain_image(data, Embedding({SEMANTIC: unit(0, 2)})) == {}
    finally:
        await embedder.close()


async def test_shares_that_are_not_finite_fail_alone(embedder: HybridEmbedder) -> None:
    data = written(smooth(), "PNG")
    broken = Embedding({VISUAL: np.full(2048, np.nan, np.float32)})
    good = Embedding({VISUAL: unit(0, 2048)})
    outcomes = await asyncio.gather(
        embedder.explain_image(data, broken),
        embedder.explain_image(data, good),
        return_exceptions=True,
    )
    assert isinstance(outcomes[0], Unavailable)
    assert isinstance(outcomes[1], dict)


def test_both_are_encoders_with_places(clip: ClipEncoder, resnet50: Resnet50Encoder) -> None:
    encoders: list[Encoder] = [clip, resnet50]
    assert all(isinstance(encoder, ExplainedEncoder) for encoder in encoders)
