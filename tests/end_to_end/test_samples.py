"""The sample catalogue in a real service, as the shop that tries it has it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from drawing.catalogue import another_view
from drawing.scene import jpeg
from service.samples.files import samples
from tests.end_to_end.process import ServiceProcess
from tests.end_to_end.test_commands import busy_service, run

TOTAL = len(samples())


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a service that has the samples and nothing else."""
    service = ServiceProcess(tmp_path_factory.mktemp("shop"))
    try:
        client = service.start().client
        assert client.post("/samples").json()["created"] == TOTAL
        yield client
    finally:
        service.close()


def found(client: httpx.Client, picture: bytes, limit: int = 100) -> list[Any]:
    """The products, best first, with the default weights."""
    answer = client.post("/search/image", files={"image": picture}, data={"limit": str(limit)})
    assert answer.status_code == 200, answer.text
    assert answer.json()["query"]["weights"] == {"semantic": 0.6, "visual": 0.4}
    return [hit["product"] for hit in answer.json()["hits"]]


@pytest.mark.parametrize("background", ["seaside", "two-tone", "street"])
def test_a_green_sports_car_finds_green_cars_then_cars_and_the_green_apple_last(
    shop: httpx.Client, background: str
) -> None:
    products = found(shop, jpeg(another_view("sports car", "green", background, seed=41)))

    kinds = [product["attributes"]["kind"] for product in products]
    colours = [product["attributes"]["colour"] for product in products]
    assert list(zip(kinds, colours, strict=True))[:5] == [("car", "green")] * 5
    apple = [product["product_id"] for product in products].index("sample-green-apple")
    every_car = [place for place, kind in enumerate(kinds) if kind == "car"]
    in_catalogue = [s for s in samples() if s.fields.attributes["kind"] == "car"]
    assert len(every_car) == len(in_catalogue)
    assert max(every_car) < apple


def test_the_example_finds_the_green_cars(shop: httpx.Client) -> None:
    products = found(shop, shop.get("/samples/query.jpg").content, limit=5)

    attributes = [product["attributes"] for product in products]
    assert {(one["kind"], one["colour"]) for one in attributes} == {("car", "green")}


def test_a_text_finds_green_cars(shop: httpx.Client) -> None:
    answer = shop.post("/search/text", json={"query": "green car", "limit": 3}).json()

    attributes = [hit["product"]["attributes"] for hit in answer["hits"]]
    assert {(one["kind"], one["colour"]) for one in attributes} == {("car", "green")}


def test_a_killed_load_leaves_no_half_products_and_is_completed(service: ServiceProcess) -> None:
    with ThreadPoolExecutor(1) as pool:
        load = pool.submit(service.client.post, "/samples")
        while len(whole := acknowledged(service.client)) < 5:
            pass
        service.kill()
        with pytest.raises(httpx.TransportError):
            load.result()
    service.start()

    for product in service.client.get("/products?limit=100").json()["items"]:
        image = service.client.get(product["images"][0]["url"])
        assert (image.status_code, len(product["images"])) == (200, 1)
    assert whole <= acknowledged(service.client)
    loaded = service.client.post("/samples").json()
    assert loaded["created"] + loaded["unchanged"] == TOTAL
    assert loaded["unchanged"] >= len(whole)


def acknowledged(client: httpx.Client) -> set[str]:
    """The products whose creation has ended; the list has those under way, too."""
    listed = (item["product_id"] for item in client.get("/products?limit=100").json()["items"])
    return {id_ for id_ in listed if client.get(f"/products/{id_}").status_code == 200}


def test_the_command_loads_and_deletes(service: ServiceProcess) -> None:
    url = f"--url=http://127.0.0.1:{service.port}"

    loaded, deleted, gone = (
        run("samples", *flags, url) for flags in ([], ["--delete"], ["--delete"])
    )

    assert (loaded.returncode, loaded.stdout) == (0, f"{TOTAL} created\n"), loaded.stderr
    assert deleted.stdout == f"{TOTAL} deleted\n"
    assert (gone.returncode, gone.stdout) == (0, "nothing to delete\n")
    assert service.client.get("/products").json()["total"] == 0


def test_the_files_it_writes_can_be_imported(service: ServiceProcess, tmp_path: Path) -> None:
    written = run("samples", f"--to={tmp_path / 'drawn'}")
    catalogue = tmp_path / "drawn/products.json"
    imported = run("import", str(catalogue), f"--url=http://127.0.0.1:{service.port}")

    assert (written.returncode, written.stderr) == (0, "")
    assert len(json.loads(catalogue.read_text())) == TOTAL
    assert (imported.returncode, imported.stdout) == (0, f"{TOTAL} created\n"), imported.stderr
    assert service.client.post("/samples").json()["unchanged"] == TOTAL


def test_a_service_without_room_is_asked_again() -> None:
    done = json.dumps({"created": 2, "replaced": 0, "unchanged": 1, "total": 3}).encode()

    with busy_service((503, b"{}"), (200, done)) as (url, bodies):
        result = run("samples", url)

    assert (result.returncode, result.stdout) == (0, "2 created, 1 unchanged\n"), result.stderr
    assert len(bodies) == 2


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    result = run("samples", f"--to={tmp_path / 'file'}")

    assert (result.returncode, result.stdout) == (1, "")
    assert "cannot be written" in result.stderr
