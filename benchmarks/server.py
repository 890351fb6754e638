"""Starts a service in an empty directory for a measurement, and calls it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

RESTED_AFTER_S = 5
AT_REST_CORES = 0.1

BOUNDARY = "benchmark-boundary"
HEADERS = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


@dataclass(frozen=True)
class Service:
    url: str
    pid: int

    def client(self) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=None)
        return httpx.AsyncClient(base_url=self.url, timeout=120, trust_env=False, limits=limits)

    def resident_mib(self) -> float:
        return resident_mib(self.pid)

    def rest(self) -> None:
        """Waits until the service is idle.

        After an import it reads the catalogue again, which would disturb the next measurement.
        """
        rested_s = 0
        while rested_s < RESTED_AFTER_S:
            before = cpu_s(self.pid)
            time.sleep(1)
            rested_s = rested_s + 1 if cpu_s(self.pid) - before < AT_REST_CORES else 0


@contextmanager
def service(directory: Path, *, wait: bool = True, **settings: str) -> Iterator[Service]:
    """Serves from `directory` with these settings, named as in the environment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    environment = {
        **os.environ,
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "DATA_DIR": str(directory),
        "LOG_LEVEL": "warning",
        **settings,
    }
    process = subprocess.Popen([sys.executable, "-m", "service", "serve"], env=environment)
    running = Service(f"http://127.0.0.1:{port}", process.pid)
    try:
        if wait:
            wait_until_ready(running, process)
        yield running
    finally:
        process.terminate()
        process.wait()


def wait_until_ready(running: Service, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            if httpx.get(f"{running.url}/health", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the service did not start; its log says why")


def large_models(clip: Path, resnet50_file: Path) -> dict[str, str]:
    return {
        "ENCODERS": "clip+resnet50",
        "CLIP_MODEL": str(clip),
        "RESNET50_WEIGHTS": str(resnet50_file),
        "DEVICE": "cpu",
    }


def form(fields: dict[str, str], files: Sequence[tuple[str, str, bytes]]) -> bytes:
    """Returns a multipart body. It is made before the measurement, and so not measured.

    `files` are field names, file names and bytes.
    """
    parts: list[bytes] = []
    for name, value in fields.items():
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        parts += [head.encode(), value.encode(), b"\r\n"]
    for name, filename, data in files:
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; '
            f'filename="{filename}"\r\nContent-Type: image/jpeg\r\n\r\n'
        )
        parts += [head.encode(), data, b"\r\n"]
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])


def product_id(number: int) -> str:
    return f"p{number}"


def number(product_id: str) -> int:
    return int(product_id.removeprefix("p"))


def batch_form(first: int, pictures: Sequence[bytes]) -> bytes:
    """Sends products with one picture each, numbered from `first`."""
    manifest = [
        {"product_id": product_id(first + n), "name": f"Product {first + n}", "images": [f"f{n}"]}
        for n in range(len(pictures))
    ]
    files = [("files", f"f{n}", data) for n, data in enumerate(pictures)]
    return form({"manifest": json.dumps(manifest)}, files)


async def post_batch(client: httpx.AsyncClient, body: bytes) -> None:
    response = await client.post("/products/batch", content=body, headers=HEADERS)
    response.raise_for_status()
    for result in response.json()["results"]:
        if result["status"] == "failed":
            raise RuntimeError(result["problem"]["detail"])


async def search(client: httpx.AsyncClient, body: bytes) -> dict[str, object]:
    """Returns the answer to a picture search. `body` comes from `search_form`."""
    response = await client.post("/search/image", content=body, headers=HEADERS)
    response.raise_for_status()
    answer: dict[str, object] = response.json()
    return answer


def search_form(data: bytes, limit: int = 10) -> bytes:
    return form({"limit": str(limit)}, [("image", "photo.jpg", data)])


def resident_mib(pid: int) -> float:
    line = Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split("\n")[0]
    return int(line.split()[0]) / 1024


def cpu_s(pid: int) -> float:
    """Returns the processor time of all threads of the process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / os.sysconf("SC_CLK_TCK")
