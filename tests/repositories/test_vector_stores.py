"""Every vector store gives the same answers as a brute-force search in numpy."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace

import numpy as np
import pytest

from service.core.index import Changes, Payload, Point
from service.core.interfaces import VectorStore
from tests.repositories.points import (
    DIMENSIONS,
    axis,
    clustered,
    fill,
    make_image,
    make_point,
    make_points,
    make_product,
    scores,
)

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    # The client's in-memory mode says what it does not do.
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning"),
]


def catalogue(count: int, *, images: int = 1) -> list[Point]:
    vectors = clustered(count * images)
    return [
        point
        for number in range(count)
        for point in make_points(
            make_product(f"p{number}", images=images, created_us=number),
            vectors[number * images : (number + 1) * images],
        )
    ]


async def test_an_empty_store_answers_with_nothing(store: VectorStore) -> None:
    await store.ping()
    assert await store.search(axis(0), limit=5) == []
    assert await store.similarities([axis(0)], ["0" * 32]) == [{}]
    assert await store.similarities([axis(0), axis(1)], []) == [{}, {}]
    assert await store.similarities([], ["0" * 32]) == []
    assert await store.payloads(["0" * 32]) == {}
    assert await store.payloads([]) == {}
    assert await store.vectors(["0" * 32]) == {}
    assert await store.newest_products(limit=10) == []
    assert [chunk async for chunk in store.point_ids()] == []
    assert await store.count_products() == 0
    assert await store.count_points() == 0
    await store.apply(Changes())


async def test_what_is_stored_comes_back_whole(store: VectorStore) -> None:
    product = make_product(
        "SKU ünï\u20ac漢字😀 #1?%",
        images=3,
        attributes={
            "text": "naïve \u0001 \" \\ 'x'",
            "int": 2**53 + 1,
            "negative": -(2**40),
            "float": 0.1,
            "yes": True,
            "list": ["a", "ß", ""],
            "": "empty key",
            "a.b[0]": "key of a path",
        },
    )
    points = await fill(store, make_points(product, clustered(3)))
    found = await store.payloads([point.point_id for point in points])
    assert found == {point.point_id: point.payload for point in points}
    vectors = await store.vectors([points[1].point_id, str(uuid.uuid4())])
    assert list(vectors) == [points[1].point_id]
    assert vectors[points[1].point_id].dtype == np.float32
    np.testing.assert_array_equal(vectors[points[1].point_id], points[1].vector)


async def test_search_is_exact(store: VectorStore) -> None:
    points = await fill(store, catalogue(300))
    for query in clustered(5, seed=11):
        expected = scores(points, query)
        found = await store.search(query, limit=20)
        assert [hit.score for hit in found] == pytest.approx(
            sorted(expected.values(), reverse=True)[:20], abs=1e-5
        )
        for hit in found:
            assert hit.score == pytest.approx(expected[hit.point_id], abs=1e-5)
            assert hit.payload.product.product_id.startswith("p")


async def test_scores_are_inner_products_and_not_cosines(store: VectorStore) -> None:
    await fill(store, [make_point("long", axis(0, 3.0)), make_point("against", axis(0, -2.0))])
    found = await store.search(axis(0, 0.5), limit=5)
    assert [(hit.payload.product.product_id, hit.score) for hit in found] == [
        ("long", pytest.approx(1.5)),
        ("against", pytest.approx(-1.0)),
    ]


async def test_equal_scores_are_all_found(store: VectorStore) -> None:
    await fill(store, [make_point(f"p{number}", axis(1)) for number in range(10)])
    found = await store.search(axis(1), limit=10)
    assert len({hit.point_id for hit in found}) == 10
    assert {hit.score for hit in found} == {1.0}


async def test_min_score_is_kept_and_included(store: VectorStore) -> None:
    await fill(store, [make_point(f"p{n}", axis(0, n / 8)) for n in range(-2, 9)])
    for least, count in ((0.5, 5), (0.0, 9), (-0.25, 11), (1.5, 0)):
        found = await store.search(axis(0), limit=50, min_score=least)
        assert len(found) == count
        assert all(hit.score >= least for hit in found)


async def test_excluded_products_stay_out_and_their_places_are_filled(store: VectorStore) -> None:
    points = await fill(store, catalogue(40, images=2))
    query = points[0].vector
    out = {"p0", "p7", "nobody"}
    expected = scores([p for p in points if p.payload.product.product_id not in out], query)
    found = await store.search(query, limit=30, exclude_products=sorted(out))
    assert [hit.score for hit in found] == pytest.approx(
        sorted(expected.values(), reverse=True)[:30], abs=1e-5
    )


async def test_similarities_are_exact_for_many_queries(store: VectorStore) -> None:
    points = await fill(store, catalogue(50))
    queries = clustered(3, seed=5)
    wanted = points[:7]
    found = await store.similarities(
        queries, [point.point_id for point in wanted] + [str(uuid.uuid4())]
    )
    for query, similarities in zip(queries, found, strict=True):
        assert similarities == pytest.approx(scores(wanted, query), abs=1e-5)


async def test_an_upsert_of_a_known_point_replaces_it(store: VectorStore) -> None:
    old = make_point("p", axis(0))
    new = replace(
        old, vector=axis(1), payload=replace(old.payload, product=make_product("p", name="New"))
    )
    await store.apply(Changes(upserts=(old,)))
    for _ in range(2):
        await store.apply(Changes(upserts=(new,)))
        assert await store.count_points() == 1
        (hit,) = await store.search(axis(1), limit=5)
        assert (hit.score, hit.payload) == (1.0, new.payload)


async def test_payloads_change_and_vectors_stay(store: VectorStore) -> None:
    points = await fill(store, catalogue(3))
    product = make_product("p1", name="Renamed", attributes={})
    changed = Payload(product=product, image_id=make_image(0).image_id, primary=True)
    unknown = str(uuid.uuid4())
    for _ in range(2):
        await store.apply(Changes(payloads={points[1].point_id: changed, unknown: changed}))
    assert await store.count_points() == 3
    assert await store.payloads([points[1].point_id, unknown]) == {points[1].point_id: changed}
    vectors = await store.vectors([points[1].point_id])
    np.testing.assert_array_equal(vectors[points[1].point_id], points[1].vector)


async def test_another_image_can_become_the_primary_one(store: VectorStore) -> None:
    first, second = await fill(store, make_points(make_product("p", images=2), clustered(2)))
    promoted = replace(second.payload, primary=True)
    await store.apply(Changes(payloads={second.point_id: promoted}, deletes=(first.point_id,)))
    assert await store.count_products() == 1
    assert await store.newest_products(limit=5) == [promoted]


async def test_deleted_points_are_gone_and_unknown_ones_passed_over(store: VectorStore) -> None:
    points = await fill(store, catalogue(4))
    for _ in range(2):
        await store.apply(Changes(deletes=(points[0].point_id, str(uuid.uuid4()))))
    assert points[0].point_id not in {hit.point_id for hit in await store.search(axis(0), limit=9)}
    assert (await store.count_points(), await store.count_products()) == (3, 3)


async def test_upserts_payloads_and_deletes_go_in_this_order(store: VectorStore) -> None:
    one, two = make_point("one", axis(0)), make_point("two", axis(1))
    changed = replace(one.payload, product=make_product("one", name="Changed"))
    await store.apply(
        Changes(upserts=(one, two), payloads={one.point_id: changed}, deletes=(two.point_id,))
    )
    assert await store.payloads([one.point_id, two.point_id]) == {one.point_id: changed}


async def test_large_changes_arrive_whole(store: VectorStore) -> None:
    points = await fill(store, catalogue(500))
    assert await store.count_points() == 500
    changed = {
        point.point_id: replace(
            point.payload, product=replace(point.payload.product, name="Changed")
        )
        for point in points
    }
    await store.apply(Changes(payloads=changed))
    assert await store.payloads(list(changed)) == changed
    await store.apply(Changes(deletes=tuple(changed)))
    assert await store.count_points() == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e39])
async def test_vectors_that_are_not_finite_are_refused_whole(
    store: VectorStore, bad: float
) -> None:
    broken = np.zeros(DIMENSIONS)
    broken[3] = bad
    with pytest.raises(ValueError, match="finite"):
        await store.apply(Changes(upserts=(make_point("a", axis(0)), make_point("b", broken))))
    assert await store.count_points() == 0
    with pytest.raises(ValueError, match="finite"):
        await store.search(broken, limit=1)


async def test_vectors_of_another_length_are_refused(store: VectorStore) -> None:
    with pytest.raises(ValueError, match="shape"):
        await store.apply(Changes(upserts=(make_point("a", np.ones(DIMENSIONS + 1, np.float32)),)))
    with pytest.raises(ValueError, match="shape"):
        await store.search(np.ones(3, np.float32), limit=1)


async def test_products_and_points_are_counted(store: VectorStore) -> None:
    await fill(store, catalogue(30, images=3))
    assert (await store.count_products(), await store.count_points()) == (30, 90)


async def test_every_point_id_is_listed_once(store: VectorStore) -> None:
    points = await fill(store, catalogue(1200, images=2))
    listed = [point_id async for chunk in store.point_ids() for point_id in chunk]
    assert sorted(listed) == sorted(point.point_id for point in points)


async def pages(store: VectorStore, size: int) -> list[Payload]:
    """Every product, page after page."""
    listed: list[Payload] = []
    after = None
    while page := await store.newest_products(limit=size, after=after):
        listed += page
        after = page[-1].product.created_at, page[-1].product.product_id
    return listed


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 100])
async def test_newest_products_come_in_order_and_once_each(store: VectorStore, size: int) -> None:
    # Groups of products made in the same microsecond, smaller and larger than the page.
    groups = [1, 4, 1, 6, 2]
    products = [
        make_product(f"{name}-{moment}", images=2, created_us=moment)
        for moment, group in enumerate(groups)
        for name in "edbfca"[:group]
    ]
    for product in products:
        await fill(store, make_points(product, [axis(0), axis(1)]))
    expected = sorted(products, key=lambda p: (p.created_at, p.product_id), reverse=True)
    listed = await pages(store, size)
    assert [payload.product for payload in listed] == expected
    assert all(payload.primary for payload in listed)


async def test_a_list_goes_on_behind_a_product_that_was_deleted(store: VectorStore) -> None:
    points = await fill(store, catalogue(4))
    last = points[2].payload.product
    await store.apply(Changes(deletes=(points[2].point_id,)))
    found = await store.newest_products(limit=9, after=(last.created_at, last.product_id))
    assert [payload.product.product_id for payload in found] == ["p1", "p0"]


async def test_callers_at_the_same_time_each_see_their_own_changes(store: VectorStore) -> None:
    async def add_and_find(number: int) -> bool:
        point = make_point(f"p{number}", axis(number % DIMENSIONS, 1 + number / 100))
        await store.apply(Changes(upserts=(point,)))
        found = await store.search(point.vector, limit=50)
        return point.point_id in {hit.point_id for hit in found}

    assert all(await asyncio.gather(*(add_and_find(number) for number in range(40))))
    assert await store.count_points() == 40


async def test_a_sample_is_the_points_of_the_least_ids_and_the_same_each_time(
    store: VectorStore,
) -> None:
    points = await fill(store, catalogue(150))
    wanted = sorted(points, key=lambda point: point.point_id)

    for limit in (1, 70, 150, 1000):
        found = await store.sample(limit)
        assert [point.point_id for point in found] == [point.point_id for point in wanted[:limit]]
        for one, stored in zip(found, wanted, strict=False):
            assert one.payload == stored.payload
            np.testing.assert_allclose(one.vector, stored.vector, atol=1e-6)


async def test_an_empty_store_has_an_empty_sample(store: VectorStore) -> None:
    assert await store.sample(10) == []


async def test_fingerprints_are_kept_and_told_of_all_points_that_have_one(
    store: VectorStore,
) -> None:
    points = catalogue(30)
    fingerprints = {
        point.point_id: bytes([number]) * 200 for number, point in enumerate(points[:20])
    }
    await fill(
        store,
        [
            replace(
                point,
                payload=replace(point.payload, fingerprint=fingerprints.get(point.point_id, b"")),
            )
            for point in points
        ],
    )

    found = [fingerprint async for chunk in store.fingerprints() for fingerprint in chunk]

    assert {fingerprint.point_id: fingerprint.value for fingerprint in found} == fingerprints
    for fingerprint in found:
        payload = (await store.payloads([fingerprint.point_id]))[fingerprint.point_id]
        product = payload.product
        assert (
            fingerprint.product_id,
            fingerprint.name,
            fingerprint.image_id,
            fingerprint.value,
        ) == (
            product.product_id,
            product.name,
            payload.image_id,
            payload.fingerprint,
        )


async def test_a_discarded_index_is_empty_and_can_be_filled(store: VectorStore) -> None:
    point = make_point("p", axis(0))
    await store.apply(Changes(upserts=(point,)))

    await store.discard("the test wants it")

    assert await store.count_points() == 0
    await store.apply(Changes(upserts=(point,)))
    assert await store.count_points() == 1
    await store.mark_rebuilt()
    assert store.rebuilt_because is None
