"""The commands, as they are called from a terminal."""

from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from service.__main__ import main
from service.commands.import_products import BATCH_BYTES, LONGEST_PAUSE_S, batches, pause_s
from service.commands.importing.product_file import FileProduct
from service.config import MIB
from tests.end_to_end.pictures import png
from tests.end_to_end.process import ServiceProcess

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


def test_a_product_without_its_picture_file_fails_alone(
    shared_service: ServiceProcess, catalogue: Path
) -> None:
    (catalogue / "2.png").unlink()

    result = run(
        "import",
        str(catalogue / "products.json"),
        f"--url=http://127.0.0.1:{shared_service.port}",
    )

    assert (result.returncode, result.stdout) == (1, "3 created, 1 failed\n"), result.stderr
    assert f"line 1, c2: there is no picture 2.png in {catalogue}" in result.stderr
    for number in (0, 1, 3):
        shared_service.client.delete(f"/products/c{number}")


def test_products_that_cannot_be_sent_or_stand_twice_are_told_and_the_others_created(
    shared_service: ServiceProcess, catalogue: Path
) -> None:
    """The products: the first and the last, in other batches, have the same id."""
    products = [{"product_id": f"d{n}", "name": f"P {n}", "image": "0.png"} for n in range(18)]
    products[5]["rating"] = math.nan  # type: ignore[assignment]
    products[6]["name"] = "\ud800"
    products += [{"product_id": "d0", "name": "Later", "image": "1.png"}]
    lines = "\n".join(json.dumps(product) for product in products)
    (catalogue / "products.jsonl").write_text(lines + "\n{broken\n", encoding="utf-8-sig")

    result = run(
        "import",
        str(catalogue / "products.jsonl"),
        f"--url=http://127.0.0.1:{shared_service.port}",
    )

    assert (result.returncode, result.stdout) == (1, "16 created, 3 failed\n"), result.stderr
    for told in ("line 1, d0: left out", "line 6, d5: its", "line 7, d6:", "line 20: this is not"):
        assert told in result.stderr
    assert shared_service.client.get("/products/d0").json()["name"] == "Later"
    for number in range(18):
        shared_service.client.delete(f"/products/d{number}")


def test_a_file_with_the_fields_of_a_shop_says_what_to_map(catalogue: Path) -> None:
    (catalogue / "shop.json").write_text(json.dumps([{"id": 7, "title": "Tee"}]))

    result = run("import", str(catalogue / "shop.json"), "--url=http://127.0.0.1:1")

    assert result.returncode == 1
    assert "--map product_id=id --map name=title" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("mapping", ["name", "title=name", "name="])
def test_a_mapping_of_no_field_is_refused(mapping: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["import", "products.json", f"--map={mapping}"])

    assert "give FIELD=NAME" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("sizes_mib", "expected"),
    [
        ([1] * 20, [16, 4]),
        ([20, 12, 1], [2, 1]),
        ([1, 40, 1], [1, 1, 1]),
        ([20, 20, 20], [1, 1, 1]),
    ],
)
def test_a_batch_ends_at_its_products_or_its_bytes(
    tmp_path: Path, sizes_mib: list[int], expected: list[int]
) -> None:
    products = []
    for number, size in enumerate(sizes_mib):
        with (tmp_path / f"{number}.png").open("wb") as file:
            file.truncate(size * MIB)
        fields = {"product_id": str(number), "image": f"{number}.png"}
        products.append(FileProduct(number + 1, fields))

    found = list(batches(products, tmp_path))

    assert BATCH_BYTES == 32 * MIB
    assert [len(batch) for batch in found] == expected
    assert [product for batch in found for product in batch] == products


def _created(*, but_503: int | None = None) -> bytes:
    """Results for four products, one of which may be turned away."""
    results: list[dict[str, object]] = [{"status": "created"} for _ in range(4)]
    if but_503 is not None:
        results[but_503] = {"status": "failed", "problem": {"status": 503, "detail": "Full."}}
    return json.dumps({"results": results}).encode()


@contextmanager
def busy_service(*answers: tuple[int, bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """The address of a server that gives these answers, the last for ever, and what it was sent."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = answers[min(len(bodies), len(answers)) - 1]
            self.send_response(status)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"--url=http://127.0.0.1:{server.server_port}", bodies
        finally:
            server.shutdown()
            thread.join()


def test_what_the_service_has_no_room_for_is_sent_again(catalogue: Path) -> None:
    one = json.dumps({"results": [{"status": "created"}]}).encode()
    answers = [(503, b"{}"), (200, _created(but_503=2)), (200, one)]

    with busy_service(*answers) as (url, bodies):
        result = run("import", str(catalogue / "products.json"), url)

    assert (result.returncode, result.stdout) == (0, "4 created\n"), result.stderr
    assert [body.count(b"product_id") for body in bodies] == [4, 4, 1]
    assert b'"c2"' in bodies[2]


def test_a_service_that_never_has_room_is_given_up(catalogue: Path) -> None:
    with busy_service((503, b'{"detail": "Full."}')) as (url, bodies):
        result = run("import", str(catalogue / "products.json"), url)

    assert (result.returncode, result.stdout) == (1, "4 failed\n")
    assert "c2: Full." in result.stderr
    assert len(bodies) == 11


def test_a_batch_that_is_too_large_for_the_service_is_sent_in_halves(catalogue: Path) -> None:
    two = json.dumps({"results": [{"status": "created"}] * 2}).encode()

    with busy_service((413, b"{}"), (200, two)) as (url, bodies):
        result = run("import", str(catalogue / "products.json"), url)

    assert (result.returncode, result.stdout) == (0, "4 created\n"), result.stderr
    assert [body.count(b"product_id") for body in bodies] == [4, 2, 2]


def test_a_product_that_is_too_large_by_itself_is_named(catalogue: Path) -> None:
    with busy_service((413, b'{"detail": "Too large."}')) as (url, _):
        result = run("import", str(catalogue / "products.json"), url)

    assert (result.returncode, result.stdout) == (1, "4 failed\n")
    assert "c2: Too large." in result.stderr


@pytest.mark.parametrize(
    ("asked", "expected"), [("5", 5), ("86400", LONGEST_PAUSE_S), ("Fri, 01 Jan 2027", 2)]
)
def test_the_pause_is_what_the_answer_asks_within_reason(asked: str, expected: float) -> None:
    assert pause_s(httpx.Response(503, headers={"Retry-After": asked})) == expected


@pytest.mark.parametrize("command", ["import", "evaluate"])
@pytest.mark.parametrize("number", ["0", "-1", "x"])
def test_a_concurrency_below_one_is_refused(
    command: str, number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([command, "products.json", f"--concurrency={number}"])

    assert "argument --concurrency" in capsys.readouterr().err


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
    assert f"is used by process {service.pid}" in result.stderr


def test_settings_that_cannot_be_are_told_by_name(tmp_path: Path) -> None:
    result = run("serve", PORT="70000", DATA_DIR=str(tmp_path))

    assert result.returncode == 1
    assert "PORT" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_port_in_use_is_told_before_anything_is_loaded(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run("serve", ENCODERS="compact", PORT=port, DATA_DIR=str(tmp_path / "data"))

    assert result.returncode == 1
    assert f"Cannot listen on 127.0.0.1 port {port}" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", ["serve", "reindex", "weights"])
def test_a_misspelt_setting_is_told_by_every_command_that_reads_settings(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PROT", "9000")
    monkeypatch.setenv("PORT", "70000")

    assert main([command]) == 1

    assert "PROT is not a setting; did you mean PORT?" in capsys.readouterr().err


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
