"""The index of fingerprints finds every picture while its table grows and shrinks."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from service.core.index import Changes, Payload, Point
from service.core.product import Product
from service.duplicates.fingerprint import FINGERPRINT_BYTES
from service.duplicates.index import INITIAL_CAPACITY, FingerprintIndex
from tests.fakes import BruteForceStore

COUNT = 2 * INITIAL_CAPACITY + 10
ROWS = [0, INITIAL_CAPACITY - 1, INITIAL_CAPACITY, 2 * INITIAL_CAPACITY, COUNT - 1]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def point(name: str, picture: int) -> Point:
    """One product with a random fingerprint, which is the same for the same picture."""
    value = np.random.default_rng(picture).bytes(FINGERPRINT_BYTES)
    payload = Payload(Product(name, "Thing", "", {}, (), NOW, NOW), f"{picture}", True, value)
    return Point(f"point of {name}", np.zeros(2, np.float32), payload)


def near(index: FingerprintIndex, product_id: str) -> list[str]:
    matches = index.near_duplicates(f"point of {product_id}")
    return [match.fingerprint.product_id for match in matches]


@pytest.fixture(params=["read from the store", "written one by one"])
async def index(request: pytest.FixtureRequest) -> FingerprintIndex:
    """An index of more pictures than its table first has room for."""
    store = BruteForceStore()
    index = FingerprintIndex(store)
    points = [point(f"p{number:04}", number) for number in range(COUNT)]
    if request.param == "read from the store":
        await store.apply(Changes(upserts=tuple(points)))
        await index.ready()
    else:
        await index.ready()
        for one in points:
            index.note(Changes(upserts=(one,)))
    return index


async def test_copies_are_found_wherever_the_original_is(index: FingerprintIndex) -> None:
    assert len(index) == COUNT
    index.note(Changes(upserts=tuple(point(f"copy of {row}", row) for row in ROWS)))

    for row in ROWS:
        assert near(index, f"p{row:04}") == [f"copy of {row}"]
        assert near(index, f"copy of {row}") == [f"p{row:04}"]


async def test_copies_are_found_after_two_thirds_are_deleted(index: FingerprintIndex) -> None:
    gone = [number for number in range(COUNT) if number % 3]
    index.note(Changes(deletes=("unknown", *(f"point of p{number:04}" for number in gone))))
    left = [number for number in range(COUNT) if number % 3 == 0]
    assert len(index) == len(left)

    index.note(Changes(upserts=tuple(point(f"copy of {row}", row) for row in (*left, *gone[:5]))))

    for row in left:
        assert near(index, f"p{row:04}") == [f"copy of {row}"]
        assert near(index, f"copy of {row}") == [f"p{row:04}"]
    assert [near(index, f"copy of {row}") for row in gone[:5]] == [[]] * 5


async def test_groups_include_rows_beyond_the_first_capacity(index: FingerprintIndex) -> None:
    index.note(Changes(upserts=tuple(point(f"copy of {row}", row) for row in ROWS)))

    groups = await index.groups(fresh=True)

    found = [{one.product_id for one in group.fingerprints} for group in groups]
    assert sorted(map(sorted, found)) == sorted([f"copy of {row}", f"p{row:04}"] for row in ROWS)
