"""Every vector store filters, counts and lists products like plain Python over all products."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from service.core.index import Changes, FacetValue, Payload, Point
from service.core.interfaces import VectorStore
from service.core.product import Attributes
from service.filters.parser import read_filter
from service.repositories.shared.filter_payload import MAX_RANGE_INDEXES, term_path
from tests.fakes import BruteForceStore, admits
from tests.repositories.points import axis, clustered, fill, make_point, make_points, make_product

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    # The client's in-memory mode says what it does not do.
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning"),
]

NAMES = ("colour", "price", "a.b[0]", 'it"s', "not", "größe", "filter.has", "*", " x\n")
STRINGS = ("green", "red", "", "10", "true", "null", "ß\n\"'\\", "2026-01-01")
NUMBERS = (0, -0.0, 1, 10, 10.0, 10.5, -3, 2**53 - 1, 1e300, 5e-324, 0.1)
DATES = (
    "2026-01-01",
    "2025-12-31T23:59:59.999999Z",
    "2026-01-01T01:00:00+01:00",
    "2026-06-30t12:00:00z",
    "0001-01-01",
    "9999-12-31T23:59:59Z",
)


def some_attributes(rng: random.Random) -> Attributes:
    values: list[Any] = [
        lambda: rng.choice(STRINGS),
        lambda: rng.choice(NUMBERS),
        lambda: rng.random() < 0.5,
        lambda: rng.choices(STRINGS, k=rng.randrange(4)),
        lambda: rng.choice(DATES),
    ]
    return {name: rng.choice(values)() for name in rng.sample(NAMES, rng.randrange(5))}


def some_filter(rng: random.Random, depth: int = 0) -> dict[str, Any]:
    return dict(some_entry(rng, depth) for _ in range(rng.choice((0, 1, 1, 1, 2))))


def some_entry(rng: random.Random, depth: int) -> tuple[str, Any]:
    if depth < 3 and rng.random() < 0.5:
        word = rng.choice(("and", "or", "not"))
        if word == "not":
            return word, some_filter(rng, depth + 1)
        return word, [some_filter(rng, depth + 1) for _ in range(rng.choice((1, 2, 3)))]
    if rng.random() < 0.15:
        ids = rng.sample([f"p{number}" for number in range(70)], 20)
        return rng.choice(
            [("product_id", {"any": ids}), ("name", "A thing"), ("name", {"none": ["Other"]})]
        )
    return f"attributes.{rng.choice(NAMES)}", some_comparison(rng)


def some_comparison(rng: random.Random) -> object:
    scalars = [*STRINGS, *NUMBERS, True, False]
    match rng.choice(("equal", "any", "all", "none", "numbers", "dates", "exists")):
        case "equal":
            return rng.choice(scalars)
        case "numbers":
            return {rng.choice(("gt", "gte", "lt", "lte")): rng.choice(NUMBERS) for _ in "ab"}
        case "dates":
            return {rng.choice(("gt", "gte", "lt", "lte")): rng.choice(DATES) for _ in "ab"}
        case "exists":
            return {"exists": rng.random() < 0.5}
        case word:
            return {word: rng.choices(scalars, k=rng.randrange(1, 4))}


def some_points(rng: random.Random, count: int) -> list[Point]:
    vectors = clustered(2 * count, seed=rng.randrange(1000))
    return [
        point
        for number in range(count)
        for point in make_points(
            make_product(
                f"p{number}",
                images=1 + number % 2,
                created_us=rng.randrange(20),
                attributes=some_attributes(rng),
                name=rng.choice(("A thing", "Other")),
            ),
            vectors[2 * number : 2 * number + 1 + number % 2],
        )
    ]


async def every_page(store: VectorStore, **options: Any) -> tuple[list[Payload], list[Payload]]:
    """All products newest first, and all by id, in pages of seven."""
    newest: list[Payload] = []
    by_id: list[Payload] = []
    after: Any = None
    while page := await store.newest_products(limit=7, after=after, **options):
        newest += page
        after = page[-1].product.created_at, page[-1].product.product_id
    after = None
    while page := await store.products_by_id(limit=7, after=after, **options):
        by_id += page
        after = page[-1].product.product_id
    return newest, by_id


def counted(values: list[FacetValue]) -> Counter[tuple[str, object]]:
    return Counter({(type(one.value).__name__, one.value): one.count for one in values})


def as_numbers(values: list[FacetValue]) -> Counter[tuple[str, object]]:
    """Where 10 and 10.0 are one number."""
    return counted(
        [
            FacetValue(float(one.value), one.count)
            if isinstance(one.value, int) and not isinstance(one.value, bool)
            else one
            for one in values
        ]
    )


@pytest.mark.parametrize("seed", range(3))
async def test_every_filter_is_exact_in_searches_lists_counts_and_facets(
    store: VectorStore, seed: int
) -> None:
    rng = random.Random(seed)
    oracle = BruteForceStore()
    points = some_points(rng, 70)
    for one in (store, oracle):
        await fill(one, points[:40])
        await one.apply(Changes(upserts=tuple(points[40:]), deletes=(points[0].point_id,)))
    for _ in range(25):
        document = some_filter(rng)
        filter = read_filter(document)
        query = clustered(1, seed=rng.randrange(1000))[0]

        expected = await oracle.search(query, limit=12, filter=filter)
        found = await store.search(query, limit=12, filter=filter)
        assert [hit.score for hit in found] == pytest.approx(
            [hit.score for hit in expected], abs=1e-5
        ), document
        assert all(admits(filter, hit.payload.product) for hit in found), document

        assert await every_page(store, filter=filter) == await every_page(oracle, filter=filter), (
            document
        )
        assert await store.count_products(filter=filter) == await oracle.count_products(
            filter=filter
        ), document
        name = rng.choice(NAMES)
        assert as_numbers(await store.facet(name, limit=99, filter=filter)) == as_numbers(
            await oracle.facet(name, limit=99, filter=filter)
        ), document
    assert await store.attribute_types(limit=99) == await oracle.attribute_types(limit=99)


async def found_ids(store: VectorStore, document: Mapping[str, object]) -> set[str]:
    found = await store.search(axis(0), limit=1000, filter=read_filter(document))
    return {hit.payload.product.product_id for hit in found}


async def fill_with(store: VectorStore, **attributes: Attributes) -> None:
    products = [make_product(name, attributes=given) for name, given in attributes.items()]
    await fill(store, [make_points(product, [axis(0)])[0] for product in products])


async def test_one_in_a_thousand_still_fills_the_page(store: VectorStore) -> None:
    points = [
        make_points(make_product(f"p{n}", attributes={"rare": n % 1000 == 7}), [vector])[0]
        for n, vector in enumerate(clustered(5000))
    ]
    await fill(store, points)
    assert await found_ids(store, {"rare": True}) == {f"p{n}" for n in range(7, 5000, 1000)}


async def test_a_patch_of_the_attributes_is_what_filters_see_next(store: VectorStore) -> None:
    (point,) = await fill(store, [make_point("p", axis(0))])
    changed = make_product("p", attributes={"price": 20, "released": "2026-02-01"})
    await store.apply(Changes(payloads={point.point_id: Payload(changed, "0" * 64, True)}))
    assert await found_ids(store, {"price": {"gte": 20}}) == {"p"}
    assert await found_ids(store, {"released": {"gt": "2026-01-31"}}) == {"p"}
    assert await found_ids(store, {"price": 9.5}) == set()
    assert await found_ids(store, {"colour": {"exists": True}}) == set()
    assert await store.attribute_types(limit=9) == {
        "price": frozenset({"number"}),
        "released": frozenset({"date"}),
    }


async def test_a_hostile_attribute_name_addresses_nothing_else(store: VectorStore) -> None:
    await fill_with(store, a={"a.b": 1}, b={"a": 1, "b": 1}, c={'"a"."b"': 1}, d={"numbers": 1})
    assert await found_ids(store, {"a.b": {"gte": 0}}) == {"a"}
    assert await found_ids(store, {"a": {"gte": 0}}) == {"b"}
    assert await found_ids(store, {"attributes.numbers": {"gte": 0}}) == {"d"}
    assert await found_ids(store, {"filter": {"exists": True}}) == set()


async def test_more_attributes_than_indexes_are_filtered_as_exactly(store: VectorStore) -> None:
    names = [f"n{number}" for number in range(3 * MAX_RANGE_INDEXES)]
    products = [
        make_product(f"p{n}", attributes={name: n, f"d{n}": f"2026-01-{1 + n % 28:02}"})
        for n, name in enumerate(names)
    ]
    await fill(store, [make_points(product, [axis(0)])[0] for product in products])
    last = len(names) - 1
    assert await found_ids(store, {f"n{last}": {"gte": last}}) == {f"p{last}"}
    assert await found_ids(store, {f"n{last}": {"gt": last}}) == set()
    assert await found_ids(store, {f"d{last}": {"lt": "2026-02-01"}}) == {f"p{last}"}


async def test_a_facet_is_cut_to_its_most_frequent_values(store: VectorStore) -> None:
    # The unique values share every bucket with everything else.
    points = [
        make_points(
            make_product(f"p{n}", attributes={"size": n % 7} | {f"u{k}": f"{n}" for k in range(9)}),
            [axis(0)],
        )[0]
        for n in range(1200)
    ]
    await fill(store, points)
    found = await store.facet("size", limit=3)
    assert [(one.value, one.count) for one in found] == [(0, 172), (1, 172), (2, 172)]
    assert len(await store.facet("size", limit=99)) == 7
    assert len(await store.facet("u0", limit=50)) == 50
    assert await store.facet("nobody has it", limit=9) == []


async def test_a_facet_counts_products_and_not_images(store: VectorStore) -> None:
    product = make_product("p", images=3, attributes={"tags": ["a", "a", "b"]})
    await fill(store, make_points(product, clustered(3)))
    assert counted(await store.facet("tags", limit=9)) == {("str", "a"): 1, ("str", "b"): 1}


@pytest.mark.parametrize("size", [3, 100])
async def test_products_come_by_id_and_once_each(store: VectorStore, size: int) -> None:
    ids = ["a", "a b", "a\u00e9", "ab", "\U0001f600", "\uffff", "z" * 60, "z" * 60 + "1", "prefix"]
    ids += [f"prefix-that-is-longer-than-an-order-{n}" for n in range(6)]
    ids += [f"sample-{n:04}" for n in range(8)]
    await fill(store, [make_point(one, axis(0)) for one in reversed(ids)])
    listed: list[str] = []
    while page := await store.products_by_id(limit=size, after=listed[-1] if listed else None):
        listed += [payload.product.product_id for payload in page]
    assert listed == sorted(ids)


async def test_a_list_by_id_goes_on_behind_an_id_that_is_gone(store: VectorStore) -> None:
    await fill(store, [make_point(one, axis(0)) for one in ("a", "c", "d")])
    found = await store.products_by_id(limit=9, after="b")
    assert [payload.product.product_id for payload in found] == ["c", "d"]


async def test_facets_are_exact_beside_an_attribute_with_a_value_of_its_own_for_each_product(
    store: VectorStore,
) -> None:
    beside = next(name for name in map(str, range(999)) if term_path(name) == term_path("sku"))
    points = [
        point
        for n in range(300)
        for point in make_points(
            make_product(
                f"p{n}",
                images=1 + n % 3,
                attributes={"sku": f"s{n}"} | ({beside: n % 2 == 0} if n % 50 == 0 else {}),
            ),
            [axis(0)] * (1 + n % 3),
        )
    ]
    await fill(store, points)
    await store.apply(Changes(deletes=(points[0].point_id,)))

    assert counted(await store.facet(beside, limit=9)) == {("bool", True): 5}
    assert counted(await store.facet("sku", limit=999)) == {
        ("str", f"s{n}"): 1 for n in range(1, 300)
    }


async def test_the_terms_of_an_attribute_are_told_from_those_of_names_that_begin_alike(
    store: VectorStore,
) -> None:
    await fill_with(store, a={'it"s': "x", "it": "y", 'it","z': "w"}, b={"it": '","'})
    assert counted(await store.facet("it", limit=9)) == {("str", "y"): 1, ("str", '","'): 1}
