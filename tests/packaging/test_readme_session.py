"""The README's curl commands work when they are pasted into a shell beside a real service."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.documents import ROOT, shell_blocks

pytestmark = pytest.mark.skipif(
    None in map(shutil.which, ("bash", "curl", "python3")), reason="needs bash, curl and python3"
)

ADDRESS = "127.0.0.1:8000"
SESSION = [block for block in shell_blocks() if f"http://{ADDRESS}/search" in block]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Starts a service with its own directory and default settings."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    directory: Path = tmp_path_factory.mktemp("service")
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PORT": str(port),
        "DATA_DIR": str(directory / "data"),
        "ENCODERS": "compact",
        "LOG_FORMAT": "json",
    }
    command = [sys.executable, "-m", "service", "serve"]
    with subprocess.Popen(
        command, cwd=directory, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if '"event": "ready"' in line:
                break
        else:
            pytest.fail("The service did not start:\n" + "".join(lines))
        yield f"127.0.0.1:{port}"
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
        assert process.wait() == 0


def _paste(block: str, address: str) -> list[Any]:
    """Runs the commands and returns the JSON documents that they print."""
    script = block.replace(ADDRESS, address)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    decoder, text, documents = json.JSONDecoder(), done.stdout.strip(), []
    while text:
        document, end = decoder.raw_decode(text)
        documents.append(document)
        text = text[end:].lstrip()
    return documents


def test_the_red_mug_is_found_first(address: str) -> None:
    *products, answer = _paste(SESSION[0], address)
    assert [product["product_id"] for product in products] == ["mug-red", "mug-blue", "lamp-yellow"]
    assert _found(answer)[0] == "mug-red"
    assert len(_found(answer)) == 2


def test_other_weights_are_used(address: str) -> None:
    (answer,) = _paste(SESSION[1], address)
    assert answer["query"]["weights"] == {"semantic": 0.2, "visual": 0.8}


def test_the_other_searches_find_something(address: str) -> None:
    by_text, similar, *mixtures = _paste(SESSION[2], address)
    assert len(_found(by_text)) == 1
    assert _found(similar) != ["mug-red"]
    assert [len(_found(mixed)) for mixed in mixtures] == [3, 3]


def test_a_token_searches_again(address: str) -> None:
    (answer,) = _paste(SESSION[3], address)
    assert len(_found(answer)) == 1


def test_the_three_products_have_no_near_duplicates(address: str) -> None:
    (block,) = (block for block in shell_blocks() if f"http://{ADDRESS}/duplicates" in block)
    (page,) = _paste(block, address)
    assert page == {"items": [], "next_cursor": None, "total": 0}


def test_a_drawing_finds_green_cars_among_the_samples(address: str, tmp_path: Path) -> None:
    (block,) = (block for block in shell_blocks() if "-X POST" in block and "/samples" in block)
    loaded, there, answer, deleted = _paste(block.replace("/tmp", str(tmp_path)), address)

    assert loaded["created"] == there["total"] == deleted["deleted"]
    kinds = [hit["product"]["attributes"] for hit in answer["hits"]]
    assert [(kind["colour"], kind["kind"]) for kind in kinds] == [("green", "car")] * 3


def test_every_other_call_works(address: str) -> None:
    (block,) = (block for block in shell_blocks() if "products/batch" in block)
    block = block.replace("curl -s", "curl -sf").replace("/tmp/thumbnail.jpg", os.devnull)

    replaced, patched, read, listed, added, batch = _paste(block, address)

    assert (replaced["product_id"], replaced["attributes"]["price"]) == ("mug-red", 9)
    assert patched["description"] == "Holds 0.3 l"
    assert read["attributes"] == {"colour": "red"}
    assert listed["total"] == 3
    assert added["image_id"]
    assert [result["status"] for result in batch["results"]] == ["replaced"]


def _found(answer: Any) -> list[str]:
    return [hit["product"]["product_id"] for hit in answer["hits"]]
