"""Searches rank products by exact scores, one hit per product, whose parts add up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from service.core.errors import InvalidQuery, InvalidWeights, NotFound
from service.core.filter import Attribute, OneOf
from service.core.index import Payload
from service.core.product import ProductFields
from service.core.query import ImagePart, ProductPart, QueryPart, Ranking, TextPart
from service.core.search import SearchResult
from tests.fakes import SEMANTIC, VISUAL, embedding_of
from tests.house import House


async def fill(house: House, products: int, images: int = 1) -> None:
    for number in range(products):
        pictures = [f"{number}-{view}".encode() for view in range(images)]
        await house.catalogue.create(f"p{number:03}", ProductFields("P", "", {}), pictures)


async def find(house: House, data: bytes, **ranking: Any) -> SearchResult:
    return await house.search.find([ImagePart(data)], Ranking(**ranking))


def expected_ranking(house: House, query: bytes, semantic: float) -> list[tuple[str, float]]:
    """Ranks by brute force in float64 over every picture, by the best one of each product."""
    wanted = embedding_of(query).vectors
    best: dict[str, float] = {}
    for point in house.store.points.values():
        payload: Payload = point.payload
        halves = point.vector[:6].astype(float), point.vector[6:].astype(float)
        score = semantic * (wanted[SEMANTIC].astype(float) @ halves[0]) + (1 - semantic) * (
            wanted[VISUAL].astype(float) @ halves[1]
        )
        name = payload.product.product_id
        best[name] = max(best.get(name, -2.0), float(score))
    return sorted(best.items(), key=lambda item: -item[1])


@pytest.mark.parametrize("semantic", [0.0, 0.05, 0.6, 1.0])
async def test_the_ranking_is_that_of_brute_force(house: House, semantic: float) -> None:
    await fill(house, 60, images=3)

    result = await find(
        house, b"query", limit=20, weights={"semantic": semantic, "visual": 1 - semantic}
    )

    expected = expected_ranking(house, b"query", semantic)[:20]
    assert [hit.product.product_id for hit in result.hits] == [name for name, _ in expected]
    assert [hit.score for hit in result.hits] == pytest.approx([s for _, s in expected], abs=1e-6)


async def test_contributions_add_up_to_the_score(house: House) -> None:
    await fill(house, 20)

    result = await find(house, b"query", limit=5)

    for hit in result.hits:
        parts = hit.scores.values()
        assert hit.score == pytest.approx(sum(part.contribution for part in parts), abs=1e-12)
        for part in parts:
            assert part.contribution == pytest.approx(part.weight * part.similarity, abs=1e-12)


async def test_an_indexed_image_finds_itself_first(house: House) -> None:
    await fill(house, 20, images=2)

    result = await find(house, b"7-1", limit=3)

    assert result.hits[0].product.product_id == "p007"
    assert result.hits[0].score == pytest.approx(1.0, abs=1e-6)


async def test_a_page_is_full_even_if_one_product_has_many_images(house: House) -> None:
    await fill(house, 12)
    query = b"0-0"
    crowd = house.embedder.embedded.copy()
    assert query in crowd
    for view in range(4):
        await house.catalogue.add_image("p000", f"more {view}".encode())

    result = await find(house, query, limit=10)

    assert len(result.hits) == 10
    assert len({hit.product.product_id for hit in result.hits}) == 10


async def test_hits_below_min_score_are_left_out(house: House) -> None:
    await fill(house, 30)
    everything = await find(house, b"query", limit=30)
    floor = everything.hits[9].score

    result = await find(house, b"query", limit=30, min_score=floor)

    assert [hit.score for hit in result.hits] == [hit.score for hit in everything.hits[:10]]


async def test_an_empty_catalogue_has_no_hits(house: House) -> None:
    result = await find(house, b"query", limit=5)

    assert result.hits == ()
    assert result.weights == {SEMANTIC: pytest.approx(0.6), VISUAL: pytest.approx(0.4)}
    assert result.encoders == {SEMANTIC: "fake-semantic", VISUAL: "fake-visual"}


async def test_weights_are_checked_before_the_picture_is_embedded(house: House) -> None:
    with pytest.raises(InvalidWeights):
        await find(house, b"query", limit=5, weights={"semantic": 0})

    assert house.embedder.embedded == []


@pytest.mark.parametrize("products", [0, 30])
async def test_a_search_without_hits_in_a_partial_index_has_no_verdict_yet(
    house: House, monkeypatch: pytest.MonkeyPatch, products: int
) -> None:
    await fill(house, products)
    await house.baseline.refresh()
    nothing = OneOf(Attribute("colour"), ("none",))

    monkeypatch.setattr(house.search, "_is_partial", lambda: True)
    partial = await find(house, b"query", filter=nothing)
    monkeypatch.setattr(house.search, "_is_partial", lambda: False)
    complete = await find(house, b"query", filter=nothing)

    assert (partial.hits, partial.partial) == ((), True)
    assert (partial.match.verdict, partial.match.pending) == ("unknown", True)
    assert partial.match.confidence is None
    assert "index is being filled" in partial.match.detail
    assert complete.match.verdict == ("nothing_alike" if products else "unknown")
    assert not complete.match.pending


def mixed(parts: list[tuple[Mapping[str, np.ndarray], float]]) -> dict[str, np.ndarray]:
    """Joins the parts in float64: a weighted sum for each signal, scaled to unit length."""
    joined = {}
    for name in (SEMANTIC, VISUAL):
        present = [(vectors[name], weight) for vectors, weight in parts if name in vectors]
        if present:
            total = sum(weight * vector.astype(float) for vector, weight in present)
            joined[name] = total / np.linalg.norm(total)
    return joined


def scores_of(house: House, query: Mapping[str, np.ndarray], semantic: float) -> dict[str, float]:
    weights = {SEMANTIC: semantic, VISUAL: 1 - semantic} if VISUAL in query else {SEMANTIC: 1.0}
    slices = {SEMANTIC: slice(0, 6), VISUAL: slice(6, 16)}
    best: dict[str, float] = {}
    for point in house.store.points.values():
        score = sum(
            weight * (query[name] @ point.vector[slices[name]].astype(float))
            for name, weight in weights.items()
        )
        name = point.payload.product.product_id
        best[name] = max(best.get(name, -2.0), float(score))
    return best


async def same_as_brute_force(
    house: House, parts: list[QueryPart], query: Mapping[str, np.ndarray]
) -> None:
    result = await house.search.find(parts, Ranking(limit=100))
    expected = sorted(scores_of(house, query, 0.6).items(), key=lambda item: -item[1])
    assert [hit.product.product_id for hit in result.hits] == [name for name, _ in expected]
    assert [hit.score for hit in result.hits] == pytest.approx([s for _, s in expected], abs=1e-6)


async def test_a_text_is_ranked_by_the_semantic_signal_alone(house: House) -> None:
    await fill(house, 30)
    text = embedding_of(b"red shoe").vectors

    await same_as_brute_force(house, [TextPart("red shoe")], {SEMANTIC: text[SEMANTIC]})

    result = await house.search.find([TextPart("red shoe")], Ranking())
    assert result.weights == {SEMANTIC: 1.0, VISUAL: 0.0}


async def test_a_mixture_is_ranked_as_brute_force_ranks_it(house: House) -> None:
    await fill(house, 40, images=2)
    picture, text = embedding_of(b"query").vectors, embedding_of(b"red").vectors
    product = embedding_of(b"7-0").vectors

    await same_as_brute_force(
        house,
        [ImagePart(b"query", 1.0), TextPart("red", 0.5), ProductPart("p007", -0.3)],
        mixed([(picture, 1.0), ({SEMANTIC: text[SEMANTIC]}, 0.5), (product, -0.3)]),
    )


async def test_a_negative_part_alone_finds_what_is_unlike_it(house: House) -> None:
    await fill(house, 20)
    picture = embedding_of(b"query").vectors

    await same_as_brute_force(house, [ImagePart(b"query", -2.0)], mixed([(picture, -2.0)]))


async def test_parts_that_cancel_out_are_refused(house: House) -> None:
    await fill(house, 3)

    with pytest.raises(InvalidQuery):
        await house.search.find([ImagePart(b"query", 1.0), ImagePart(b"query", -1.0)], Ranking())


async def test_the_error_points_to_the_part_that_cannot_be_read(house: House) -> None:
    with pytest.raises(InvalidQuery) as caught:
        await house.search.find([ProductPart("none")], Ranking())

    assert caught.value.place == ("parts", 0, "product_id")


async def test_similar_products_do_not_include_the_product_itself(house: House) -> None:
    await fill(house, 12, images=2)
    expected = scores_of(house, embedding_of(b"3-0").vectors, 0.6)
    del expected["p003"]

    result = await house.search.similar("p003", Ranking(limit=11))

    assert {hit.product.product_id: hit.score for hit in result.hits} == pytest.approx(
        expected, abs=1e-6
    )
    with pytest.raises(NotFound):
        await house.search.similar("none", Ranking())


async def test_pages_by_offset_go_through_all_hits_without_repeats(house: House) -> None:
    await fill(house, 25, images=2)
    whole = await find(house, b"query", limit=25)

    pages = [await find(house, b"query", limit=10, offset=offset) for offset in (0, 10, 20)]

    paged = [hit for page in pages for hit in page.hits]
    assert [(hit.rank, hit.product) for hit in paged] == [
        (hit.rank, hit.product) for hit in whole.hits
    ]


@pytest.mark.parametrize("limit", [1, 2, 5, 12])
async def test_pages_neither_repeat_nor_omit_products_with_equal_scores(
    house: House, limit: int
) -> None:
    names = [f"p{number:02}" for number in range(45)]
    for name in reversed(names):
        await house.catalogue.create(name, ProductFields("P", "", {}), [b"the same"])

    pages = [
        await find(house, b"the same", limit=limit, offset=offset)
        for offset in range(0, len(names), limit)
    ]

    assert [hit.product.product_id for page in pages for hit in page.hits] == names


async def test_only_the_ratios_of_the_parts_weights_count(house: House) -> None:
    await fill(house, 20)

    def parts(scale: float) -> list[QueryPart]:
        return [ImagePart(b"one", weight=scale), ImagePart(b"other", weight=-0.5 * scale)]

    usual, small = [await house.search.find(parts(scale), Ranking()) for scale in (1.0, 1e-42)]

    assert [hit.score for hit in small.hits] == pytest.approx([hit.score for hit in usual.hits])


async def test_parts_without_any_weight_are_refused(house: House) -> None:
    with pytest.raises(InvalidQuery, match="weight 0"):
        await house.search.find([ImagePart(b"one", weight=0.0)], Ranking())
