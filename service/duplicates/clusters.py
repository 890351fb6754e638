"""Groups near-duplicate pictures, and compares only those that are new since the last time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.core.index import ImageFingerprint
from service.duplicates.fingerprint import FINGERPRINT_BYTES, HASH_BYTES, similar_pairs

LARGE_GROUP = 64
"""Pairs inside a group of this many fingerprints are not compared: there could be millions."""

PAIRS_PER_JOIN = 4096

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Group:
    """Near-duplicate pictures of at least two products.

    Every picture is linked to the others by a chain of similar pairs. `similarity` is that of the
    least similar pair.
    """

    fingerprints: tuple[ImageFingerprint, ...]
    similarity: float


@dataclass(frozen=True, slots=True)
class Links:
    """Distinct fingerprints, and the pairs of near-duplicates among them.

    Pair number n joins the rows `left[n]` and `right[n]` of `values`.
    """

    values: tuple[bytes, ...]
    left: Rows
    right: Rows
    similarities: NDArray[np.float64]

    @classmethod
    def none(cls) -> Links:
        return cls((), np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0))

    def components(self) -> _Components:
        components = _Components(len(self.values))
        for start in range(0, len(self.left), PAIRS_PER_JOIN):
            chunk = slice(start, start + PAIRS_PER_JOIN)
            components.join(self.left[chunk], self.right[chunk])
        return components


class _Components:
    """The connected components of the rows. Rows of one component share a label."""

    def __init__(self, rows: int) -> None:
        self.labels = np.arange(rows)
        self.sizes = np.ones(rows, np.intp)
        self._members: dict[int, list[int]] = {}

    def join(self, left: Rows, right: Rows) -> None:
        apart = self.labels[left] != self.labels[right]
        for one, other in zip(left[apart], right[apart], strict=True):
            larger, smaller = int(self.labels[one]), int(self.labels[other])
            if larger == smaller:
                continue  # An earlier pair of this call has joined the two.
            if self.sizes[larger] < self.sizes[smaller]:
                larger, smaller = smaller, larger
            moved = self._members.pop(smaller, [smaller])
            self._members.setdefault(larger, [larger]).extend(moved)
            self.labels[moved] = larger
            self.sizes[larger] += len(moved)

    def large(self) -> NDArray[np.bool_]:
        """Marks the rows of components in which not all pairs were compared."""
        return np.asarray(self.sizes[self.labels] >= LARGE_GROUP, np.bool_)

    def wanted(self, left: Rows, right: Rows) -> NDArray[np.bool_]:
        """Marks the pairs that are worth comparing: all but those inside a large component."""
        labels = self.labels[left]
        together = labels == self.labels[right]
        return np.asarray(~together | (self.sizes[labels] < LARGE_GROUP), np.bool_)


def group_near_duplicates(
    stored: Sequence[ImageFingerprint], previous: Links
) -> tuple[list[Group], Links]:
    """Returns all groups, ordered by their first pictures, and the links for the next call.

    Equal fingerprints count once, so that one picture under thousands of products does not make
    millions of pairs. Only fingerprints that `previous` lacks are compared with all others.
    """
    pictures: dict[bytes, list[ImageFingerprint]] = defaultdict(list)
    for fingerprint in stored:
        pictures[fingerprint.value].append(fingerprint)
    links, components = _link(pictures, previous)
    members: dict[int, list[ImageFingerprint]] = defaultdict(list)
    for label, value in zip(components.labels.tolist(), links.values, strict=True):
        members[label] += pictures[value]
    least = np.ones(len(links.values))
    np.minimum.at(least, components.labels[links.left], links.similarities)
    groups = [
        Group(tuple(sorted(found, key=sort_key)), float(least[label]))
        for label, found in members.items()
        if len(found) > 1 and len({fingerprint.product_id for fingerprint in found}) > 1
    ]
    return sorted(groups, key=lambda group: sort_key(group.fingerprints[0])), links


def sort_key(fingerprint: ImageFingerprint) -> tuple[str, str]:
    return fingerprint.product_id, fingerprint.image_id


def _link(
    pictures: dict[bytes, list[ImageFingerprint]], previous: Links
) -> tuple[Links, _Components]:
    kept = _without_removed(pictures, previous)
    known = set(kept.values)
    values = (*kept.values, *sorted(value for value in pictures if value not in known))
    components = Links(values, kept.left, kept.right, kept.similarities).components()
    table = np.frombuffer(b"".join(values), np.uint8).reshape(-1, FINGERPRINT_BYTES)
    hashes = np.ascontiguousarray(table[:, :HASH_BYTES]).view(np.uint64)[:, 0]
    colours = np.ascontiguousarray(table[:, HASH_BYTES:])
    chunks = [(kept.left, kept.right, kept.similarities)]
    for chunk in similar_pairs(hashes, colours, first=len(kept.values), wanted=components.wanted):
        components.join(*chunk[:2])
        chunks.append(chunk)
    left, right, similarities = (np.concatenate(part) for part in zip(*chunks, strict=True))
    return Links(values, left, right, similarities), components


def _without_removed(pictures: dict[bytes, list[ImageFingerprint]], previous: Links) -> Links:
    """Drops the fingerprints that are gone, and every large group that has lost one.

    The rest of such a group may be linked only by pairs that were never compared.
    """
    present = np.array([value in pictures for value in previous.values], np.bool_)
    if present.all():
        return previous
    components = previous.components()
    broken = np.zeros(len(present), np.bool_)
    broken[components.labels[~present & components.large()]] = True
    present &= ~broken[components.labels]
    rows = np.cumsum(present) - 1
    links = present[previous.left] & present[previous.right]
    return Links(
        tuple(value for value, stays in zip(previous.values, present, strict=True) if stays),
        rows[previous.left[links]],
        rows[previous.right[links]],
        previous.similarities[links],
    )
