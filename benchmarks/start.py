"""Measures the time and memory of a start by phase, and the memory over many requests."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from pathlib import Path

import httpx

from benchmarks import server
from benchmarks.options import Options, Result
from benchmarks.pictures import picture

POLL_S = 0.02
TINY = (96, 72)
CLIENTS = 8


def measure(options: Options) -> Result:
    """Measures starts with a cold and a warm page cache, and a long run of small requests."""
    files = [path for path in options.clip.rglob("*") if path.is_file()] + [options.resnet50]
    shutil.rmtree(options.networks, ignore_errors=True)
    first = _start(options, "first", options.models())
    files += [path for path in options.networks.rglob("*") if path.is_file()]
    _forget(files)
    starts = {
        "first": first,
        "cold": _start(options, "cold", options.models()),
        "warm": _start(options, "warm", options.models()),
        "compact": _start(options, "compact", {"ENCODERS": "compact"}),
    }
    return {"starts": starts, "memory": _memory(options)}


def _forget(files: list[Path]) -> None:
    """Asks the system to drop the files from its page cache."""
    for file in files:
        with file.open("rb") as stream:
            os.fsync(stream.fileno())
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _start(options: Options, name: str, settings: dict[str, str]) -> Result:
    """Returns the time and memory at the first appearance of each message of the start."""
    started = time.perf_counter()
    phases: list[Result] = []
    directory = options.empty(f"start-{name}")
    with server.service(directory, wait=False, **settings) as running:
        while True:
            said = _said(running)
            if said and (not phases or phases[-1]["phase"] != said):
                phases.append(
                    {
                        "phase": said,
                        "after_s": time.perf_counter() - started,
                        "resident_mib": running.resident_mib(),
                    }
                )
            if said == "ready":
                return {"ready_s": time.perf_counter() - started, "phases": phases}
            time.sleep(POLL_S)


def _said(running: server.Service) -> str | None:
    """Returns the progress message of the service, `ready`, or None before it answers."""
    try:
        answer = httpx.get(f"{running.url}/products?limit=1", trust_env=False)
    except httpx.TransportError:
        if not Path(f"/proc/{running.pid}").exists():
            raise subprocess.SubprocessError("the service has ended") from None
        return None
    return "ready" if answer.status_code == 200 else str(answer.json()["detail"])


def _memory(options: Options) -> Result:
    """Returns the resident memory after the warm-up and after each tenth of the requests."""
    requests = options.size(20_000, 40)
    bodies = [server.search_form(picture(n, TINY), limit=5) for n in range(64)]
    with server.service(options.empty("memory"), ENCODERS="compact") as running:
        curve = asyncio.run(_requests(running, bodies, requests))
    warm, last = curve[1][1], curve[-1][1]
    return {"requests": requests, "curve_mib": curve, "growth": last / warm - 1}


async def _requests(
    running: server.Service, bodies: list[bytes], requests: int
) -> list[tuple[int, float]]:
    curve: list[tuple[int, float]] = []
    async with running.client() as client:
        await server.post_batch(client, server.batch_form(0, [picture(n, TINY) for n in range(16)]))
        for tenth in range(10):
            numbers = iter(range(requests // 10))

            async def run(numbers=numbers) -> None:
                for number in numbers:
                    await server.search(client, bodies[number % len(bodies)])

            await asyncio.gather(*(run() for _ in range(CLIENTS)))
            curve.append(((tenth + 1) * (requests // 10), running.resident_mib()))
    return curve
