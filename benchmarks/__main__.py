"""Measures everything, and writes the report: `python -m benchmarks`, or `make bench`."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import torch
from tqdm import tqdm

from benchmarks.limit import peak_gflops
from benchmarks.models import write_models
from benchmarks.options import Options

PARTS = ("processor", "bulk", "load", "large_photos", "lanes", "vectors", "start")
HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny models and few requests")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, metavar="PART")
    parser.add_argument("--to", type=Path, default=HERE, help="directory of the report")
    arguments = parser.parse_args()
    arguments.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name:
        results = _measure(Path(name), arguments.only, quick=arguments.quick, to=arguments.to)
    from benchmarks.report import write_report

    write_report(results, arguments.to)


def _measure(
    directory: Path, parts: tuple[str, ...], *, quick: bool, to: Path
) -> dict[str, object]:
    """Keeps the earlier results of parts that are not measured."""
    file = to / "results.json"
    results = json.loads(file.read_text()) if file.exists() and not quick else {}
    clip, resnet50 = write_models(directory, full_size=not quick)
    os.sync()  # otherwise the disk would write them during the first measurement
    options = Options(directory, clip, resnet50, quick, peak_gflops(quick=quick))
    started = time.perf_counter()
    for part in (bar := tqdm(parts, unit=" part")):
        bar.set_description(part)
        module = importlib.import_module(f"benchmarks.{part}")
        load, part_started = os.getloadavg()[0], time.perf_counter()
        results[part] = {
            **module.measure(options),
            "load_before": load,
            "minutes": (time.perf_counter() - part_started) / 60,
        }
        file.write_text(json.dumps(results, indent=1, default=float) + "\n")
    results["run"] = {
        "at": datetime.now(UTC).strftime("%Y-%m-%d"),
        "minutes": (time.perf_counter() - started) / 60,
        "quick": quick,
        "torch": torch.__version__,
        "peak_gflops": options.peak_gflops,
        "limit_images_per_s": options.limit_images_per_s,
    }
    file.write_text(json.dumps(results, indent=1, default=float) + "\n")
    return results


if __name__ == "__main__":
    main()
