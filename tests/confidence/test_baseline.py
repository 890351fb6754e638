"""The baseline is measured when the catalogue changes, and searches are judged by it."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from service.confidence.baseline import (
    NAMES_PER_BATCH,
    REFRESH_AFTER_S,
    REFRESH_WHILE_CHANGING_S,
    CatalogueBaseline,
)
from service.core.embedding import EmbeddedText, Priority
from service.core.errors import StoreUnavailable
from service.core.product import ProductFields
from service.core.query import ImagePart, ProductPart, QueryPart, Ranking, TextPart
from service.core.search import SearchResult
from tests.house import House

WEIGHTS = {"semantic": 0.6, "visual": 0.4}


async def fill(house: House, count: int, *, first: int = 0) -> None:
    for number in range(first, first + count):
        fields = ProductFields(f"Thing {number}", "", {})
        await house.catalogue.create(f"p{number}", fields, [f"picture {number}".encode()])


async def find(house: House, *parts: QueryPart, **ranking: float) -> SearchResult:
    return await house.search.find(parts, Ranking(**ranking))  # type: ignore[arg-type]


async def test_the_verdict_is_unknown_until_the_baseline_is_measured(house: House) -> None:
    await fill(house, 30)

    result = await find(house, ImagePart(b"picture 3"))

    assert (result.match.verdict, result.match.confidence) == ("unknown", None)
    assert "not been measured yet" in result.match.detail
    assert result.match.pending
    assert result.hits[0].confidence is None


@pytest.mark.parametrize("products", [0, 1, 5, 19])
async def test_too_few_products_give_no_baseline(house: House, products: int) -> None:
    await fill(house, products)
    await house.baseline.refresh()

    match = (await find(house, ImagePart(b"picture 0"))).match

    assert (match.verdict, match.confidence) == ("unknown", None)
    assert "20 products" in match.detail
    assert not match.pending


async def test_a_stored_picture_is_found_with_confidence(house: House) -> None:
    await fill(house, 20)
    await house.baseline.refresh()

    result = await find(house, ImagePart(b"picture 7"))

    assert result.match.verdict == "found"
    assert result.match.confidence == result.hits[0].confidence
    shown = [hit.confidence for hit in result.hits]
    assert shown == sorted(shown, key=lambda one: -(one or 0))


async def test_a_score_far_below_what_products_find_is_nothing_alike(house: House) -> None:
    await fill(house, 40)
    await house.baseline.refresh()

    assert house.baseline.match([ImagePart(b"")], WEIGHTS, 0.0).verdict == "nothing_alike"


async def test_the_verdict_is_on_the_best_product_even_if_the_page_omits_it(
    house: House,
) -> None:
    await fill(house, 40)
    await house.baseline.refresh()
    whole = await find(house, ImagePart(b"another picture"))

    for ranking in ({"min_score": 0.9999}, {"offset": 3}, {"offset": 90}):
        assert (await find(house, ImagePart(b"another picture"), **ranking)).match == whole.match


async def test_texts_products_and_mixtures_are_judged_too(house: House) -> None:
    await fill(house, 40)
    await house.baseline.refresh()

    for parts in (
        [TextPart("green shoe")],
        [ProductPart("p3")],
        [ImagePart(b"a"), TextPart("red", 0.5), ProductPart("p4", -0.3), TextPart("blue", -0.2)],
    ):
        result = await find(house, *parts)
        assert result.match.verdict != "unknown"
        assert all(0 <= (hit.confidence or -1) <= 1 for hit in result.hits)


async def test_equal_searches_are_judged_equally_in_every_process(house: House) -> None:
    await fill(house, 60)
    await house.baseline.refresh()
    other = CatalogueBaseline(house.store, house.embedder)
    await other.refresh()

    scores = [0.2, 0.5, 0.8]
    parts = [ImagePart(b"x"), TextPart("y")]
    assert house.baseline.confidences(parts, WEIGHTS, scores) == other.confidences(
        parts, WEIGHTS, scores
    )


async def test_it_is_measured_again_only_if_the_catalogue_has_changed(house: House) -> None:
    await fill(house, 40)
    await house.baseline.refresh()
    house.outage.after = 1  # One call suffices to see that nothing has changed.
    await house.baseline.refresh()
    house.outage.after = None

    await fill(house, 10, first=40)
    house.outage.after = 1
    with pytest.raises(StoreUnavailable):
        await house.baseline.refresh()


async def test_the_twentieth_product_is_noticed(house: House) -> None:
    await fill(house, 19)
    await house.baseline.refresh()
    await fill(house, 1, first=19)
    await house.baseline.refresh()

    assert (await find(house, ImagePart(b"picture 0"))).match.verdict == "found"


async def test_it_is_measured_once_a_minute_during_an_import(house: House) -> None:
    time = 0.0
    baseline = CatalogueBaseline(house.store, house.embedder, clock=lambda: time)
    await baseline.check()
    for minute in range(2):
        for check in range(3):
            await fill(house, 30, first=100 * minute + 30 * check)
            await baseline.check()
            judged = judged_by(baseline)
            assert judged == ("unknown" if minute == 0 else "found"), (minute, check)
        time += REFRESH_WHILE_CHANGING_S
        await fill(house, 1, first=100 * minute + 99)
        await baseline.check()
        assert judged_by(baseline) == "found"


async def test_a_later_import_also_waits_a_minute_for_its_measurement(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = 0.0
    baseline = CatalogueBaseline(house.store, house.embedder, clock=lambda: time)
    await fill(house, 30)
    await baseline.check()
    await baseline.check()
    time = 5 * REFRESH_WHILE_CHANGING_S
    embedded = names_embedded(house, monkeypatch)

    await fill(house, 30, first=30)
    await baseline.check()
    assert not embedded
    time += REFRESH_WHILE_CHANGING_S
    await fill(house, 1, first=60)
    await baseline.check()
    assert len(embedded) == 31


async def test_names_are_embedded_in_batches_and_none_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    baseline = CatalogueBaseline(house.store, house.embedder)
    embedded = names_embedded(house, monkeypatch)
    await fill(house, 30)
    await baseline.refresh()
    assert len(embedded) == len(set(embedded)) == 30
    assert max(embedded.values()) == NAMES_PER_BATCH
    await fill(house, 10, first=30)
    await baseline.refresh()
    assert len(embedded) == 40


async def test_it_is_measured_when_an_import_has_ended(house: House) -> None:
    baseline = CatalogueBaseline(house.store, house.embedder, clock=lambda: 0.0)
    await baseline.check()
    await fill(house, 30)
    await baseline.check()
    assert judged_by(baseline) == "unknown"

    await baseline.check()

    assert judged_by(baseline) == "found"


async def test_the_same_number_of_other_pictures_is_noticed_within_a_minute(house: House) -> None:
    time = 0.0
    baseline = CatalogueBaseline(house.store, house.embedder, clock=lambda: time)
    for picture in ("the same", "picture {}"):
        for number in range(20):
            fields = ProductFields("Thing", "", {})
            await house.catalogue.replace(f"p{number}", fields, [picture.format(number).encode()])
        await baseline.check()
        assert judged_by(baseline) == "unknown"
    time = REFRESH_WHILE_CHANGING_S

    await baseline.check()

    assert judged_by(baseline) == "found"


async def test_a_catalogue_that_has_just_changed_is_not_called_too_small(house: House) -> None:
    baseline = CatalogueBaseline(house.store, house.embedder, clock=lambda: 0.0)
    await baseline.check()
    await fill(house, 30)
    await baseline.check()

    assert "not been measured yet" in baseline.match([ImagePart(b"")], WEIGHTS, 1.0).detail


async def test_a_search_by_text_is_pending_until_the_names_are_measured(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(house, 30)
    pending = []
    real = house.embedder.embed_text

    async def noting(text: str, **options: Priority) -> EmbeddedText:
        match = house.baseline.match([TextPart("red")], WEIGHTS, 1.0)
        pending.append((match.verdict, match.pending))
        return await real(text, **options)

    monkeypatch.setattr(house.embedder, "embed_text", noting)
    await house.baseline.refresh()

    assert set(pending) == {("unknown", True)}
    assert not house.baseline.match([TextPart("red")], WEIGHTS, 1.0).pending


def names_embedded(house: House, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Records the names that are embedded from now on, each with the number in progress."""
    embedded: dict[str, int] = {}
    under_way: set[str] = set()
    real = house.embedder.embed_text

    async def noting(text: str, **options: Priority) -> EmbeddedText:
        assert text not in embedded
        under_way.add(text)
        await asyncio.sleep(0)
        embedded[text] = len(under_way)
        under_way.discard(text)
        return await real(text, **options)

    monkeypatch.setattr(house.embedder, "embed_text", noting)
    return embedded


def judged_by(baseline: CatalogueBaseline) -> str:
    """Returns the verdict on a hit with the highest possible score."""
    return baseline.match([ImagePart(b"picture 0")], WEIGHTS, 1.0).verdict


async def test_it_is_measured_again_after_ten_minutes_in_any_case(house: House) -> None:
    time = 0.0
    baseline = CatalogueBaseline(house.store, house.embedder, clock=lambda: time)
    await fill(house, 30)
    await baseline.refresh()
    before = baseline.confidences([ImagePart(b"")], WEIGHTS, [0.5])
    for number in range(30):
        fields = ProductFields("Other", "", {})
        await house.catalogue.replace(f"p{number}", fields, [f"other {number}".encode()])

    await baseline.refresh()
    assert baseline.confidences([ImagePart(b"")], WEIGHTS, [0.5]) == before
    time = REFRESH_AFTER_S
    await baseline.refresh()
    assert baseline.confidences([ImagePart(b"")], WEIGHTS, [0.5]) != before


async def test_the_baseline_survives_an_outage(house: House) -> None:
    await fill(house, 30)
    await house.baseline.refresh()
    house.outage.after = 0

    task = asyncio.create_task(house.baseline.run())
    await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

    assert house.baseline.match([ImagePart(b"")], WEIGHTS, 1.0).verdict == "found"


async def test_products_that_share_a_picture_do_not_raise_the_baseline(
    house: House,
) -> None:
    for number in range(25):
        for size in "SML":
            fields = ProductFields(f"Shirt {number} {size}", "", {})
            picture = f"picture {number}".encode()
            await house.catalogue.create(f"p{number}-{size}", fields, [picture])
    await house.baseline.refresh()
    shared = house.baseline.confidences([ImagePart(b"")], WEIGHTS, [0.9])

    assert shared is not None
    assert shared[0] > 0.9
    assert (await find(house, ImagePart(b"picture 3"))).match.verdict == "found"


async def test_a_catalogue_of_one_picture_has_no_baseline(house: House) -> None:
    for number in range(30):
        await house.catalogue.create(f"p{number}", ProductFields("Thing", "", {}), [b"the same"])
    await house.baseline.refresh()

    match = (await find(house, ImagePart(b"the same"))).match

    assert (match.verdict, match.confidence) == ("unknown", None)
    assert "different pictures" in match.detail


async def test_a_query_with_ignored_words_is_not_judged(house: House) -> None:
    await fill(house, 40)
    await house.baseline.refresh()

    match = house.baseline.match([TextPart("a")], WEIGHTS, 0.9, ignored_words=["unicorn"])

    assert (match.verdict, match.confidence) == ("unknown", None)
    assert '"unicorn"' in match.detail
