"""The shipped weights find drawn goods, in a style of drawing they were not trained on.

Each of these fails with random weights.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image

from service.embedding.compact.semantic import CompactSemanticEncoder
from service.embedding.compact.visual import CompactVisualEncoder

Draw = Callable[..., Image.Image]
LABELS = ["car", "bicycle", "t-shirt", "dress", "mug", "bottle", "lamp", "chair", "umbrella", "hat"]


def embed(
    encoder: CompactSemanticEncoder | CompactVisualEncoder, images: list[Image.Image]
) -> np.ndarray:
    return encoder.encode(np.stack([encoder.preprocess(image) for image in images]))


def test_drawn_things_find_their_own_kind(semantic: CompactSemanticEncoder, drawn: Draw) -> None:
    shelf = [drawn(label, c, 1) for label in LABELS for c in ("red", "blue", "white", "black")]
    queries = [drawn(label, c, 2) for label in LABELS for c in ("green", "yellow")]
    nearest = (embed(semantic, queries) @ embed(semantic, shelf).T).argmax(1) // 4
    assert (nearest == np.repeat(np.arange(len(LABELS)), 2)).mean() >= 0.5  # 0.1 by chance


def test_texts_find_drawn_things(semantic: CompactSemanticEncoder, drawn: Draw) -> None:
    shelf = embed(semantic, [drawn(label, "blue", seed) for label in LABELS for seed in (1, 2, 3)])
    nearest = (semantic.encode_texts(LABELS) @ shelf.T).argmax(1) // 3
    assert (nearest == np.arange(len(LABELS))).mean() >= 0.7


def test_colour_words_find_things_of_that_colour(
    semantic: CompactSemanticEncoder, drawn: Draw
) -> None:
    colours = ["red", "green", "blue", "yellow", "pink", "black"]
    shelf = embed(semantic, [drawn("dress", name, seed) for name in colours for seed in range(4)])
    scores = semantic.encode_texts([f"{colour} dress" for colour in colours]) @ shelf.T
    found = scores.reshape(len(colours), len(colours), 4).mean(2).argmax(1)
    assert (found == np.arange(len(colours))).mean() >= 0.8


def test_a_green_car_looks_more_like_green_things_than_red_ones(
    visual: CompactVisualEncoder, drawn: Draw
) -> None:
    seeds = range(8)
    queries = embed(visual, [drawn("car", "green", seed) for seed in seeds])
    for label in ("car", "apple", "mug"):
        green = embed(visual, [drawn(label, "green", seed + 100) for seed in seeds])
        red = embed(visual, [drawn(label, "red", seed + 100) for seed in seeds])
        assert (queries @ green.T).mean() > (queries @ red.T).mean()


def test_with_the_default_weights_green_cars_come_first_then_cars_then_the_green_apple(
    semantic: CompactSemanticEncoder, visual: CompactVisualEncoder, drawn: Draw
) -> None:
    shelf = [
        drawn("sports-car", "green", 1),
        drawn("sports-car", "green", 2),
        drawn("sports-car", "red", 3),
        drawn("sports-car", "blue", 4),
        drawn("apple", "green", 5),
    ]
    query = [drawn("sports-car", "green", 9)]
    scores = 0.6 * embed(semantic, query) @ embed(semantic, shelf).T
    scores += 0.4 * embed(visual, query) @ embed(visual, shelf).T
    order = [int(place) for place in np.argsort(-scores[0])]
    assert set(order[:2]) == {0, 1}
    assert order[-1] == 4
