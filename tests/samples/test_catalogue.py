"""The contents of the sample catalogue."""

from __future__ import annotations

import io
from collections import Counter
from datetime import date

import pytest
from PIL import Image

from service.catalogue import rules
from service.embedding.compact.semantic import CompactSemanticEncoder
from service.samples.files import FOLDER, Sample, sample_queries, samples

COLOURS = set("black white grey red orange yellow green blue purple pink brown beige".split())
PATTERNS = set("plain striped checked dotted floral camouflage".split())


def test_there_are_enough_goods_of_many_kinds_and_colours() -> None:
    attributes = [sample.fields.attributes for sample in samples()]
    assert len(samples()) >= 120
    assert len({found["kind"] for found in attributes}) >= 25
    assert {found["colour"] for found in attributes} == COLOURS
    assert {found["pattern"] for found in attributes} == PATTERNS
    assert {found["in_stock"] for found in attributes} == {True, False}


def test_the_green_car_has_its_rivals() -> None:
    found = Counter((s.fields.attributes["kind"], s.fields.attributes["colour"]) for s in samples())
    assert found["car", "green"] >= 3
    assert found["apple", "green"] >= 1
    assert found["t-shirt", "green"] >= 1
    assert len([1 for kind, _ in found if kind == "car"]) >= 6


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.product_id)
def test_every_sample_is_a_product_that_the_service_takes(sample: Sample) -> None:
    fields = sample.fields
    assert sample.product_id.startswith("sample-")
    rules.check_product_id(sample.product_id)
    rules.check_name(fields.name)
    rules.check_description(fields.description)
    assert rules.check_attributes(fields.attributes) == fields.attributes
    assert date(2026, 1, 1) <= date.fromisoformat(str(fields.attributes["added"]))
    price = fields.attributes["price"]
    assert isinstance(price, float)
    assert price > 0


def test_names_and_ids_are_unlike_each_other() -> None:
    assert len({sample.product_id for sample in samples()}) == len(samples())
    assert len({sample.fields.name for sample in samples()}) == len(samples())


def test_the_compact_encoder_knows_every_word_of_the_names() -> None:
    encoder = CompactSemanticEncoder.load()
    names = [sample.fields.name for sample in samples()]
    names += [query.title for query in sample_queries().values()]
    assert [name for name in names if encoder.unknown_words(name)] == []


def test_every_picture_is_a_jpeg_of_its_own(pictures: list[bytes]) -> None:
    images = [Image.open(io.BytesIO(data)) for data in pictures]
    assert {(image.format, image.size) for image in images} == {("JPEG", (640, 640))}
    assert len(set(pictures)) == len(pictures)
    assert max(len(data) for data in pictures) < 100_000


def test_no_product_has_a_picture_to_search_with(pictures: list[bytes]) -> None:
    assert not {query.file.read_bytes() for query in sample_queries().values()} & set(pictures)


def test_every_picture_that_ships_is_of_a_sample_or_a_query() -> None:
    named = [*samples(), *sample_queries().values()]
    assert {item.file for item in named} == set(FOLDER.rglob("*.jpg"))
    assert sum(item.file.stat().st_size for item in named) < 5_500_000
