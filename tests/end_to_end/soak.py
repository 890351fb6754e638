"""Kills the engine's process again and again under upload, and checks every acknowledged write.

    python -m tests.end_to_end.soak --kills 200 --encoders compact

Prints how often the service hung, what it lost, and how long it took to be healthy again.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.end_to_end.pictures import png
from tests.end_to_end.process import ServiceProcess

UPLOADERS = 3
PRODUCTS_PER_UPLOADER = 40
PAUSE_S = 1.0
"""Longest time between a recovery and the next kill: long enough for uploads to be under way."""
HUNG_S = 60.0


@dataclass
class Uploads:
    """The newest acknowledged picture of each product."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    last_sent: dict[str, str] = field(default_factory=dict)
    statuses: Counter[int | str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Outcome:
    """How a round of kills went. `recoveries_s`: from each kill to an acknowledged write."""

    recoveries_s: list[float]
    statuses: Counter[int | str]
    acknowledged: int
    lost: list[str]

    @property
    def server_errors(self) -> int:
        """Answers of 500 and above, without 503, which asks the client to try again."""
        return sum(
            count
            for status, count in self.statuses.items()
            if isinstance(status, int) and status >= 500 and status != 503
        )


def kill_under_upload(service: ServiceProcess, kills: int, *, seed: int = 0) -> Outcome:
    """Kills the engine so many times. Raises AssertionError where the service hangs."""
    uploads, stop, chance = Uploads(), threading.Event(), random.Random(seed)
    threads = [
        threading.Thread(target=_upload, args=(service, uploads, number, stop), daemon=True)
        for number in range(UPLOADERS)
    ]
    for thread in threads:
        thread.start()
    try:
        recoveries = []
        for _ in range(kills):
            time.sleep(chance.uniform(0.1, PAUSE_S))
            recoveries.append(_kill_and_wait(service, uploads))
    finally:
        stop.set()
        for thread in threads:
            thread.join(HUNG_S)
    return Outcome(recoveries, uploads.statuses, len(uploads.acknowledged), _lost(service, uploads))


def _upload(service: ServiceProcess, uploads: Uploads, number: int, stop: threading.Event) -> None:
    """Replaces products with new pictures, one request after the other."""
    with httpx.Client(base_url=service.client.base_url, timeout=HUNG_S, trust_env=False) as client:
        turn = 0
        while not stop.is_set():
            product_id = f"p{number}-{turn % PRODUCTS_PER_UPLOADER}"
            data = png(number * 1_000_000 + turn)
            image_id = hashlib.sha256(data).hexdigest()
            uploads.last_sent[product_id] = image_id
            turn += 1
            try:
                response = client.put(
                    f"/products/{product_id}", data={"name": "Soaked"}, files={"image": data}
                )
            except httpx.HTTPError as error:
                uploads.statuses[type(error).__name__] += 1
                continue
            uploads.statuses[response.status_code] += 1
            if response.is_success:
                uploads.acknowledged[product_id] = image_id


def _kill_and_wait(service: ServiceProcess, uploads: Uploads) -> float:
    """Kills the engine; the seconds until the service is ready and has acknowledged a write."""
    before = uploads.statuses[200] + uploads.statuses[201]
    started = time.monotonic()
    for pid in service.engine_pids():
        os.kill(pid, signal.SIGKILL)
    while time.monotonic() - started < HUNG_S:
        assert service.client.get("/health/live", timeout=HUNG_S).status_code == 200
        if (
            service.client.get("/health").status_code == 200
            and uploads.statuses[200] + uploads.statuses[201] > before
        ):
            return time.monotonic() - started
        time.sleep(0.02)
    raise AssertionError(f"not healthy {HUNG_S:.0f} s after a kill:\n{service.log.read_text()}")


def _lost(service: ServiceProcess, uploads: Uploads) -> list[str]:
    """The products that have neither the acknowledged picture nor the one sent after it."""
    lost = []
    for product_id, image_id in uploads.acknowledged.items():
        response = service.client.get(f"/products/{product_id}")
        kept = {image["image_id"] for image in response.json().get("images", [])}
        if not kept & {image_id, uploads.last_sent[product_id]}:
            lost.append(product_id)
    return lost


def _environment(encoders: str, directory: Path) -> dict[str, str]:
    if encoders == "compact":
        return {"ENCODERS": "compact"}
    from tests.embedding.checkpoints import write_clip, write_resnet50

    clip = write_clip(directory / "clip-ViT-B-32")
    resnet50 = write_resnet50(directory / "resnet50.pth")
    return {"ENCODERS": encoders, "CLIP_MODEL": str(clip), "RESNET50_WEIGHTS": str(resnet50)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--encoders", choices=["compact", "clip+resnet50"], default="compact")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        service = ServiceProcess(directory, **_environment(arguments.encoders, directory))
        try:
            service.start()
            outcome = kill_under_upload(service, arguments.kills)
        finally:
            service.close()
    times = sorted(outcome.recoveries_s)
    sys.stdout.write(
        f"{arguments.encoders}: {len(times)} kills, no hang;"
        f" healthy after {times[len(times) // 2]:.1f} s (median), {times[-1]:.1f} s (longest);"
        f" {outcome.acknowledged} products acknowledged, {len(outcome.lost)} lost;"
        f" answers {dict(outcome.statuses)}\n"
    )
    return 1 if outcome.lost or outcome.server_errors else 0


if __name__ == "__main__":
    sys.exit(main())
