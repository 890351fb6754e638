"""The compact encoders tell where in a picture a similarity lies, and it lies on the thing."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from service.core.interfaces import ExplainedEncoder
from service.embedding.compact.semantic import CompactSemanticEncoder
from service.embedding.compact.visual import CompactVisualEncoder

Draw = Callable[..., Image.Image]
Either = CompactSemanticEncoder | CompactVisualEncoder


@pytest.fixture(params=["semantic", "visual"])
def encoder(request: pytest.FixtureRequest) -> Either:
    found: Either = request.getfixturevalue(request.param)
    return found


def embed(encoder: Either, *images: Image.Image) -> np.ndarray:
    return encoder.encode(np.stack([encoder.preprocess(image) for image in images]))


def explain(encoder: Either, image: Image.Image, query: np.ndarray) -> np.ndarray:
    """The grid as answers have it: what has no place is spread evenly."""
    cells = encoder.regions().explain(encoder.preprocess(image)[None], query[None])[0]
    unplaced = float(embed(encoder, image)[0] @ query) - cells.sum()
    grid: np.ndarray = cells + unplaced / cells.size
    return grid


def side_by_side(*images: Image.Image) -> Image.Image:
    """Each in a square of its own."""
    both = Image.new("RGB", (160 * len(images), 160))
    for place, image in enumerate(images):
        both.paste(image, (160 * place, 0))
    return both


def share_on_the_left(grid: np.ndarray) -> float:
    """Computes the centre of what lies above the least cell."""
    above = (grid - max(0, grid.min())).clip(0)
    columns = above.sum(0)
    return float((columns[:3].sum() + columns[3] / 2) / columns.sum())


THINGS = [
    (("car", "green"), ("dress", "red")),
    (("mug", "red"), ("bicycle", "blue")),
    (("umbrella", "yellow"), ("chair", "green")),
    (("t-shirt", "blue"), ("bottle", "red")),
]


def test_of_two_things_side_by_side_the_one_asked_for_is_where_the_likeness_lies(
    encoder: Either, drawn: Draw
) -> None:
    on_their_side = []
    for left, right in THINGS:
        both = side_by_side(drawn(*left, 1), drawn(*right, 1))
        queries = embed(encoder, drawn(*left, 2), drawn(*right, 2))
        for_left, for_right = (share_on_the_left(explain(encoder, both, one)) for one in queries)
        assert for_left > for_right
        on_their_side += [for_left > 0.5, for_right < 0.5]
    assert np.mean(on_their_side) >= 0.8


def test_a_word_lies_on_the_thing_it_names(semantic: CompactSemanticEncoder, drawn: Draw) -> None:
    both = side_by_side(drawn("car", "green", 1), drawn("dress", "red", 1))
    car, dress = semantic.encode_texts(["car", "dress"])
    assert share_on_the_left(explain(semantic, both, car)) > 0.6
    assert share_on_the_left(explain(semantic, both, dress)) < 0.4


def test_the_visual_cells_and_the_common_share_add_up_to_the_similarity(
    visual: CompactVisualEncoder, drawn: Draw
) -> None:
    """Two white pictures, too: roots of nothing and lengths of nothing."""
    white, black = (Image.new("RGB", (64, 64), colour) for colour in ("white", "black"))
    images = [drawn("car", "green"), drawn("mug", "red"), white, black]
    batch = np.stack([visual.preprocess(image) for image in images])
    vectors = visual.encode(batch)
    for query in vectors:
        cells = visual.regions().explain(batch, np.stack([query] * len(batch)))
        common = visual._projection.common_share
        assert cells.shape == (len(batch), 7, 7)
        assert cells.sum((1, 2)) + common == pytest.approx(vectors @ query, abs=1e-4)


def test_the_semantic_cells_and_what_no_features_would_give_add_up_to_the_similarity(
    semantic: CompactSemanticEncoder, drawn: Draw
) -> None:
    """The rest is found by hand: the vector's length held fixed, and every feature map put out."""
    image, query = drawn("car", "green"), embed(semantic, drawn("car", "blue", 1))[0]
    cells = semantic.regions().explain(semantic.preprocess(image)[None], query[None])[0]
    similarity = float(embed(semantic, image)[0] @ query)
    assert cells.sum() + rest_of(semantic, image, query) == pytest.approx(similarity, abs=2e-3)


def rest_of(semantic: CompactSemanticEncoder, image: Image.Image, query: np.ndarray) -> float:
    import torch

    from service.embedding.compact.network import embedding_of

    tower, share = semantic._tower, semantic._attribute_share
    pixels = torch.from_numpy(semantic.preprocess(image)[None]).permute(0, 3, 1, 2)
    with torch.inference_mode():
        kind, _, _ = tower(pixels.float().div_(255))
        nothing = torch.zeros(1, tower.shape.widths[-1])
        bare = tower.kind_norm(tower.kind(tower.neck(nothing)))
        logits = tower.attributes.bias[None]
        colours, patterns = logits.split([tower.shape.colours, tower.shape.patterns], 1)
        at_rest = embedding_of(bare, colours, patterns, share)[0].numpy()
    kinds = tower.shape.kinds
    shrunk = float(bare.norm() / kind.norm())
    return float(query[:kinds] @ at_rest[:kinds] * shrunk + query[kinds:] @ at_rest[kinds:])


def test_the_view_is_the_whole_picture_but_the_ends_of_a_strip(encoder: Either) -> None:
    regions = encoder.regions()
    for size in [(100, 100), (400, 100), (100, 400), (1, 1)]:
        view = regions.view(*size)
        assert (view.x, view.y, view.width, view.height) == (0, 0, 1, 1)
    wide, tall = regions.view(800, 100), regions.view(100, 1600)
    assert (wide.x, wide.y, wide.width, wide.height) == (0.25, 0, 0.5, 1)
    assert (tall.x, tall.y, tall.width, tall.height) == (0, 0.375, 1, 0.25)


def test_pictures_explained_together_have_the_cells_of_each_alone(
    encoder: Either, drawn: Draw
) -> None:
    images = [drawn(label, "red", 1) for label in ("car", "mug", "chair")]
    batch = np.stack([encoder.preprocess(image) for image in images])
    queries = embed(encoder, *reversed(images))
    together = encoder.regions().explain(batch, queries)
    for place in range(len(images)):
        one = slice(place, place + 1)
        alone = encoder.regions().explain(batch[one], queries[one])
        # The network multiplies in bfloat16 where the processor can.
        assert together[one] == pytest.approx(alone, abs=5e-3)


def test_asking_for_places_changes_no_vector(encoder: Either, drawn: Draw) -> None:
    explained: ExplainedEncoder = encoder
    batch = encoder.preprocess(drawn("car", "red"))[None]
    before = encoder.encode(batch)
    explained.regions().explain(batch, before)
    assert np.array_equal(encoder.encode(batch), before)
