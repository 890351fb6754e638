"""Settings: from the environment, checked, and misspelt names reported."""

from __future__ import annotations

from pathlib import Path

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
        ("API_KEYS", " , "),
        ("READ_API_KEYS", " "),
        ("QDRANT_URL", " , "),
    ],
)
def test_a_value_that_cannot_be_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError, match=name.lower()):
        Settings(_env_file=None)


@pytest.mark.parametrize("text", ["12345", "true", "1e5", "{}", "null", '["a"]'])
def test_a_key_that_looks_like_json_is_a_key(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("API_KEYS", text)
    monkeypatch.setenv("READ_API_KEYS", text)

    settings = Settings(_env_file=None)

    assert [key.get_secret_value() for key in settings.api_keys] == [text]
    assert [key.get_secret_value() for key in settings.read_api_keys] == [text]


def test_keys_in_the_env_file_are_read_alike(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("API_KEYS=12345,null\n")

    settings = Settings(_env_file=tmp_path / ".env")

    assert [key.get_secret_value() for key in settings.api_keys] == ["12345", "null"]


def test_an_empty_text_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEYS", "")

    assert Settings(_env_file=None).api_keys == ()


def test_a_name_that_is_nearly_a_setting_is_reported() -> None:
    assert misspelt(["MAX_UPLOAD_BYTE", "QDRANT_ULR", "WEIGHTS_VISUAL"]) == {
        "MAX_UPLOAD_BYTE": "MAX_UPLOAD_BYTES",
        "QDRANT_ULR": "QDRANT_URL",
        "WEIGHTS_VISUAL": "WEIGHT_VISUAL",
    }


@pytest.mark.parametrize(
    ("name", "right"),
    [("PROT", "PORT"), ("POR", "PORT"), ("HSOT", "HOST"), ("HOSTS", "HOST"), ("DEVCIE", "DEVICE")],
)
def test_a_short_name_with_one_slip_is_reported(name: str, right: str) -> None:
    assert misspelt([name]) == {name: right}


def test_names_of_others_are_not() -> None:
    others = "PATH HOME PYTHONPATH HF_HOME USER LANG TERM SHLVL PWD HOSTNAME DISPLAY EDITOR _"
    assert misspelt([*others.split(), "QDRANT_URL", "host"]) == {}
