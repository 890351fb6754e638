"""Groups of pictures that are nearly the same, made from what has changed since the last time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.core.index import ImageFingerprint
from service.duplicates.fingerprint import FINGERPRINT_BYTES, HASH_BYTES, similar_pairs

LARGE = 64
"""Pairs inside a group of this many fingerprints are not compared: there could be millions."""

JOINED_AT_ONCE = 4096

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Group:
    """Pictures of at least two products, linked by pairs that are nearly the same.

    `similarity` is the least of those pairs.
    """

    fingerprints: tuple[ImageFingerprint, ...]
    similarity: float


@dataclass(frozen=True, slots=True)
class Links:
    """Different fingerprints, and the pairs of them that are nearly the same, as rows."""

    fingerprints: tuple[bytes, ...]
    ones: Rows
    others: Rows
    similarities: NDArray[np.float64]

    @classmethod
    def none(cls) -> Links:
        return cls((), np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0))

    def components(self) -> _Components:
        made = _Components(len(self.fingerprints))
        for start in range(0, len(self.ones), JOINED_AT_ONCE):
            some = slice(start, start + JOINED_AT_ONCE)
            made.join(self.ones[some], self.others[some])
        return made


class _Components:
    """Rows that are linked, directly or by others, have one label."""

    def __init__(self, rows: int) -> None:
        self.labels = np.arange(rows)
        self.sizes = np.ones(rows, np.intp)
        self._members: dict[int, list[int]] = {}

    def join(self, ones: Rows, others: Rows) -> None:
        apart = self.labels[ones] != self.labels[others]
        for one, other in zip(ones[apart], others[apart], strict=True):
            larger, smaller = int(self.labels[one]), int(self.labels[other])
            if larger == smaller:
                continue  # joined by a pair before this one
            if self.sizes[larger] < self.sizes[smaller]:
                larger, smaller = smaller, larger
            moved = self._members.pop(smaller, [smaller])
            self._members.setdefault(larger, [larger]).extend(moved)
            self.labels[moved] = larger
            self.sizes[larger] += len(moved)

    def large(self) -> NDArray[np.bool_]:
        """By row, whether it is in a group whose pairs are not all compared."""
        return np.asarray(self.sizes[self.labels] >= LARGE, np.bool_)

    def wanted(self, ones: Rows, others: Rows) -> NDArray[np.bool_]:
        labels = self.labels[ones]
        together = labels == self.labels[others]
        return np.asarray(~together | (self.sizes[labels] < LARGE), np.bool_)


def grouped(stored: Sequence[ImageFingerprint], before: Links) -> tuple[list[Group], Links]:
    """All groups in the order of their first pictures, and the links for the next time.

    Equal fingerprints count once, so that one picture under thousands of products does not make
    millions of pairs. Only fingerprints that were not there before are compared with all others.
    """
    same: dict[bytes, list[ImageFingerprint]] = defaultdict(list)
    for fingerprint in stored:
        same[fingerprint.value].append(fingerprint)
    links, components = _linked(same, before)
    members: dict[int, list[ImageFingerprint]] = defaultdict(list)
    for label, one in zip(components.labels.tolist(), links.fingerprints, strict=True):
        members[label] += same[one]
    least = np.ones(len(links.fingerprints))
    np.minimum.at(least, components.labels[links.ones], links.similarities)
    groups = [
        Group(tuple(sorted(found, key=order)), float(least[label]))
        for label, found in members.items()
        if len(found) > 1 and len({fingerprint.product_id for fingerprint in found}) > 1
    ]
    return sorted(groups, key=lambda group: order(group.fingerprints[0])), links


def order(fingerprint: ImageFingerprint) -> tuple[str, str]:
    return fingerprint.product_id, fingerprint.image_id


def _linked(same: dict[bytes, list[ImageFingerprint]], before: Links) -> tuple[Links, _Components]:
    kept = _still_there(same, before)
    known = set(kept.fingerprints)
    new = sorted(one for one in same if one not in known)
    all_fingerprints = (*kept.fingerprints, *new)
    found = Links(all_fingerprints, kept.ones, kept.others, kept.similarities)
    components = found.components()
    table = np.frombuffer(b"".join(all_fingerprints), np.uint8).reshape(-1, FINGERPRINT_BYTES)
    hashes = np.ascontiguousarray(table[:, :HASH_BYTES]).view(np.uint64)[:, 0]
    colours = np.ascontiguousarray(table[:, HASH_BYTES:])
    portions = [(kept.ones, kept.others, kept.similarities)]
    for portion in similar_pairs(
        hashes, colours, first=len(kept.fingerprints), wanted=components.wanted
    ):
        components.join(*portion[:2])
        portions.append(portion)
    ones, others, similarities = (np.concatenate(part) for part in zip(*portions, strict=True))
    return Links(all_fingerprints, ones, others, similarities), components


def _still_there(same: dict[bytes, list[ImageFingerprint]], before: Links) -> Links:
    """Drops the fingerprints that are gone, and the large groups they were in.

    The rest of a large group may be linked by pairs that were not compared.
    """
    there = np.array([one in same for one in before.fingerprints], np.bool_)
    if there.all():
        return before
    components = before.components()
    broken = np.zeros(len(there), np.bool_)
    broken[components.labels[~there & components.large()]] = True
    there &= ~broken[components.labels]
    rows = np.cumsum(there) - 1
    links = there[before.ones] & there[before.others]
    return Links(
        tuple(one for one, stays in zip(before.fingerprints, there, strict=True) if stays),
        rows[before.ones[links]],
        rows[before.others[links]],
        before.similarities[links],
    )
