"""A third signal is one row of the registry and one encoder: the rest of the service follows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.packaging.documents import ROOT

NAMES = ["semantic", "visual", "colour"]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    directory = tmp_path_factory.mktemp("colour")
    done = subprocess.run(
        [sys.executable, "-m", "tests.signals.colour_service", str(directory)],
        cwd=ROOT,
        env={**os.environ, "WEIGHT_VISUAL": "0.3"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def test_it_has_a_setting_for_its_weight(answers: dict[str, Any]) -> None:
    assert answers["weights"] == {"semantic": 0.6, "visual": 0.3, "colour": 0.5}


def test_health_tells_the_signals_in_their_order(answers: dict[str, Any]) -> None:
    health = answers["health"]
    assert [signal["name"] for signal in health["signals"]] == NAMES
    assert health["signals"][2] == {
        "name": "colour",
        "caption": "its colours",
        "weight": pytest.approx(0.5 / 1.4),
        "text_encoder": None,
    }
    assert health["encoders"]["colour"] == "mean-colour"


def test_a_search_scores_and_weighs_it(answers: dict[str, Any]) -> None:
    found = answers["search"]
    assert list(found["query"]["weights"]) == NAMES
    assert found["query"]["weights"]["colour"] == pytest.approx(0.5 / 1.4)
    first = found["hits"][0]
    assert first["product"]["product_id"] == "red"
    assert list(first["scores"]) == NAMES
    assert first["score"] == pytest.approx(
        sum(score["contribution"] for score in first["scores"].values())
    )


def test_a_request_may_ask_for_it_alone_and_for_an_explanation(answers: dict[str, Any]) -> None:
    red, blue = answers["by colour"]["hits"]
    assert red["score"] == red["scores"]["colour"]["similarity"] > blue["score"] + 0.2
    explanation = red["explanation"]["colour"]
    assert sum(map(sum, explanation["grid"])) == pytest.approx(red["score"], abs=1e-4)
    assert explanation["overlay"].startswith("data:image/png;base64,")


def test_a_wrong_name_is_answered_with_the_names_there_are(answers: dict[str, Any]) -> None:
    assert answers["unknown"]["status"] == 422
    assert "semantic and visual and colour" in json.dumps(answers["unknown"])


def test_texts_have_it_no_more_than_any_signal_without_a_text_encoder(
    answers: dict[str, Any],
) -> None:
    assert answers["text"]["query"]["weights"] == {"semantic": 1, "visual": 0, "colour": 0}
    assert len(answers["text"]["hits"]) == 2


def test_a_product_is_compared_by_it(answers: dict[str, Any]) -> None:
    (hit,) = answers["similar"]["hits"]
    assert hit["scores"]["colour"]["similarity"] < 0.9


def test_the_document_names_it_in_every_object_with_a_value_for_each_signal(
    answers: dict[str, Any],
) -> None:
    schemas = answers["openapi"]["components"]["schemas"]
    for name in (
        "Weights",
        "SignalWeights",
        "SignalScores",
        "SignalExplanations",
        "SignalReasons",
        "SignalEncoders",
    ):
        assert list(schemas[name]["properties"]) == NAMES, name
        assert schemas[name]["additionalProperties"] is False
