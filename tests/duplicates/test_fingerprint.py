"""Fingerprints match copies that were saved again, and not similar products."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from service.duplicates.fingerprint import (
    FINGERPRINT_BYTES,
    MAX_COLOUR_DISTANCE,
    SIDE_PX,
    _colour_distances,
    image_fingerprint,
    similar,
    similar_pairs,
    split,
)


def picture(seed: int, colour: tuple[int, int, int] = (180, 40, 40)) -> Image.Image:
    """Draws shapes on a plain background, at places that depend on the seed."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (400, 300), (235, 235, 230))
    draw = ImageDraw.Draw(image)
    for number in range(6):
        left, top = random.integers(20, 250), random.integers(20, 180)
        box = (left, top, left + random.integers(40, 120), top + random.integers(40, 100))
        draw.ellipse(box, fill=colour if number % 2 else (40, 60, 60))
    return image


def fingerprint(image: Image.Image) -> bytes:
    return image_fingerprint(np.asarray(image.resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX)))


def saved(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def cropped(image: Image.Image, share: float) -> Image.Image:
    across, down = image.width * share / 2, image.height * share / 2
    return image.crop(
        (round(across), round(down), round(image.width - across), round(image.height - down))
    )


def similarity(one: Image.Image, other: Image.Image) -> float | None:
    """Returns None if the pictures are not near-duplicates."""
    first, second = split(fingerprint(one)), split(fingerprint(other))
    rows, found = similar(*first, np.array([second[0]]), second[1][None])
    return float(found[0]) if len(rows) else None


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "change",
    [
        lambda image: saved(image, 30),
        lambda image: saved(image, 90),
        lambda image: image.resize((120, 90)),
        lambda image: cropped(image, 0.02),
        lambda image: ImageEnhance.Brightness(image).enhance(0.92),
        lambda image: ImageEnhance.Color(image).enhance(1.1),
        lambda image: saved(cropped(image.resize((200, 150)), 0.03), 50),
    ],
    ids=["quality 30", "quality 90", "0.3 size", "cropped", "darker", "more colour", "all"],
)
def test_a_picture_saved_again_is_a_near_duplicate(
    seed: int, change: Callable[[Image.Image], Image.Image]
) -> None:
    found = similarity(picture(seed), change(picture(seed)))
    assert found is not None
    assert found > 0.95


def test_an_identical_picture_has_the_similarity_1() -> None:
    assert similarity(picture(1), picture(1)) == 1.0


def test_other_shapes_on_the_same_background_are_not_near_duplicates() -> None:
    assert [similarity(picture(0), picture(seed)) for seed in range(1, 30)] == [None] * 29


def test_the_same_shape_in_another_colour_is_not_a_near_duplicate() -> None:
    assert similarity(picture(1, (180, 40, 40)), picture(1, (40, 70, 180))) is None


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 30, 30)])
def test_a_plain_picture_has_a_fingerprint(colour: tuple[int, int, int]) -> None:
    plain = Image.new("RGB", (64, 64), colour)
    assert len(fingerprint(plain)) == FINGERPRINT_BYTES
    assert similarity(plain, plain) == 1.0
    assert similarity(plain, Image.new("RGB", (64, 64), (30, 200, 30))) is None


def test_comparing_all_pairs_finds_what_single_comparisons_find() -> None:
    images = [picture(seed) for seed in range(20)]
    images += [saved(image, 40) for image in images[:9]]
    found = [split(fingerprint(image)) for image in images]
    hashes = np.array([hash_ for hash_, _ in found])
    colours = np.stack([colour for _, colour in found])

    pairs = {
        (int(one), int(other))
        for ones, others, _ in similar_pairs(hashes, colours)
        for one, other in zip(ones, others, strict=True)
    }

    one_by_one = {
        (row, int(other))
        for row, own in enumerate(found)
        for other in similar(*own, hashes, colours)[0]
        if row < other
    }
    assert pairs == one_by_one
    assert pairs >= {(row, row + 20) for row in range(9)}


def test_only_pairs_with_a_new_row_are_compared() -> None:
    found = [split(fingerprint(picture(seed))) for seed in (1, 1, 2, 2, 1)]
    hashes = np.array([hash_ for hash_, _ in found])
    colours = np.stack([colour for _, colour in found])

    pairs = [
        (int(one), int(other))
        for ones, others, _ in similar_pairs(hashes, colours, first=4)
        for one, other in zip(ones, others, strict=True)
    ]

    assert sorted(pairs) == [(0, 4), (1, 4)]


def test_mean_colours_never_rule_out_a_near_duplicate() -> None:
    random = np.random.default_rng(0)
    plain = np.repeat(random.integers(0, 256, (300, 1, 3)), 64, axis=1).reshape(300, 192)
    noisy = np.clip(plain * random.uniform(0.85, 1.18, (300, 1)), 0, 255)
    noisy = np.clip(noisy + random.normal(0, 11, noisy.shape), 0, 255)
    ones, others = plain.astype(np.uint8), np.rint(noisy).astype(np.uint8)
    zero = np.zeros(1, np.uint64)

    found = [
        bool(len(similar(zero[0], a, zero, b[None])[0])) for a, b in zip(ones, others, strict=True)
    ]
    back = [
        bool(len(similar(zero[0], b, zero, a[None])[0])) for a, b in zip(ones, others, strict=True)
    ]
    distances = _colour_distances(ones, others)

    assert found == back == (distances <= MAX_COLOUR_DISTANCE).tolist()
    assert 20 < sum(found) < 290
