"""Vectors are compared with the stored pictures, and damaged ones are made anew."""

from __future__ import annotations

import asyncio
import contextlib

import numpy as np
import pytest

from service.catalogue.vector_check import VectorCheck
from service.core.index import Point
from service.core.product import ProductFields
from tests.house import House


async def filled(house: House) -> dict[str, np.ndarray]:
    for name in "abcdef":
        await house.catalogue.create(name, ProductFields(name, "", {}), [name.encode()])
    return {key: point.vector.copy() for key, point in house.store.points.items()}


def check(house: House) -> VectorCheck:
    return VectorCheck(house.records, house.store, house.embedder, house.indexer)


def replace_vector(house: House, key: str, vector: np.ndarray) -> None:
    house.store.points[key] = Point(key, vector, house.store.points[key].payload)


def is_whole(house: House, before: dict[str, np.ndarray]) -> bool:
    points = house.store.points
    return points.keys() == before.keys() and all(
        np.allclose(points[key].vector, before[key]) for key in before
    )


@pytest.mark.parametrize("factor", [0.0, 1.5, np.nan])
async def test_a_vector_that_lost_its_length_is_found_at_the_first_look(
    house: House, factor: float
) -> None:
    before = await filled(house)
    key = min(before)
    damaged = before[key].copy()
    damaged[np.argmax(np.abs(damaged))] *= factor
    replace_vector(house, key, damaged)

    assert await check(house).check(list(before)) == 1
    assert is_whole(house, before)


async def test_another_pictures_vector_is_found_in_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.catalogue.vector_check.PAUSE_S", 0)
    before = await filled(house)
    first, second, *_ = sorted(before)
    replace_vector(house, first, before[second])

    walking = asyncio.create_task(check(house).run())
    while not is_whole(house, before):  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    walking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await walking


async def test_sound_vectors_are_left_alone(house: House) -> None:
    before = await filled(house)
    points = dict(house.store.points)

    assert await check(house).check(list(before)) == 0
    assert all(house.store.points[key] is points[key] for key in points)


async def test_a_picture_that_is_gone_says_nothing_of_its_vector(house: House) -> None:
    before = await filled(house)
    for key in [key for key in house.blobs.objects if key.startswith("images/")]:
        del house.blobs.objects[key]

    assert await check(house).check(list(before)) == 0
