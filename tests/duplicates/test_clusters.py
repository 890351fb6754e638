"""Groups of near-duplicates are the same, whether computed at once or change by change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from service.core.index import ImageFingerprint
from service.duplicates.clusters import LARGE_GROUP, Group, Links, group_near_duplicates


def stored(name: str, grey: float, hash_bits: int = 0) -> ImageFingerprint:
    fingerprint = hash_bits.to_bytes(8, "big") + bytes([round(grey)]) * 192
    return ImageFingerprint(f"point of {name}", name, name, f"image of {name}", fingerprint)


def names(groups: Sequence[Group]) -> list[list[str]]:
    return [[fingerprint.product_id for fingerprint in group.fingerprints] for group in groups]


def at_once(fingerprints: Sequence[ImageFingerprint]) -> list[list[str]]:
    return names(group_near_duplicates(fingerprints, Links.none())[0])


def test_groups_updated_by_changes_equal_groups_computed_at_once() -> None:
    random = np.random.default_rng(0)
    catalogue: dict[str, ImageFingerprint] = {}
    links = Links.none()
    for _ in range(60):
        for _ in range(int(random.integers(1, 6))):
            name = f"p{random.integers(40):02}"
            if catalogue.pop(name, None) is None:
                catalogue[name] = stored(
                    name, random.integers(10, 250), 2 ** int(random.choice([0, 60]))
                )
        groups, links = group_near_duplicates(list(catalogue.values()), links)
        assert names(groups) == at_once(list(catalogue.values()))


def test_fingerprints_that_were_compared_before_are_not_compared_again() -> None:
    before = [stored("a", 100), stored("b", 101), stored("c", 200)]
    _, links = group_near_duplicates(before, Links.none())
    lost = Links(links.values, links.left[:0], links.right[:0], links.similarities[:0])

    groups, _ = group_near_duplicates([*before, stored("d", 201)], lost)

    assert names(groups) == [["c", "d"]]


def test_a_chain_without_its_middle_is_split() -> None:
    chain = [stored("a", 100), stored("b", 120), stored("c", 140)]
    groups, links = group_near_duplicates(chain, Links.none())
    assert names(groups) == [["a", "b", "c"]]

    assert group_near_duplicates([chain[0], chain[2]], links)[0] == []


@pytest.mark.parametrize("gone", [0, LARGE_GROUP // 2, 3 * LARGE_GROUP - 1])
def test_a_large_group_stays_connected_whichever_fingerprint_is_removed(gone: int) -> None:
    many = [
        ImageFingerprint(
            f"{n}", f"p{n:03}", "", f"{n}", bytes(8) + bytes([100, n % 8, n // 8] * 64)
        )
        for n in range(3 * LARGE_GROUP)
    ]
    groups, links = group_near_duplicates(many, Links.none())
    assert [len(group.fingerprints) for group in groups] == [3 * LARGE_GROUP]
    assert len(links.left) < 3 * LARGE_GROUP * 2 * LARGE_GROUP

    left = [fingerprint for number, fingerprint in enumerate(many) if number != gone]

    assert (
        names(group_near_duplicates(left, links)[0])
        == at_once(left)
        == [[fingerprint.product_id for fingerprint in left]]
    )
