"""Readiness: every part is asked, and one bad answer is enough."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from service.core.embedding import Embedding
from service.core.errors import Overloaded
from service.core.product import ProductFields
from service.health.readiness import Check, Filling, Readiness, ReadinessReport
from tests.fakes import SEMANTIC, VISUAL, embedding_of
from tests.house import House


def readiness(
    house: House,
    *,
    golden: Embedding | None = None,
    batcher: Callable[[], str | None] = lambda: None,
    full: Callable[[], bool] = lambda: False,
    hung: Callable[[], bool] = lambda: False,
    expected_products: int | None = None,
) -> Readiness:
    async def embed_golden() -> Embedding:
        if hung():
            await asyncio.Event().wait()
        if full():
            raise Overloaded("256 pictures and texts are waiting already.")
        return (await house.embedder.embed_image(b"golden")).embedding

    return Readiness(
        embed_golden=embed_golden,
        golden=golden or embedding_of(b"golden"),
        check_batcher=batcher,
        embedder=house.embedder,
        store=house.store,
        ping_blobs=house.blobs.ping,
        collection="products-test",
        warnings=lambda: ("Careful.",),
        golden_timeout_s=0.05,
        stores_timeout_s=0.05,
        expected_products=lambda: expected_products,
        ready_at_share=0.75,
    )


async def asked(readiness: Readiness) -> ReadinessReport:
    await readiness.ask()
    return readiness.report()


async def test_ready_where_every_part_answers(house: House) -> None:
    report = await asked(readiness(house))

    assert report.ready
    assert all(check.ok for check in report.checks.values())
    assert report.encoders == {SEMANTIC: "fake-semantic", VISUAL: "fake-visual"}
    assert (report.products, report.warnings) == (0, ("Careful.",))


async def test_another_vector_for_the_golden_picture_is_not_ready(house: House) -> None:
    report = await asked(readiness(house, golden=embedding_of(b"another model")))

    assert not report.ready
    assert not report.checks["encoders"].ok
    assert "golden" in str(report.checks["encoders"].detail)


async def test_a_full_queue_says_nothing_about_the_encoders(house: House) -> None:
    report = await asked(readiness(house, full=lambda: True))

    assert report.ready
    assert (report.checks["encoders"].ok, report.checks["encoders"].detail) == (True, None)


async def test_a_wrong_vector_stays_wrong_while_the_queue_is_full(house: House) -> None:
    full = False
    watch = readiness(house, golden=embedding_of(b"another model"), full=lambda: full)
    before = await asked(watch)
    full = True
    after = await asked(watch)

    assert not after.ready
    assert after.checks["encoders"].detail == before.checks["encoders"].detail


async def test_stores_that_are_away_are_not_ready_and_heal(house: House) -> None:
    house.outage.after = 0
    away = await asked(readiness(house))
    house.outage.after = None
    back = await asked(readiness(house))

    assert not away.ready
    assert {name for name, check in away.checks.items() if not check.ok} == {
        "vector_store",
        "blob_store",
    }
    assert away.products is None
    assert back.ready


async def test_a_batcher_in_trouble_is_not_ready(house: House) -> None:
    report = await asked(readiness(house, batcher=lambda: "The thread has ended."))

    assert not report.ready
    assert report.checks["batcher"].detail == "The thread has ended."


async def test_a_report_asks_nothing(house: House) -> None:
    watch = readiness(house)
    await watch.ask()
    house.outage.after = 0

    assert all(watch.report().ready for _ in range(20))
    assert house.embedder.embedded == [b"golden"]


async def test_what_was_never_asked_is_not_ready(house: House) -> None:
    report = readiness(house).report()

    assert not report.ready
    assert report.checks["encoders"].detail == "It has not been checked yet."


async def test_models_that_hang_are_not_ready_and_heal(house: House) -> None:
    hung = True
    watch = readiness(house, hung=lambda: hung)
    before = await asked(watch)
    hung = False
    after = await asked(watch)

    assert not before.ready
    assert before.checks["encoders"].detail == "No answer within 0.05 s."
    assert after.ready


async def test_a_part_is_asked_again_at_its_interval() -> None:
    asked_at: list[float] = []

    async def ask() -> None:
        asked_at.append(now)

    now = 100.0
    check = Check(ask, every_s=0.0, timeout_s=1.0, clock=lambda: now)
    await check.once()
    now = 103.0
    old = check.result()
    await check.once()

    assert (old.ok, old.age_s) == (True, 3.0)
    assert check.result().age_s == 0.0
    assert asked_at == [100.0, 103.0]


async def test_all_parts_are_watched_until_the_end(house: House) -> None:
    watch = readiness(house)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await watch.run()

    assert watch.report().ready


@pytest.mark.parametrize(("expected", "ready"), [(4, True), (5, False)])
async def test_an_index_that_is_being_filled_is_ready_from_a_share_on(
    house: House, expected: int, ready: bool
) -> None:
    for name in "abc":
        await house.catalogue.create(name, ProductFields(name, "", {}), [name.encode()])

    report = await asked(readiness(house, expected_products=expected))

    assert report.ready is ready
    assert report.filling == Filling(indexed=3, expected=expected)
    assert all(check.ok for check in report.checks.values())
