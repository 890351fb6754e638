"""`.env.example` names every setting, and nothing else, with its default and description."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import env_example
from service.config import Settings
from tests.packaging.documents import ROOT

TEXT = (ROOT / ".env.example").read_text(encoding="utf-8")
BLOCKS = {
    lines[-1].partition("=")[0]: lines[:-1]
    for lines in (block.replace("# ", "").splitlines() for block in TEXT.split("\n\n"))
    if "=" in lines[-1]
}


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_it_is_what_the_generator_writes() -> None:
    assert env_example.render() == TEXT, "make env-example"


def test_it_names_every_setting_and_nothing_else_in_order() -> None:
    assert list(BLOCKS) == [name.upper() for name in Settings.model_fields]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_each_setting_has_its_description(name: str) -> None:
    assert Settings.model_fields[name].description == BLOCKS[name.upper()][0]


def test_every_setting_in_it_is_commented_out() -> None:
    assert all(line.startswith("#") for line in TEXT.splitlines() if line)


def test_its_values_are_the_defaults(tmp_path: Path) -> None:
    switched_on = [
        line.removeprefix("# ")
        for line in TEXT.splitlines()
        if line.removeprefix("# ").partition("=")[0] in BLOCKS
    ]
    (tmp_path / "env").write_text("\n".join(switched_on), encoding="utf-8")
    # _env_file: the settings class has it from pydantic-settings, whose stubs do not name it.
    taken = Settings(_env_file=tmp_path / "env")  # type: ignore[call-arg]
    assert taken == Settings(_env_file=None)  # type: ignore[call-arg]
    assert len(switched_on) == len(Settings.model_fields)
