"""Acknowledged writes are there after `kill -9` of the service, of its engine, and of both."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.pictures import png
from tests.end_to_end.process import ServiceProcess
from tests.end_to_end.soak import kill_under_upload


def put(service: ServiceProcess, number: int) -> httpx.Response:
    return service.client.put(
        f"/products/p{number}", data={"name": f"Product {number}"}, files={"image": png(number)}
    )


def found(service: ServiceProcess, number: int) -> bool:
    response = service.client.post(
        "/search/image", data={"limit": "1"}, files={"image": png(number)}
    )
    hits = response.json()["hits"]
    return bool(hits) and hits[0]["product"]["product_id"] == f"p{number}"


def write_until_cut_off(service: ServiceProcess, enough: threading.Event) -> list[int]:
    """Products one after the other; the numbers of those that were acknowledged."""
    acknowledged: list[int] = []
    for number in range(10_000):
        try:
            response = put(service, number)
        except httpx.TransportError:
            break
        if response.status_code == 201:
            acknowledged.append(number)
        if len(acknowledged) == 20:
            enough.set()
        if len(acknowledged) == 60:
            break
    return acknowledged


def kill_service(service: ServiceProcess) -> None:
    service.kill()


def kill_both(service: ServiceProcess) -> None:
    for pid in service.engine_pids():
        os.kill(pid, signal.SIGKILL)
    service.kill()


@pytest.mark.parametrize("kill", [kill_service, kill_both])
def test_acknowledged_products_survive_kill_9(
    service: ServiceProcess, kill: Callable[[ServiceProcess], None]
) -> None:
    enough = threading.Event()
    results: list[list[int]] = []
    writer = threading.Thread(target=lambda: results.append(write_until_cut_off(service, enough)))
    writer.start()
    assert enough.wait(60)

    kill(service)
    writer.join()
    service.start()

    (acknowledged,) = results
    assert len(acknowledged) >= 20
    total = service.client.get("/products").json()["total"]
    assert total in (len(acknowledged), len(acknowledged) + 1)
    assert [number for number in acknowledged if not found(service, number)] == []


def test_a_killed_engine_is_replaced_and_nothing_is_lost(service: ServiceProcess) -> None:
    assert [put(service, number).status_code for number in range(10)] == [201] * 10
    (engine,) = service.engine_pids()

    os.kill(engine, signal.SIGKILL)

    assert all(found(service, number) for number in range(10))
    assert put(service, 10).status_code == 201
    service.wait_until_ready()
    assert service.engine_pids() != [engine]


def test_the_engine_may_be_killed_again_and_again_under_upload(service: ServiceProcess) -> None:
    outcome = kill_under_upload(service, kills=8)

    assert len(outcome.recoveries_s) == 8
    assert (outcome.server_errors, outcome.lost) == (0, [])
    assert outcome.acknowledged > 0


def test_sigterm_ends_with_0_and_a_second_start_has_the_data(service: ServiceProcess) -> None:
    put(service, 1)

    assert service.stop() == 0
    service.start()

    assert found(service, 1)
    assert put(service, 1).json()["unchanged"] is True


def test_a_lost_index_is_rebuilt_from_the_blobs(service: ServiceProcess) -> None:
    for number in range(5):
        put(service, number)
    service.stop()
    shutil.rmtree(service.directory / "data" / "vectors")

    service.start()

    assert service.client.get("/health").json()["warnings"] or found(service, 0)
    while service.client.get("/health").json()["warnings"]:
        service.wait_until_ready()
    assert service.client.get("/products").json()["total"] == 5
    assert all(found(service, number) for number in range(5))


@pytest.mark.parametrize("prefix", ["products", "another"])
def test_a_second_service_on_the_same_directory_is_refused(
    service: ServiceProcess, prefix: str
) -> None:
    second = ServiceProcess(service.directory, COLLECTION_PREFIX=prefix)
    try:
        with pytest.raises(AssertionError, match=f"is used by process {service.pid} on"):
            second.start()
    finally:
        second.close()


def test_a_second_embedded_index_of_the_same_bucket_is_refused(tmp_path: Path) -> None:
    bucket = f"file://{tmp_path}/bucket"
    first = ServiceProcess(_folder(tmp_path / "1"), BLOB_URL=bucket)
    second = ServiceProcess(_folder(tmp_path / "2"), BLOB_URL=bucket)
    try:
        first.start()
        with pytest.raises(AssertionError, match=f"Process {first.pid} on .* QDRANT_URL"):
            second.start()
        first.kill()
        first.start()  # the lease is of its directory, and not of the process that was killed
    finally:
        first.close()
        second.close()


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
