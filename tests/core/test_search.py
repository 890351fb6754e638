"""Ranking: exact scores, one hit a product, and a breakdown that adds up."""

from __future__ import annotations

import pytest

from service.errors import InvalidWeights
from service.models import SEMANTIC, VISUAL, Payload, ProductFields
from tests.core.conftest import House
from tests.fakes import embedding_of


async def fill(house: House, products: int, images: int = 1) -> None:
    for number in range(products):
        pictures = [f"{number}-{view}".encode() for view in range(images)]
        await house.catalog.create(f"p{number:03}", ProductFields("P", "", {}), pictures)


def expected_ranking(house: House, query: bytes, semantic: float) -> list[tuple[str, float]]:
    """Brute force in float64 over every picture, the best one of each product."""
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

    result = await house.search.by_image(
        b"query", limit=20, weights={"semantic": semantic, "visual": 1 - semantic}
    )

    expected = expected_ranking(house, b"query", semantic)[:20]
    assert [hit.product.product_id for hit in result.hits] == [name for name, _ in expected]
    assert [hit.score for hit in result.hits] == pytest.approx([s for _, s in expected], abs=1e-6)


async def test_contributions_add_up_to_the_score(house: House) -> None:
    await fill(house, 20)

    result = await house.search.by_image(b"query", limit=5)

    for hit in result.hits:
        parts = hit.scores.values()
        assert hit.score == pytest.approx(sum(part.contribution for part in parts), abs=1e-12)
        for part in parts:
            assert part.contribution == pytest.approx(part.weight * part.similarity, abs=1e-12)


async def test_an_indexed_image_finds_itself_first(house: House) -> None:
    await fill(house, 20, images=2)

    result = await house.search.by_image(b"7-1", limit=3)

    assert result.hits[0].product.product_id == "p007"
    assert result.hits[0].score == pytest.approx(1.0, abs=1e-6)


async def test_a_page_is_full_where_one_product_has_many_images(house: House) -> None:
    await fill(house, 12)
    query = b"0-0"
    crowd = house.embedder.embedded.copy()
    assert query in crowd
    for view in range(4):
        await house.catalog.add_image("p000", f"more {view}".encode())

    result = await house.search.by_image(query, limit=10)

    assert len(result.hits) == 10
    assert len({hit.product.product_id for hit in result.hits}) == 10


async def test_hits_below_min_score_are_left_out(house: House) -> None:
    await fill(house, 30)
    everything = await house.search.by_image(b"query", limit=30)
    floor = everything.hits[9].score

    result = await house.search.by_image(b"query", limit=30, min_score=floor)

    assert [hit.score for hit in result.hits] == [hit.score for hit in everything.hits[:10]]


async def test_an_empty_catalogue_has_no_hits(house: House) -> None:
    result = await house.search.by_image(b"query", limit=5)

    assert result.hits == ()
    assert result.weights == {SEMANTIC: pytest.approx(0.6), VISUAL: pytest.approx(0.4)}
    assert result.encoders == {SEMANTIC: "fake-semantic", VISUAL: "fake-visual"}


async def test_weights_are_checked_before_the_picture_is_touched(house: House) -> None:
    with pytest.raises(InvalidWeights):
        await house.search.by_image(b"query", limit=5, weights={"semantic": 0})

    assert house.embedder.embedded == []
