"""Weights and the hybrid vector: pure functions, checked against float64 arithmetic."""

from __future__ import annotations

import math

import numpy as np
import pytest

from service.core.embedding import Embedding
from service.core.errors import InvalidWeights
from service.scoring import hybrid
from service.scoring.weights import normalise, restrict
from tests.fakes import SEMANTIC, SIGNALS, VISUAL, embedding_of

NAMES = [SEMANTIC, VISUAL]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"semantic": 0.6, "visual": 0.4}, (0.6, 0.4)),
        ({"semantic": 3, "visual": 1}, (0.75, 0.25)),
        ({"visual": 5}, (0.0, 1.0)),
        ({"semantic": 1e308, "visual": 1e308}, (0.5, 0.5)),
        ({"semantic": 5e-324, "visual": 0}, (1.0, 0.0)),
    ],
)
def test_weights_are_normalised_to_sum_one(
    given: dict[str, float], expected: tuple[float, float]
) -> None:
    assert tuple(normalise(given, NAMES).values()) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({}, ()),
        ({"semantic": 0, "visual": 0}, ()),
        ({"semantic": -0.1, "visual": 1}, ("semantic",)),
        ({"semantic": math.nan}, ("semantic",)),
        ({"visual": math.inf}, ("visual",)),
        ({"colour": 1}, ("colour",)),
    ],
)
def test_weights_that_rank_nothing_are_refused(
    given: dict[str, float], place: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidWeights) as caught:
        normalise(given, NAMES)

    assert caught.value.place == place


def test_a_signal_that_is_not_there_gives_its_weight_to_the_others() -> None:
    assert restrict({SEMANTIC: 0.6, VISUAL: 0.4}, [SEMANTIC]) == {SEMANTIC: 1.0, VISUAL: 0.0}
    assert restrict({SEMANTIC: 0.0, VISUAL: 1.0}, [SEMANTIC]) == {SEMANTIC: 1.0, VISUAL: 0.0}


@pytest.mark.parametrize("semantic", [0.0, 0.1, 0.6, 1.0])
def test_the_inner_product_is_the_weighted_sum_of_cosines(semantic: float) -> None:
    query, stored = embedding_of(b"query"), embedding_of(b"stored")
    weights = {SEMANTIC: semantic, VISUAL: 1 - semantic}

    score = float(
        hybrid.query_vector(query, weights, SIGNALS) @ hybrid.stored_vector(stored, SIGNALS)
    )

    expected = sum(
        weight * (query.vectors[name].astype(float) @ stored.vectors[name].astype(float))
        for name, weight in weights.items()
    )
    assert score == pytest.approx(expected, abs=1e-6)


def test_a_stored_vector_splits_into_its_signals_again() -> None:
    embedding = embedding_of(b"picture")

    again = hybrid.split(hybrid.stored_vector(embedding, SIGNALS), SIGNALS)

    for name in NAMES:
        np.testing.assert_array_equal(again.vectors[name], embedding.vectors[name])


def test_a_text_has_no_visual_slice() -> None:
    text = Embedding({SEMANTIC: embedding_of(b"text").vectors[SEMANTIC]})

    vector = hybrid.query_vector(text, {SEMANTIC: 1.0, VISUAL: 0.0}, SIGNALS)

    assert vector.shape == (16,)
    assert not vector[6:].any()
