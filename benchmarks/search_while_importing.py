"""Search latency over HTTP while products are being added: the whole service, compact encoders.

Starts a service of its own on an empty directory, posts --products drawn products in batches and
searches at a steady pace meanwhile. What counts is the ratio to the latency at rest in the same
run, and that the 99th percentile stays below 250 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from PIL import Image, ImageDraw
from tqdm import tqdm

BATCH = 64
RANKED = "p50 {:6.1f} ms   p99 {:6.1f} ms   longest {:6.1f} ms   {} searches"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=20_000)
    parser.add_argument("--searches-per-s", type=float, default=5.0)
    parser.add_argument("--senders", type=int, default=2, help="batches under way at once")
    parser.add_argument("--encoders", default="compact")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, _service(directory, arguments) as url:
        asyncio.run(_measure(arguments, url))


@contextmanager
def _service(directory: str, arguments: argparse.Namespace) -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    environment = {
        **os.environ,
        "ENCODERS": arguments.encoders,
        "PORT": str(port),
        "DATA_DIR": directory,
        "LOG_LEVEL": "warning",
    }
    process = subprocess.Popen([sys.executable, "-m", "service", "serve"], env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                if httpx.get(f"{url}/health", trust_env=False).status_code == httpx.codes.OK:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


async def _measure(arguments: argparse.Namespace, url: str) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=120, trust_env=False) as client:
        started = time.perf_counter()
        adding = asyncio.create_task(_add(client, arguments))
        while_adding = await _search(client, arguments, until=adding)
        seconds = time.perf_counter() - started
        at_rest = await _search(client, arguments, until=asyncio.create_task(asyncio.sleep(30)))
    print(f"added {arguments.products} products in {seconds:.0f} s")
    print("while adding:", _summary(while_adding))
    print("at rest:     ", _summary(at_rest))
    ratio = statistics.median(while_adding) / statistics.median(at_rest)
    print(f"median while adding / at rest: {ratio:.2f}")


async def _add(client: httpx.AsyncClient, arguments: argparse.Namespace) -> None:
    starts = iter(range(0, arguments.products, BATCH))
    bar = tqdm(total=arguments.products, unit=" products", disable=None)

    async def sender() -> None:
        for start in starts:
            numbers = range(start, min(start + BATCH, arguments.products))
            files = await asyncio.to_thread(_files, numbers)
            manifest = [{"product_id": f"p{n}", "name": "P", "images": [str(n)]} for n in numbers]
            response = await client.post(
                "/products/batch", data={"manifest": json.dumps(manifest)}, files=files
            )
            failed = [r for r in response.json()["results"] if r["status"] == "failed"]
            if failed:
                raise RuntimeError(failed[0]["problem"]["detail"])
            bar.update(len(numbers))

    await asyncio.gather(*(sender() for _ in range(arguments.senders)))
    bar.close()


def _files(numbers: range) -> list[tuple[str, tuple[str, bytes]]]:
    return [("file", (str(number), _picture(number))) for number in numbers]


async def _search(
    client: httpx.AsyncClient, arguments: argparse.Namespace, until: asyncio.Future[None]
) -> list[float]:
    """Latencies in milliseconds of searches at a steady pace."""
    taken: list[float] = []
    number = 10_000_000
    while not until.done():
        picture = await asyncio.to_thread(_picture, number)
        started = time.perf_counter()
        response = await client.post("/search/image", files={"image": picture})
        response.raise_for_status()
        taken.append((time.perf_counter() - started) * 1000)
        number += 1
        await asyncio.sleep(1 / arguments.searches_per_s)
    await until
    return taken


def _picture(seed: int) -> bytes:
    """A JPEG of 320 by 240 pixels with a few shapes, another one for each seed."""
    draw_with = random.Random(seed)

    def colour() -> tuple[int, int, int]:
        return draw_with.randrange(256), draw_with.randrange(256), draw_with.randrange(256)

    image = Image.new("RGB", (320, 240), colour())
    canvas = ImageDraw.Draw(image)
    for _ in range(4):
        x, y = draw_with.randrange(300), draw_with.randrange(220)
        box = (x, y, x + draw_with.randint(20, 200), y + draw_with.randint(20, 160))
        draw_with.choice([canvas.ellipse, canvas.rectangle])(box, fill=colour())
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _summary(taken: list[float]) -> str:
    ordered = sorted(taken)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return RANKED.format(statistics.median(ordered), p99, ordered[-1], len(ordered))


if __name__ == "__main__":
    main()
