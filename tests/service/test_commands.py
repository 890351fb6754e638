"""The commands, as they are called from a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.pictures import png
from tests.service.process import ServiceProcess

ROOT = Path(__file__).parents[2]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "service", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**inherited, **environment},
        timeout=100,
        check=False,
    )


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Four products whose ids are also their photos' labels."""
    for number in range(4):
        (tmp_path / f"{number}.png").write_bytes(png(9000 + number))
    products = [
        {"product_id": f"c{n}", "name": f"P {n}", "image": f"{n}.png", "section": "Drawn"}
        for n in range(4)
    ]
    (tmp_path / "products.json").write_text(json.dumps(products))
    (tmp_path / "photos.csv").write_text(
        "path,label\n" + "".join(f"{n}.png,c{n}\n" for n in range(4))
    )
    return tmp_path


def test_products_are_imported_and_found_by_their_photos(
    shared_service: ServiceProcess, catalogue: Path
) -> None:
    url = f"--url=http://127.0.0.1:{shared_service.port}"

    first = run("import", str(catalogue / "products.json"), url)
    again = run("import", str(catalogue / "products.json"), url)
    found = run("evaluate", str(catalogue / "photos.csv"), url)

    assert (first.returncode, first.stdout) == (0, "4 created\n"), first.stderr
    assert (again.returncode, again.stdout) == (0, "4 unchanged\n")
    assert shared_service.client.get("/products/c1").json()["attributes"] == {"section": "Drawn"}
    hybrid = next(line for line in found.stdout.splitlines() if line.startswith("hybrid"))
    assert hybrid.split()[1:3] == ["100.0%", "100.0%"], found.stderr
    for number in range(4):
        shared_service.client.delete(f"/products/c{number}")


def test_a_product_that_cannot_be_imported_is_named(
    shared_service: ServiceProcess, catalogue: Path
) -> None:
    (catalogue / "2.png").write_bytes(b"no picture")

    result = run(
        "import",
        str(catalogue / "products.json"),
        f"--url=http://127.0.0.1:{shared_service.port}",
    )

    assert result.returncode == 1
    assert result.stdout == "3 created, 1 failed\n"
    assert "c2:" in result.stderr
    for number in (0, 1, 3):
        shared_service.client.delete(f"/products/c{number}")


def test_a_service_that_is_not_there_is_told(catalogue: Path) -> None:
    result = run("import", str(catalogue / "products.json"), "--url=http://127.0.0.1:1")

    assert result.returncode == 1
    assert "Is it running?" in result.stderr


def test_reindex_fills_an_empty_index(service: ServiceProcess) -> None:
    for number in range(3):
        service.client.put(f"/products/p{number}", data={"name": "P"}, files={"image": png(number)})
    service.stop()
    environment = {"ENCODERS": "compact", "DATA_DIR": str(service.directory / "data")}

    unchanged = run("reindex", **environment)
    for path in (service.directory / "data" / "vectors").iterdir():
        path.rename(path.with_name("elsewhere"))
    filled = run("reindex", **environment)

    assert unchanged.stdout == "3 products, 0 images embedded\n", unchanged.stderr
    assert filled.stdout == "3 products, 3 images embedded\n", filled.stderr


def test_reindex_says_so_where_the_service_holds_the_engine(service: ServiceProcess) -> None:
    result = run("reindex", ENCODERS="compact", DATA_DIR=str(service.directory / "data"))

    assert result.returncode == 1
    assert "another process" in result.stderr.lower()


def test_settings_that_cannot_be_are_told_by_name(tmp_path: Path) -> None:
    result = run("serve", PORT="70000", DATA_DIR=str(tmp_path))

    assert result.returncode == 1
    assert "PORT" in result.stderr
    assert "Traceback" not in result.stderr


def test_encoders_without_weights_and_network_fail_within_seconds(tmp_path: Path) -> None:
    result = run(
        "serve",
        ENCODERS="clip+resnet50",
        HF_HUB_OFFLINE="1",
        HF_HOME=str(tmp_path / "hub"),
        TORCH_HOME=str(tmp_path / "torch"),
        DATA_DIR=str(tmp_path / "data"),
        WEIGHTS_DIR=str(tmp_path / "weights"),
        PORT="0",
    )

    assert result.returncode == 1
    assert "ENCODERS=compact" in result.stderr
