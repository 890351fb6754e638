"""Computes and compares the fingerprints of pictures, independently of the encoders.

A fingerprint is 200 bytes: the 64-bit DCT hash of Zauner (2010), section 3.2.2, known as pHash, and
the mean colours of 8 x 8 fields. Two pictures are near-duplicates if few bits of their hashes
differ, and if their colours differ little once the brightness has been matched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

SIDE_PX = 32
FIELDS = 8
HASH_BYTES = 8
FINGERPRINT_BYTES = HASH_BYTES + 3 * FIELDS**2

MAX_DIFFERENT_BITS = 12
MAX_COLOUR_DISTANCE = 11.5
"""The limit of the root mean square over fields and channels, on a scale of 255.

Two different products came as near as 12.2.
"""

MAX_GAIN = 1.15
"""The largest ratio of brightness by which two pictures may differ."""

NOISE = 8.0
"""Half a grey level of one frequency: in a smooth picture, anything smaller is chance."""

BLOCK_ROWS = 64
BLOCK_COLUMNS = 1024
"""A block of differences takes half a megabyte, which stays in the cache of a core."""

PAIRS_PER_CHUNK = 4096
"""Comparing the colours of one chunk takes about 30 MB."""

Hashes = NDArray[np.uint64]
Colours = NDArray[np.uint8]
"""The shape is (n, 192)."""

PairPredicate = Callable[[NDArray[np.intp], NDArray[np.intp]], NDArray[np.bool_]]
"""A predicate over candidate pairs, which are given as the rows of their two sides."""

_LUMA = np.array([0.299, 0.587, 0.114])


def image_fingerprint(pixels: NDArray[np.uint8]) -> bytes:
    """Returns the fingerprint of an upright picture that was scaled to the shape (32, 32, 3).

    The scaling ignores the aspect ratio.
    """
    basis = _cosines()
    frequencies = (basis @ (pixels @ _LUMA) @ basis.T).ravel()
    bits = frequencies > np.median(frequencies[1:]) + NOISE
    bits[0] = False  # This is the mean, and brightness does not count.
    step = SIDE_PX // FIELDS
    fields = pixels.reshape(FIELDS, step, FIELDS, step, 3).mean((1, 3))
    return bytes(np.packbits(bits)) + bytes(np.rint(fields).astype(np.uint8))


def split(fingerprint: bytes) -> tuple[np.uint64, Colours]:
    """Splits a fingerprint into its hash and its colours, of shape (192,)."""
    return (
        np.frombuffer(fingerprint[:HASH_BYTES], np.uint64)[0],
        np.frombuffer(fingerprint[HASH_BYTES:], np.uint8),
    )


def similar(
    hash_: np.uint64, colours: Colours, hashes: Hashes, others: Colours
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Finds the near-duplicates of one fingerprint among many.

    Returns the matching rows of `hashes` and `others`, and their similarities.
    """
    rows = np.flatnonzero(np.bitwise_count(hashes ^ hash_) <= MAX_DIFFERENT_BITS)
    if len(rows):
        rows = rows[_may_be_near(_means(colours[None]), _means(others[rows]))]
    found: list[tuple[NDArray[np.intp], NDArray[np.float64]]] = []
    for start in range(0, len(rows), PAIRS_PER_CHUNK):
        chunk = rows[start : start + PAIRS_PER_CHUNK]
        distances = _colour_distances(colours[None], others[chunk])
        near = distances <= MAX_COLOUR_DISTANCE
        found.append((chunk[near], _similarities(distances[near])))
    if not found:
        return rows, np.zeros(0)
    return np.concatenate([one for one, _ in found]), np.concatenate([one for _, one in found])


def similar_pairs(
    hashes: Hashes, colours: Colours, *, first: int = 0, wanted: PairPredicate | None = None
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]]:
    """Yields the pairs of near-duplicate rows, and their similarities, in chunks.

    A pair counts if at least one of its rows is `first` or comes after it, and if `wanted` accepts
    it. `wanted` is called chunk by chunk, so that it may depend on the pairs found before. Every
    hash is compared with every other one: 100,000 take 16 s of a busy core, and no more memory
    than one chunk.
    """
    means = _means(colours)
    for candidates in _pairs_by_hash(hashes, first):
        for start in range(0, len(candidates[0]), PAIRS_PER_CHUNK):
            left, right = (side[start : start + PAIRS_PER_CHUNK] for side in candidates)
            if wanted is not None:
                accepted = wanted(left, right)
                left, right = left[accepted], right[accepted]
            possible = _may_be_near(means[left], means[right])
            left, right = left[possible], right[possible]
            if not len(left):
                continue
            distances = _colour_distances(colours[left], colours[right])
            near = distances <= MAX_COLOUR_DISTANCE
            if near.any():
                yield left[near], right[near], _similarities(distances[near])


def _pairs_by_hash(
    hashes: Hashes, first: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yields the pairs of rows whose hashes differ in few bits, smaller row first, in chunks."""
    differing = np.empty((BLOCK_ROWS, BLOCK_COLUMNS), np.uint64)
    counts = np.empty((BLOCK_ROWS, BLOCK_COLUMNS), np.uint8)
    for top in range(first, len(hashes), BLOCK_ROWS):
        upper = hashes[top : top + BLOCK_ROWS, None]
        for left in range(0, top + len(upper), BLOCK_COLUMNS):
            lower = hashes[None, left : left + BLOCK_COLUMNS]
            part = slice(len(upper)), slice(lower.shape[1])
            bits = counts[part]
            np.bitwise_count(np.bitwise_xor(upper, lower, out=differing[part]), out=bits)
            if bits.min() > MAX_DIFFERENT_BITS:
                continue
            other, one = np.divmod(np.flatnonzero(bits <= MAX_DIFFERENT_BITS), bits.shape[1])
            if len(one) > PAIRS_PER_CHUNK:  # Few columns at a time let `wanted` learn early.
                by_column = np.argsort(one, kind="stable")
                one, other = one[by_column], other[by_column]
            one, other = one + left, other + top
            yield one[one < other], other[one < other]


def _means(colours: Colours) -> NDArray[np.float32]:
    """Averages the colours over the fields, to the shape (n, 3)."""
    fields = colours.reshape(-1, FIELDS**2, 3)
    return np.asarray(fields.mean(1, dtype=np.float32), np.float32)


def _may_be_near(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Rules out the pairs whose mean colours, of shape (n, 3), are too far apart.

    This never rules out a near-duplicate: the mean of the errors cannot be larger than their root
    mean square, whatever the gain.
    """
    product = (one * other).sum(1)

    def least(darkened: NDArray[np.float32], kept: NDArray[np.float32]) -> NDArray[np.float32]:
        gain = product / np.maximum((darkened**2).sum(1), 1.0)
        errors = np.clip(gain, 1 / MAX_GAIN, 1.0)[:, None] * darkened - kept
        return np.asarray((errors**2).mean(1), np.float32)

    near = np.minimum(least(one, other), least(other, one)) <= MAX_COLOUR_DISTANCE**2 + 0.1
    return np.asarray(near, np.bool_)


def _colour_distances(one: Colours, other: Colours) -> NDArray[np.float64]:
    a, b = one.astype(np.float64), other.astype(np.float64)
    energy_a, energy_b = (a * a).sum(1), (b * b).sum(1)
    # The brighter picture is darkened by least squares, so that the distance is symmetric.
    gain = (a * b).sum(1) / np.maximum(np.maximum(energy_a, energy_b), 1.0)
    gain = np.clip(gain, 1 / MAX_GAIN, 1.0)
    darken_a = (energy_a >= energy_b)[:, None]
    errors = a * np.where(darken_a, gain[:, None], 1.0)
    errors -= b * np.where(darken_a, 1.0, gain[:, None])
    return np.asarray(np.sqrt((errors**2).mean(1)), np.float64)


def _similarities(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1.0 - distances / 255.0


def _cosines() -> NDArray[np.float64]:
    """Returns the first rows of the orthonormal DCT-II of length 32, in the shape (8, 32)."""
    frequency = np.arange(FIELDS)[:, None]
    position = (np.arange(SIDE_PX)[None] + 0.5) / SIDE_PX
    return np.asarray(np.cos(np.pi * frequency * position) * np.sqrt(2 / SIDE_PX), np.float64)
