"""The commands, files and settings that the README mentions exist."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from service.__main__ import COMMANDS
from service.config import Settings
from tests.packaging.documents import README, ROOT, Curl, curl_calls, make_targets, shell_blocks

# Any: a JSON document.
OPENAPI: dict[str, Any] = json.loads((ROOT / "openapi/openapi.json").read_text(encoding="utf-8"))
CALLS = curl_calls()
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def _id(call: Curl) -> str:
    return f"{call.method} {call.path}"


def test_it_opens_with_the_two_commands() -> None:
    commands = [line.partition("#")[0].strip() for line in shell_blocks()[0].splitlines()]
    assert commands == ["make run", "make test"]


def test_every_make_target_it_names_exists() -> None:
    named = set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", README, re.MULTILINE))
    assert named
    assert named <= make_targets().keys()


def test_every_command_of_the_service_it_names_exists() -> None:
    named = set(re.findall(r"-m service ([a-z]+)", README))
    assert named
    assert named <= COMMANDS.keys()


def test_every_setting_it_explains_exists() -> None:
    section = README.partition("## Settings")[2].partition("\n## ")[0]
    named = {name for row in re.findall(r"^\| (`.*?) \|", section, re.M) for name in _code(row)}
    assert named
    assert named <= {name.upper() for name in Settings.model_fields}


def test_every_file_of_the_tree_exists() -> None:
    (tree,) = re.findall(r"^```\n(service/\n.*?)^```$", README, re.DOTALL | re.MULTILINE)
    names = re.findall(r"^( *)([\w.]+/?) ", tree, re.MULTILINE)
    paths = [ROOT / "service" / name if indent else ROOT / name for indent, name in names]
    assert not [path for path in paths if not path.exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_to_files_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert not [link for link in links if not (page.parent / link).exists()]


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs/decisions"
    listed = re.findall(r"\]\((\d{4}-.*?\.md)\)", (folder / "README.md").read_text("utf-8"))
    assert listed == sorted(path.name for path in folder.glob("0*.md"))


def test_every_call_of_the_api_is_shown() -> None:
    offered = [operation for path in OPENAPI["paths"].values() for operation in path.values()]
    shown = {_operation(call)["operationId"] for call in CALLS}

    assert {operation["operationId"] for operation in offered} - shown == set()


@pytest.mark.parametrize("call", CALLS, ids=_id)
def test_curl_calls_use_fields_that_the_api_knows(call: Curl) -> None:
    operation = _operation(call)
    sent = {name for name, _ in call.forms} | (json.loads(call.body or "{}")).keys()
    if sent:
        kind = "application/json" if call.body else "multipart/form-data"
        schema = operation["requestBody"]["content"][kind]["schema"]
        known = OPENAPI["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        others = call.file_fields if known["additionalProperties"] else set()
        assert sent <= known["properties"].keys() | others


@pytest.mark.parametrize("call", CALLS, ids=_id)
def test_curl_calls_send_existing_files_and_valid_json(call: Curl) -> None:
    # A file may also be written by an earlier line of the README.
    assert all(path.is_file() or f"-o {path}" in README for path in call.files)
    for _, value in call.forms:
        if value.startswith(("{", "[")):
            json.loads(value)


def test_the_answer_shown_has_the_fields_of_the_schema() -> None:
    (shown,) = re.findall(r"^```json\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    answer = json.loads(shown)
    schemas = OPENAPI["components"]["schemas"]
    assert answer.keys() == set(schemas["SearchAnswer"]["required"])
    for hit in answer["hits"]:
        parts = [signal["contribution"] for signal in hit["scores"].values()]
        assert hit["score"] == pytest.approx(sum(parts), abs=1e-4)


def _operation(call: Curl) -> Any:  # Any: a part of a JSON document.
    """Returns the operation of a call, in whose path values replace the parameters."""
    for template, operations in OPENAPI["paths"].items():
        if re.fullmatch(re.sub(r"\{.*?\}", "[^/]+", template), call.path):
            return operations[call.method.lower()]
    raise AssertionError(f"There is no {call.path}.")


def _code(text: str) -> list[str]:
    return re.findall(r"`([A-Z0-9_]+)`", text)
