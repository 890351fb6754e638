"""The container files do what the README says about them."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from service.config import Settings
from tests.packaging.documents import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
# Any: these tests check the shape of the document.
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]


def test_the_image_runs_as_a_numeric_user_other_than_root() -> None:
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]


def test_everything_it_copies_is_in_the_build_context() -> None:
    context = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line[1:] for line in context if line.startswith("!")}
    copies = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
    sources = {source.split("/")[0] for copy in copies for source in copy.split()}
    assert sources == allowed
    assert all((ROOT / source).exists() for source in sources)


def test_its_environment_variables_are_settings() -> None:
    (block,) = re.findall(r"^ENV ((?:.*\\\n)*.*)$", DOCKERFILE, re.MULTILINE)
    names = set(re.findall(r"(?:^|\s)([A-Z_]+)=", block))
    others = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "XDG_CACHE_HOME"}
    assert names - others <= {name.upper() for name in Settings.model_fields}


def test_its_commands_run_without_a_shell_so_that_signals_arrive() -> None:
    commands = re.findall(r"^(?:ENTRYPOINT|CMD|    CMD) (.*)$", DOCKERFILE, re.MULTILINE)
    assert len(commands) == 3
    assert all(command.startswith("[") for command in commands)


def test_compose_passes_settings_that_exist() -> None:
    assert SERVICES["service"]["environment"].keys() <= {
        name.upper() for name in Settings.model_fields
    }


def test_the_qdrant_server_is_private_and_requires_a_key() -> None:
    qdrant = SERVICES["qdrant"]
    assert "ports" not in qdrant
    assert "network_mode" not in qdrant
    key = qdrant["environment"]["QDRANT__SERVICE__API_KEY"]
    assert key == SERVICES["service"]["environment"]["QDRANT_API_KEY"]
    assert key.startswith("${QDRANT_API_KEY:?"), "no default, and a message where it is missing"


def test_the_qdrant_server_is_pinned_at_1_19_or_later() -> None:
    tag = re.fullmatch(r"qdrant/qdrant:v(\d+)\.(\d+)\.\d+", SERVICES["qdrant"]["image"])
    assert tag is not None
    assert (int(tag[1]), int(tag[2])) >= (1, 19)


def test_the_service_is_published_on_this_machine_alone() -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["service"]["ports"])


@pytest.mark.parametrize("name", SERVICES)
def test_data_outlives_the_container_which_is_restarted(name: str) -> None:
    volumes = [volume.partition(":")[0] for volume in SERVICES[name]["volumes"]]
    assert set(volumes) <= COMPOSE["volumes"].keys()
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_the_service_waits_for_a_qdrant_server_that_answers() -> None:
    assert SERVICES["service"]["depends_on"]["qdrant"]["condition"] == "service_healthy"
    assert "/readyz" in " ".join(SERVICES["qdrant"]["healthcheck"]["test"])
