"""The compact text tower reads some words, refuses some texts and leaves the rest out."""

import numpy as np
import pytest

from service.core.errors import InvalidText
from service.embedding.compact.semantic import MAX_TEXT_CHARACTERS, CompactSemanticEncoder
from service.embedding.compact.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    ["berry", "blue", "green", "grey", "leaf", "shoe", "sports car", "car", "t-shirt"],
    {"gray": ["grey"], "turquoise": ["blue", "green"], "t shirt": ["t-shirt"], "tee": ["t-shirt"]},
)


def words(text: str) -> list[str]:
    return [VOCABULARY.words[row] for row in VOCABULARY.read(text).rows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Blue SHOES", ["blue", "shoe"]),
        ("berries and leaves", ["berry", "leaf"]),
        ("a gray car", ["grey", "car"]),
        ("sports cars", ["sports car"]),
        ("T-shirt, t shirt & tees", ["t-shirt"]),
        ("turquoise", ["blue", "green"]),
        ("th\u00e9 bl\u00fae car", ["blue", "car"]),
    ],
)
def test_words_are_found_in_every_spelling(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_unknown_words_are_told_and_empty_ones_are_not() -> None:
    assert VOCABULARY.read("show me the blue zeppelin, please").unknown == ("zeppelin",)


def test_texts_have_unit_vectors(semantic: CompactSemanticEncoder) -> None:
    vectors = semantic.encode_texts(["banana", "red dress", "blue sports car"])
    assert vectors.shape == (3, semantic.dimensions)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_synonyms_spellings_and_plurals_mean_the_same(semantic: CompactSemanticEncoder) -> None:
    pairs = [
        ("gray sweater", "grey jumpers"),
        ("tee", "t-shirts"),
        ("couch", "sofa"),
        ("sneakers", "shoe"),
        ("pants", "trousers"),
        ("eggplant", "aubergine"),
    ]
    for one, other in pairs:
        a, b = semantic.encode_texts([one, other])
        assert float(a @ b) == pytest.approx(1, abs=1e-5), (one, other)


@pytest.mark.parametrize(
    "text", ["", "  \n", "the of a", "qwertz", "x" * (MAX_TEXT_CHARACTERS + 1)]
)
def test_a_text_without_a_known_word_is_refused(
    semantic: CompactSemanticEncoder, text: str
) -> None:
    with pytest.raises(InvalidText):
        semantic.check_text(text)
    with pytest.raises(InvalidText):
        semantic.encode_texts(["car", text])


def test_the_refusal_names_the_unknown_words(semantic: CompactSemanticEncoder) -> None:
    with pytest.raises(InvalidText, match=r"qwertz.*zeppelinette"):
        semantic.check_text("qwertz zeppelinette")


def test_unknown_words_beside_known_ones_are_left_out_and_told(
    semantic: CompactSemanticEncoder,
) -> None:
    semantic.check_text("red qwertz dress")
    assert semantic.unknown_words("red qwertz dress") == ["qwertz"]
    with_it, without = semantic.encode_texts(["red qwertz dress", "red dress"])
    assert np.array_equal(with_it, without)


def test_the_vocabulary_survives_its_file(tmp_path: object) -> None:
    path = tmp_path / "vocabulary.json"  # type: ignore[operator]  # pytest gives a Path
    VOCABULARY.dump(path)
    assert Vocabulary.load(path) == VOCABULARY
