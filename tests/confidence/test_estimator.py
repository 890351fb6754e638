"""A score is judged by the scores that the catalogue's own products find."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from service.confidence.estimator import (
    FOUND_FROM,
    NOTHING_ALIKE_TO,
    Baseline,
    Nearnesses,
    Shape,
    confidences,
    null_distribution,
    probes,
)
from service.core.embedding import Signal
from tests.fakes import SEMANTIC, VISUAL

SIGNALS = (Signal(SEMANTIC, "s", 12), Signal(VISUAL, "v", 20))
WEIGHTS = {SEMANTIC: 0.6, VISUAL: 0.4}
PICTURE = Shape(picture=1.0)

Vectors = dict[str, NDArray[np.float32]]


def unit(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def draw(count: int, seed: int) -> Vectors:
    """Draws pictures of twenty kinds of products: around centres that all seeds share."""
    centres = np.random.default_rng(0).normal(size=(20, 32))
    random = np.random.default_rng(seed)
    rows = centres[random.integers(0, 20, count)] + 0.7 * random.normal(size=(count, 32))
    return {SEMANTIC: unit(rows[:, :12]), VISUAL: unit(rows[:, 12:])}


def baseline(sample: Vectors, *, images: int | None = None, texts: bool = False) -> Baseline:
    count = min(128, len(sample[SEMANTIC]))
    rows = [{name: vectors[row] for name, vectors in sample.items()} for row in range(count)]
    said = [{SEMANTIC: row[SEMANTIC]} for row in rows]
    return Baseline(
        probes(rows, range(count), sample),
        probes(said, range(count), sample) if texts else None,
        sampled=len(sample[SEMANTIC]),
        images=images or len(sample[SEMANTIC]),
    )


def measured(found: Baseline, shape: Shape = PICTURE) -> Nearnesses:
    answer = null_distribution(found, shape, WEIGHTS, SIGNALS)
    assert answer is not None
    return answer


def best_scores(queries: Vectors, catalogue: Vectors) -> list[float]:
    scores = sum(WEIGHTS[name] * queries[name] @ catalogue[name].T for name in queries)
    return [float(score) for score in np.max(scores, axis=1)]


def test_a_product_s_own_picture_is_found() -> None:
    level = measured(baseline(draw(400, seed=1)))
    assert confidences([1.0], level)[0] > 0.99


def test_a_product_is_found_even_if_every_product_has_two_similar_variants() -> None:
    first = draw(100, seed=1)
    thrice = {name: np.concatenate([rows, rows, rows]) for name, rows in first.items()}
    level = measured(baseline(thrice))
    assert confidences([1.0], level)[0] > 0.99
    assert confidences([0.97], level)[0] > FOUND_FROM


def test_products_of_other_kinds_find_nothing_alike() -> None:
    catalogue = draw(400, seed=1)
    random = np.random.default_rng(5)
    strange = {
        SEMANTIC: unit(random.normal(size=(200, 12))),
        VISUAL: unit(random.normal(size=(200, 20))),
    }
    judged = confidences(best_scores(strange, catalogue), measured(baseline(catalogue)))
    assert np.mean(np.array(judged) <= NOTHING_ALIKE_TO) > 0.95


def test_absent_products_of_the_same_kinds_are_seldom_called_found() -> None:
    catalogue = draw(400, seed=1)
    judged = confidences(best_scores(draw(300, seed=2), catalogue), measured(baseline(catalogue)))
    # Two neighbours are hidden, so an absent product finds slightly more than the baseline.
    assert np.mean(np.array(judged) >= FOUND_FROM) < 0.5


def test_a_higher_score_is_never_less_confident() -> None:
    judged = confidences(list(np.linspace(-1, 1, 201)), measured(baseline(draw(60, seed=1))))
    assert judged == sorted(judged)
    assert judged[0] < 0.01
    assert judged[-1] > 0.99


def test_the_size_of_the_catalogue_corrects_what_a_sample_estimates() -> None:
    whole = draw(4000, seed=1)
    sample = {name: rows[:500] for name, rows in whole.items()}

    true = np.median(measured(baseline(whole)))
    told = np.median(measured(baseline(sample, images=4000)))
    of_the_sample = np.median(measured(baseline(sample)))

    assert abs(told - true) < abs(of_the_sample - true)
    assert told > of_the_sample


def test_texts_are_judged_by_texts() -> None:
    sample = draw(200, seed=1)
    only = {SEMANTIC: 1.0, VISUAL: 0.0}
    said = null_distribution(baseline(sample, texts=True), Shape(text=1.0), only, SIGNALS)
    assert said is not None
    assert null_distribution(baseline(sample), Shape(text=1.0), only, SIGNALS) is None
    assert (
        null_distribution(baseline(sample), Shape(0.5, unlike_text=0.5), WEIGHTS, SIGNALS) is None
    )


def test_a_mixture_of_different_products_is_expected_to_find_less() -> None:
    found = baseline(draw(400, seed=1), texts=True)
    one = np.median(measured(found))
    for mixture in (
        Shape(picture=0.5, text=0.5),
        Shape(picture=0.6, unlike_picture=0.4),
        Shape(picture=0.4, text=0.3, unlike_picture=0.2, unlike_text=0.1),
    ):
        assert np.median(measured(found, mixture)) < one


def test_a_query_of_negative_parts_has_a_baseline() -> None:
    level = measured(baseline(draw(400, seed=1)), Shape(unlike_picture=1.0))
    assert np.isfinite(level).all()
    assert confidences([1.0], level)[0] > 0.99


@pytest.mark.parametrize("count", [20, 21, 50])
def test_a_small_catalogue_of_equal_pictures_has_finite_answers(count: int) -> None:
    same = {name: np.repeat(rows, count, axis=0) for name, rows in draw(1, seed=1).items()}
    judged = confidences([-1.0, 0.0, 1.0], measured(baseline(same)))
    assert np.isfinite(judged).all()
    assert judged == sorted(judged)


def test_an_identical_picture_is_found_among_many_similar_ones() -> None:
    same = {name: np.repeat(rows, 30, axis=0) for name, rows in draw(1, seed=1).items()}
    assert confidences([1.0, 1.0 - 1e-6], measured(baseline(same))) == [1.0, 1.0]
