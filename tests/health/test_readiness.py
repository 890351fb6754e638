"""Readiness: every part is asked, and one bad answer is enough."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from service.core.embedding import Embedding
from service.core.errors import Overloaded
from service.health.readiness import REPORT_LIFE_S, Readiness
from tests.fakes import SEMANTIC, VISUAL, embedding_of
from tests.house import House


def readiness(
    house: House,
    *,
    golden: Embedding | None = None,
    batcher: Callable[[], str | None] = lambda: None,
    full: Callable[[], bool] = lambda: False,
    report_life_s: float = REPORT_LIFE_S,
) -> Readiness:
    async def embed_golden() -> Embedding:
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
        report_life_s=report_life_s,
    )


async def test_ready_where_every_part_answers(house: House) -> None:
    report = await readiness(house).check()

    assert report.ready
    assert all(check.ok for check in report.checks.values())
    assert report.encoders == {SEMANTIC: "fake-semantic", VISUAL: "fake-visual"}
    assert (report.products, report.warnings) == (0, ("Careful.",))


async def test_another_vector_for_the_golden_picture_is_not_ready(house: House) -> None:
    report = await readiness(house, golden=embedding_of(b"another model")).check()

    assert not report.ready
    assert not report.checks["encoders"].ok
    assert "golden" in str(report.checks["encoders"].detail)


async def test_a_full_queue_says_nothing_about_the_encoders(house: House) -> None:
    report = await readiness(house, full=lambda: True).check()

    assert report.ready
    assert (report.checks["encoders"].ok, report.checks["encoders"].detail) == (True, None)


async def test_a_wrong_vector_stays_wrong_while_the_queue_is_full(house: House) -> None:
    full = False
    asked = readiness(
        house, golden=embedding_of(b"another model"), full=lambda: full, report_life_s=-1
    )
    before = await asked.check()
    full = True
    after = await asked.check()

    assert not after.ready
    assert after.checks["encoders"].detail == before.checks["encoders"].detail


async def test_stores_that_are_away_are_not_ready_and_heal(house: House) -> None:
    house.outage.after = 0
    away = await readiness(house).check()
    house.outage.after = None
    back = await readiness(house).check()

    assert not away.ready
    assert {name for name, check in away.checks.items() if not check.ok} == {
        "vector_store",
        "blob_store",
    }
    assert away.products is None
    assert back.ready


async def test_a_batcher_in_trouble_is_not_ready(house: House) -> None:
    report = await readiness(house, batcher=lambda: "The thread has ended.").check()

    assert not report.ready
    assert report.checks["batcher"].detail == "The thread has ended."


async def test_probes_that_come_together_share_one_report(house: House) -> None:
    asked = readiness(house)

    await asyncio.gather(*(asked.check() for _ in range(20)))

    assert house.embedder.embedded == [b"golden"]
