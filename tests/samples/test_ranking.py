"""Searches among the samples, with the encoders that ship with the code."""

from __future__ import annotations

import pytest

from drawing.catalogue import another_view
from drawing.scene import Scene
from service.samples.files import Sample
from tests.samples.conftest import Shelf

BACKGROUNDS = ["showroom", "street", "seaside", "studio", "two-tone", "arch", "table"]


def queries(noun: str, choice: str, count: int = 7) -> list[Scene]:
    """Drawings that no product has: other angles, other backgrounds."""
    places = [BACKGROUNDS[n % len(BACKGROUNDS)] for n in range(count)]
    return [another_view(noun, choice, place, seed=900 + n) for n, place in enumerate(places)]


def is_(kind: str, colour: str, sample: Sample) -> bool:
    attributes = sample.fields.attributes
    return attributes["kind"] == kind and attributes["colour"] == colour


def place_of(found: list[Sample], product_id: str) -> int:
    return [sample.product_id for sample in found].index(product_id)


def cars(found: list[Sample]) -> list[int]:
    return [n for n, sample in enumerate(found) if sample.fields.attributes["kind"] == "car"]


def green_cars(found: list[Sample]) -> list[int]:
    return [n for n, sample in enumerate(found) if is_("car", "green", sample)]


def test_hybrid_ranks_green_cars_first_and_every_car_above_the_green_apple(shelf: Shelf) -> None:
    for query in queries("sports car", "green"):
        found = shelf.ranked(query)
        greens, apple = green_cars(found), place_of(found, "sample-green-apple")
        assert sum(place < len(greens) for place in greens) >= len(greens) - 1
        assert greens[-1] <= len(greens) + 1
        assert cars(found)[-1] < apple


def test_semantic_alone_mixes_the_colours_of_cars(shelf: Shelf) -> None:
    mixed = 0
    for query in queries("hatchback", "green"):
        found = shelf.ranked(query, "semantic")
        greens = green_cars(found)
        mixed += greens[-1] >= len(greens)
        assert cars(found)[-1] < place_of(found, "sample-green-apple")
    assert mixed >= 4


def test_visual_alone_brings_the_green_apple_before_cars_of_other_colours(shelf: Shelf) -> None:
    for query in queries("sports car", "green"):
        found = shelf.ranked(query, "visual")
        assert place_of(found, "sample-green-apple") < cars(found)[-1]


@pytest.mark.parametrize(
    ("noun", "choice", "kind", "colour"),
    [
        ("mug", "red", "mug", "red"),
        ("t-shirt", "blue", "t-shirt", "blue"),
        ("shoe", "yellow", "shoe", "yellow"),
        ("dress", "green", "dress", "green"),
        ("bicycle", "red", "bicycle", "red"),
        ("apple", "green", "apple", "green"),
    ],
)
def test_a_good_finds_its_kind_in_its_colour(
    shelf: Shelf, noun: str, choice: str, kind: str, colour: str
) -> None:
    firsts = [shelf.ranked(query)[0] for query in queries(noun, choice)]
    assert sum(is_(kind, colour, first) for first in firsts) >= 6


def test_a_striped_t_shirt_finds_striped_t_shirts(shelf: Shelf) -> None:
    for query in queries("t-shirt", "white/navy striped"):
        attributes = shelf.ranked(query)[0].fields.attributes
        assert (attributes["kind"], attributes["pattern"]) == ("t-shirt", "striped")


@pytest.mark.parametrize(
    ("text", "kind", "colour"),
    [
        ("green car", "car", "green"),
        ("red mug", "mug", "red"),
        ("blue shoes", "shoe", "blue"),
        ("yellow umbrella", "umbrella", "yellow"),
        ("green apple", "apple", "green"),
    ],
)
def test_a_text_finds_the_kind_in_its_colour(
    shelf: Shelf, text: str, kind: str, colour: str
) -> None:
    assert is_(kind, colour, shelf.ranked_by_text(text)[0])


def test_a_text_finds_the_pattern(shelf: Shelf) -> None:
    attributes = shelf.ranked_by_text("striped t-shirt")[0].fields.attributes
    assert (attributes["kind"], attributes["pattern"]) == ("t-shirt", "striped")
