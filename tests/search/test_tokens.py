"""Tokens: an embedded query comes back as it was, and nothing else is taken for one."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from service.core.embedding import Embedding, Signal
from service.core.errors import ForeignToken, InvalidToken
from service.core.query import EmbeddedPart, ImagePart, ProductPart, Ranking, TextPart
from service.search.tokens import MAX_TOKEN_CHARS, MAX_WORDS_BYTES, QueryTokens
from tests.house import House
from tests.search.test_ranking import fill

SIGNALS = [Signal("semantic", "clip", 3), Signal("visual", "resnet", 2)]
TOKENS = QueryTokens("f1", SIGNALS)
HEADER: dict[str, Any] = {
    "fingerprint": "f1",
    "encoders": ["clip", "resnet"],
    "signals": ["semantic", "visual"],
    "kinds": [1.0, 0.0, 0.0, 0.0],
    "ignored_words": [],
}
VECTORS = np.array([0.6, 0, 0.8, 0, 1], "<f4").tobytes()


def forged(data: bytes = VECTORS, **changes: Any) -> str:
    head = json.dumps({**HEADER, **changes}).encode()
    return base64.urlsafe_b64encode(head + b"\n" + data).decode()


def numbers(*values: float) -> bytes:
    return np.array(values, "<f4").tobytes()


def test_a_token_is_read_back_to_the_last_bit() -> None:
    part = TOKENS.read(forged(ignored_words=["zeppelin"], kinds=[0.5, 0.25, 0.25, 0]), weight=-2)

    assert part.weight == -2
    assert part.ignored_words == ("zeppelin",)
    assert part.kinds == {"picture": 0.5, "text": 0.25, "unlike_picture": 0.25, "unlike_text": 0}
    assert part.embedding.vectors["semantic"].tobytes() == VECTORS[:12]
    assert TOKENS.read(TOKENS.write(part)).embedding.vectors["visual"].tobytes() == VECTORS[12:]


@pytest.mark.parametrize(
    "token",
    [
        "",
        "not base64!",
        "ü",
        "AAAA",
        base64.urlsafe_b64encode(b"[1]\n" + VECTORS).decode(),
        base64.urlsafe_b64encode(b"[" * 1500 + b"\n" + VECTORS).decode(),
        base64.urlsafe_b64encode(b"\xff\n" + VECTORS).decode(),
        "A" * (MAX_TOKEN_CHARS + 1),
        forged(VECTORS[:-1]),
        forged(VECTORS[:-4]),
        forged(VECTORS + b"\0\0\0\0"),
        forged(b""),
        forged(numbers(0.6, 0, 0.8, 0, float("nan"))),
        forged(numbers(0.6, 0, 0.8, 0, float("inf"))),
        forged(numbers(3e38, 3e38, 0, 0, 1)),
        forged(numbers(0, 0, 0, 0, 1)),
        forged(numbers(0.6, 0, 0.81, 0, 1)),
        forged(signals=[]),
        forged(signals="semantic"),
        forged(signals=["semantic", "semantic"]),
        forged(signals=["semantic", "colour"]),
        forged(kinds=[1, 0, 0]),
        forged(kinds=[2, -1, 0, 0]),
        forged(kinds=[float("nan"), 0, 0, 0]),
        forged(kinds=[10**400, 0, 0, 0]),
        forged(kinds=["x", 0, 0, 0]),
        forged(kinds=None),
        forged(ignored_words=[1]),
        forged(ignored_words=["\ud800"]),
        forged(ignored_words=["x" * 2000]),
        forged(fingerprint="f2", encoders=7),
    ],
)
def test_what_an_attacker_makes_is_refused(token: str) -> None:
    with pytest.raises(InvalidToken):
        TOKENS.read(token)


def test_a_token_of_other_encoders_is_refused_by_their_names() -> None:
    with pytest.raises(ForeignToken, match=r"clip and resnet.*here new and resnet are in use"):
        QueryTokens("f2", [Signal("semantic", "new", 3), SIGNALS[1]]).read(forged())


def test_the_largest_models_fit() -> None:
    signals = [Signal("semantic", "x" * 500, 768), Signal("visual", "resnet50", 2048)]
    vectors = {
        signal.name: np.full(signal.dimensions, signal.dimensions**-0.5, np.float32)
        for signal in signals
    }
    words = tuple(f"{number} unknown" for number in range(100))
    tokens = QueryTokens("0123456789ab", signals)
    part = TOKENS.read(forged())
    token = tokens.write(
        type(part)(Embedding(vectors), 1.0, {"picture": 1 / 3, "text": 2 / 3}, words)
    )

    assert len(token) < 16 * 1024
    kept = tokens.read(token).ignored_words
    assert kept == words[: len(kept)]
    assert 20 < len(kept) < 100


@pytest.mark.parametrize(
    "parts",
    [
        [ImagePart(b"a picture")],
        [TextPart("red shoe")],
        [ImagePart(b"a picture"), TextPart("red"), ProductPart("p001", -0.5)],
    ],
)
async def test_a_token_scores_to_the_last_digit_as_its_query_did(
    house: House, parts: list[Any]
) -> None:
    await fill(house, 30)
    await house.baseline.refresh()
    first = await house.search.find(parts, Ranking(limit=30))
    assert first.query is not None
    embedded = list(house.embedder.embedded)

    again = await house.search.find(
        [house.search.tokens.read(house.search.tokens.write(first.query))], Ranking(limit=30)
    )

    assert again.hits == first.hits
    assert again.match == first.match
    assert house.embedder.embedded == embedded


@pytest.mark.parametrize("words", [["x" * 2000, "zeppelin"], ["\U0001f45f" * 100], ["w" * 30] * 99])
def test_a_token_of_a_query_with_ignored_words_has_ignored_words(words: list[str]) -> None:
    part = replace(TOKENS.read(forged()), ignored_words=tuple(words))

    kept = TOKENS.read(TOKENS.write(part)).ignored_words

    assert kept
    assert all(
        kept_word == word or (kept_word.endswith("…") and word.startswith(kept_word[:-1]))
        for kept_word, word in zip(kept, words, strict=False)
    )
    assert len(json.dumps(kept)) <= MAX_WORDS_BYTES + 2


@pytest.mark.parametrize("weight", [5e-324, -5e-324, 1.7e308])
async def test_a_token_with_an_extreme_weight_is_searched_for(house: House, weight: float) -> None:
    await fill(house, 30)
    await house.baseline.refresh()
    first = await house.search.find([ImagePart(b"a picture"), TextPart("red")], Ranking())
    assert first.query is not None
    token = house.search.tokens.write(first.query)

    parts = [
        house.search.tokens.read(token, weight=math.copysign(1, weight) * w)
        for w in (1.0, abs(weight))
    ]
    usual, extreme = [await house.search.find([part], Ranking()) for part in parts]

    assert [hit.product for hit in extreme.hits] == [hit.product for hit in usual.hits]
    assert extreme.match == usual.match


@pytest.mark.parametrize(("dimensions", "fits"), [(768 + 2048, True), (1024 + 2048, False)])
def test_the_longest_header_fits_beside_the_vectors_or_the_token_is_refused(
    dimensions: int, fits: bool
) -> None:
    unit = np.zeros(dimensions, np.float32)
    unit[0] = 1
    tokens = QueryTokens("f" * 12, [Signal("semantic", "e" * 200, dimensions)])
    words = tuple("w" * 30 for _ in range(100))
    part = EmbeddedPart(Embedding({"semantic": unit}), 1.0, {"picture": 1.0}, words)

    if fits:
        assert len(tokens.write(part)) < 16 * 1024
        assert tokens.read(tokens.write(part)).embedding.vectors["semantic"].tolist()[0] == 1
    else:
        with pytest.raises(InvalidToken, match="too large for a token"):
            tokens.write(part)
