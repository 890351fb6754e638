"""Explanations add up to the similarity of each hit, or are left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from service.core.errors import InvalidInput, NotFound, StoreUnavailable
from service.core.product import ProductFields
from service.core.query import ImagePart, ProductPart, Ranking, TextPart
from service.core.search import SearchResult
from tests.fakes import SEMANTIC, VISUAL
from tests.house import House


async def fill(house: House, products: int) -> None:
    for number in range(products):
        fields = ProductFields("P", "", {})
        await house.catalogue.create(f"p{number:03}", fields, [f"{number}-0".encode()])


async def find(house: House, **ranking: Any) -> SearchResult:
    return await house.search.find([ImagePart(b"query")], Ranking(**ranking))


async def test_the_cells_of_every_hit_add_up_to_its_similarity(house: House) -> None:
    await fill(house, 12)

    result = await find(house, limit=12, explain=True)

    assert len(result.hits) == 12
    for hit in result.hits:
        assert hit.explanation is not None
        for name, score in hit.scores.items():
            explained = hit.explanation[name]
            assert explained is not None
            assert explained.grid.shape == (7, 7)
            assert explained.grid.sum() == pytest.approx(score.similarity, abs=1e-5)
            assert explained.unplaced == pytest.approx(0.1, abs=1e-5)
            assert np.median(explained.grid) == pytest.approx(0.1 / 49, abs=1e-6)
            assert explained.overlay is None
    assert result.took_ms["explain"] >= 0
    assert result.unexplained == {}


async def test_explanations_do_not_change_ranking_and_scores(house: House) -> None:
    await fill(house, 12)

    plain, explained = await find(house), await find(house, explain=True)

    assert [(hit.rank, hit.score) for hit in explained.hits] == [
        (hit.rank, hit.score) for hit in plain.hits
    ]


async def test_a_search_without_explanations_reads_no_picture(house: House) -> None:
    await fill(house, 5)

    result = await find(house)

    assert house.embedder.explained == []
    assert all(hit.explanation is None for hit in result.hits)
    assert "explain" not in result.took_ms


async def test_a_text_is_explained_by_its_only_signal(house: House) -> None:
    await fill(house, 2)

    result = await house.search.find([TextPart("red")], Ranking(explain=True))

    for hit in result.hits:
        assert hit.explanation is not None
        assert hit.explanation[SEMANTIC] is not None
        assert hit.explanation[VISUAL] is None
    assert result.unexplained == {VISUAL: "The query has no visual embedding."}


async def test_similar_products_and_mixtures_are_explained_too(house: House) -> None:
    await fill(house, 4)
    parts = [ImagePart(b"query"), ProductPart("p001", -0.5)]

    results = [
        await house.search.similar("p001", Ranking(explain=True)),
        await house.search.find(parts, Ranking(explain=True)),
    ]

    for result in results:
        for hit in result.hits:
            assert hit.explanation is not None
            visual = hit.explanation[VISUAL]
            assert visual is not None
            assert visual.grid.sum() == pytest.approx(hit.scores[VISUAL].similarity, abs=1e-5)


@pytest.mark.parametrize("become", [None, b"another picture", b"bad and unreadable"])
async def test_a_hit_whose_picture_was_deleted_or_changed_has_no_explanation(
    house: House, become: bytes | None
) -> None:
    await fill(house, 4)
    best = (await find(house)).hits[0]
    (key,) = [key for key in house.blobs.objects if key.endswith(f"/{best.image_id}")]
    del house.blobs.objects[key]
    if become is not None:
        house.blobs.objects[key] = become

    result = await find(house, explain=True)

    assert len(result.hits) == 4
    assert result.hits[0].image_id == best.image_id
    assert result.hits[0].explanation is None
    assert all(hit.explanation is not None for hit in result.hits[1:])


async def test_an_outage_of_the_blob_store_is_reported(house: House) -> None:
    await fill(house, 4)
    house.outage.after = 2  # The search and the similarities still answer.

    with pytest.raises(StoreUnavailable):
        await find(house, explain=True)

    house.outage.after = None
    assert len((await find(house, explain=True)).hits) == 4


async def test_more_than_20_hits_are_not_explained_at_once(house: House) -> None:
    await fill(house, 22)

    assert len((await find(house, limit=20, explain=True)).hits) == 20
    assert len((await find(house, limit=20, offset=20, explain=True)).hits) == 2
    with pytest.raises(InvalidInput, match="At most 20 hits") as caught:
        await find(house, limit=21, explain=True)

    assert caught.value.place == ("limit",)
    with pytest.raises(InvalidInput, match="At most 20 hits"):
        await house.search.similar("p001", Ranking(limit=21, explain=True))


async def test_too_many_hits_are_refused_before_the_query_is_embedded(house: House) -> None:
    with pytest.raises(InvalidInput):
        await find(house, limit=100, explain=True)

    assert house.embedder.embedded == []


async def test_an_overlay_without_an_explanation_is_refused(house: House) -> None:
    with pytest.raises(InvalidInput) as caught:
        await find(house, overlay=True)

    assert caught.value.place == ("overlay",)


async def test_overlays_are_drawn_on_request(house: House) -> None:
    await fill(house, 2)

    result = await find(house, explain=True, overlay=True)

    for hit in result.hits:
        assert hit.explanation is not None
        for explained in hit.explanation.values():
            assert explained is not None
            assert explained.overlay is not None
            assert explained.overlay.startswith(b"\x89PNG")
            assert np.isfinite(explained.grid).all()


async def test_an_unknown_product_is_not_found_with_explanations_either(house: House) -> None:
    with pytest.raises(NotFound):
        await house.search.similar("none", Ranking(explain=True))
