"""Settings: from the environment, checked, and misspelt names reported."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from service.config import Settings, misspelt


def test_names_in_the_environment_are_the_settings_in_capitals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MAX_UPLOAD_BYTES", "1234")
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("API_KEYS", "one, two,")

    settings = Settings(_env_file=None)

    assert settings.max_upload_bytes == 1234
    assert settings.log_level == "debug"
    assert [key.get_secret_value() for key in settings.api_keys] == ["one", "two"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "70000"),
        ("ENCODERS", "clip"),
        ("WEIGHT_VISUAL", "-0.1"),
        ("WEIGHT_SEMANTIC", "nan"),
        ("COLLECTION_PREFIX", "a/b"),
        ("QUEUE_TIMEOUT_S", "0"),
    ],
)
def test_a_value_that_cannot_be_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError, match=name.lower()):
        Settings(_env_file=None)


def test_a_name_that_is_nearly_a_setting_is_reported() -> None:
    assert misspelt(["MAX_UPLOAD_BYTE", "QDRANT_ULR", "WEIGHTS_VISUAL"]) == {
        "MAX_UPLOAD_BYTE": "MAX_UPLOAD_BYTES",
        "QDRANT_ULR": "QDRANT_URL",
        "WEIGHTS_VISUAL": "WEIGHT_VISUAL",
    }


def test_names_of_others_are_not() -> None:
    assert misspelt(["PATH", "HOME", "PYTHONPATH", "HF_HOME", "QDRANT_URL", "host"]) == {}
