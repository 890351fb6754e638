"""Whether two pictures are nearly the same, whatever the encoders think: a hash, then colours.

A fingerprint is 200 bytes: the 64-bit DCT hash of Zauner (2010), section 3.2.2, known as pHash, and
the mean colours of 8 x 8 fields. Pictures are nearly the same where few bits of the hashes differ,
and the colours differ little once the brightness has been matched.
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
"""Root mean square over fields and channels, of 255: two different products came to 12.2."""

MAX_GAIN = 1.15
"""Of brightness: more is another picture."""

NOISE = 8.0
"""Half a grey level of one frequency: in smooth pictures, what is below is chance."""

ROWS_AT_ONCE = 64
COLUMNS_AT_ONCE = 1024
"""Half a megabyte of differences, which stays in a core's cache."""

PAIRS_AT_ONCE = 4096
"""Compared by their colours at once, in some 30 MB."""

Hashes = NDArray[np.uint64]
Colours = NDArray[np.uint8]
"""(n, 192)"""

Wanted = Callable[[NDArray[np.intp], NDArray[np.intp]], NDArray[np.bool_]]
"""Rows and the others of their pairs to which of the pairs are to be compared."""

_LUMA = np.array([0.299, 0.587, 0.114])


def image_fingerprint(pixels: NDArray[np.uint8]) -> bytes:
    """Of an upright picture scaled to (32, 32, 3), whatever its proportions."""
    basis = _cosines()
    frequencies = (basis @ (pixels @ _LUMA) @ basis.T).ravel()
    bits = frequencies > np.median(frequencies[1:]) + NOISE
    bits[0] = False  # the mean: brightness is no matter
    step = SIDE_PX // FIELDS
    fields = pixels.reshape(FIELDS, step, FIELDS, step, 3).mean((1, 3))
    return bytes(np.packbits(bits)) + bytes(np.rint(fields).astype(np.uint8))


def split(fingerprint: bytes) -> tuple[np.uint64, Colours]:
    """The hash and the colours, (192,)."""
    return (
        np.frombuffer(fingerprint[:HASH_BYTES], np.uint64)[0],
        np.frombuffer(fingerprint[HASH_BYTES:], np.uint8),
    )


def similar(
    hash_: np.uint64, colours: Colours, hashes: Hashes, others: Colours
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The rows of `hashes` and `others` that are nearly the same, and their similarities."""
    rows = np.flatnonzero(np.bitwise_count(hashes ^ hash_) <= MAX_DIFFERENT_BITS)
    if len(rows):
        rows = rows[_may_be_near(_means(colours[None]), _means(others[rows]))]
    found: list[tuple[NDArray[np.intp], NDArray[np.float64]]] = []
    for start in range(0, len(rows), PAIRS_AT_ONCE):
        some = rows[start : start + PAIRS_AT_ONCE]
        distances = _colour_distances(colours[None], others[some])
        near = distances <= MAX_COLOUR_DISTANCE
        found.append((some[near], _similarities(distances[near])))
    if not found:
        return rows, np.zeros(0)
    return np.concatenate([one for one, _ in found]), np.concatenate([one for _, one in found])


def similar_pairs(
    hashes: Hashes, colours: Colours, *, first: int = 0, wanted: Wanted | None = None
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]]:
    """The pairs of rows that are nearly the same, and their similarities, in portions.

    Only those of which one row is `first` or behind it, and which are `wanted`; this is asked
    portion by portion, so that it may depend on what was found before. Compares every hash with
    every other one: 16 s of a busy core for 100,000, and no more memory than a portion takes.
    """
    means = _means(colours)
    for ones, others in _pairs_by_hash(hashes, first):
        for start in range(0, len(ones), PAIRS_AT_ONCE):
            one, other = ones[start : start + PAIRS_AT_ONCE], others[start : start + PAIRS_AT_ONCE]
            if wanted is not None:
                asked = wanted(one, other)
                one, other = one[asked], other[asked]
            may_be = _may_be_near(means[one], means[other])
            one, other = one[may_be], other[may_be]
            if not len(one):
                continue
            distances = _colour_distances(colours[one], colours[other])
            near = distances <= MAX_COLOUR_DISTANCE
            if near.any():
                yield one[near], other[near], _similarities(distances[near])


def _pairs_by_hash(
    hashes: Hashes, first: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Pairs of rows, the lesser one before, of whose hashes few bits differ, in portions."""
    differing = np.empty((ROWS_AT_ONCE, COLUMNS_AT_ONCE), np.uint64)
    counts = np.empty((ROWS_AT_ONCE, COLUMNS_AT_ONCE), np.uint8)
    for top in range(first, len(hashes), ROWS_AT_ONCE):
        upper = hashes[top : top + ROWS_AT_ONCE, None]
        for left in range(0, top + len(upper), COLUMNS_AT_ONCE):
            lower = hashes[None, left : left + COLUMNS_AT_ONCE]
            part = slice(len(upper)), slice(lower.shape[1])
            bits = counts[part]
            np.bitwise_count(np.bitwise_xor(upper, lower, out=differing[part]), out=bits)
            if bits.min() > MAX_DIFFERENT_BITS:
                continue
            other, one = np.divmod(np.flatnonzero(bits <= MAX_DIFFERENT_BITS), bits.shape[1])
            if len(one) > PAIRS_AT_ONCE:  # few columns at a time, so that `wanted` learns soon
                by_column = np.argsort(one, kind="stable")
                one, other = one[by_column], other[by_column]
            one, other = one + left, other + top
            yield one[one < other], other[one < other]


def _means(colours: Colours) -> NDArray[np.float32]:
    """(n, 3), over the fields."""
    fields = colours.reshape(-1, FIELDS**2, 3)
    return np.asarray(fields.mean(1, dtype=np.float32), np.float32)


def _may_be_near(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.bool_]:
    """False where the mean colours, (n, 3), alone are further away than all fields may be.

    The mean of errors is no larger than their root mean square, whatever the gain.
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
    bright, dark = (a * a).sum(1), (b * b).sum(1)
    # The brighter one is brought down by least squares, so that the distance is symmetric.
    gain = np.clip((a * b).sum(1) / np.maximum(np.maximum(bright, dark), 1.0), 1 / MAX_GAIN, 1.0)
    brought_down = (bright >= dark)[:, None]
    errors = a * np.where(brought_down, gain[:, None], 1.0)
    errors -= b * np.where(brought_down, 1.0, gain[:, None])
    return np.asarray(np.sqrt((errors**2).mean(1)), np.float64)


def _similarities(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1.0 - distances / 255.0


def _cosines() -> NDArray[np.float64]:
    """The first rows of the orthonormal DCT-II of length 32, (8, 32)."""
    frequency = np.arange(FIELDS)[:, None]
    position = (np.arange(SIDE_PX)[None] + 0.5) / SIDE_PX
    return np.asarray(np.cos(np.pi * frequency * position) * np.sqrt(2 / SIDE_PX), np.float64)
