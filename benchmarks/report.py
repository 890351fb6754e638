"""Writes the report from the results of a run."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.options import GFLOP

Results = dict[str, Any]

HERE = Path(__file__).parent

Reads = Callable[[Results], float]

GOALS: list[tuple[str, str, Reads, str]] = [
    (
        "Bulk indexing over HTTP, pictures a second",
        "at least 5 times naive",
        lambda found: found["bulk"]["ratio"],
        "{:.2f} x",
    ),
    (
        "Bulk indexing over HTTP, share of the processor's limit",
        "at least 90%",
        lambda found: found["bulk"]["share_of_limit"],
        "{:.0%}",
    ),
    (
        "Least cosine of an indexed vector to float32's",
        "at least 0.999",
        lambda found: min(found["bulk"]["least_cosine"].values()),
        "{:.5f}",
    ),
    (
        "Searches with float32's top ten",
        "all, but for ties within 0.001",
        lambda found: found["bulk"]["same_top_ten"] / found["bulk"]["queries"],
        "{:.0%}",
    ),
    (
        "Searches a second at 16 clients",
        "at least 4 times naive",
        lambda found: found["load"]["clients"]["16"]["throughput_ratio"],
        "{:.2f} x",
    ),
    (
        "Searches at 16 clients, share of the processor's limit",
        "at least 85%",
        lambda found: found["load"]["clients"]["16"]["share_of_limit"],
        "{:.0%}",
    ),
    (
        "Longest search at 64 clients",
        "within the queue's bound, 30 s",
        lambda found: found["load"]["clients"]["64"]["longest_ms"] / 1e3,
        "{:.1f} s",
    ),
    (
        "Latency of a lone search",
        "at most half of naive",
        lambda found: found["load"]["clients"]["1"]["latency_ratio"],
        "{:.2f} x",
    ),
    (
        "Latency of a lone search without decoding",
        "at most 1.5 times the processor's limit",
        lambda found: found["load"]["lone_to_limit"],
        "{:.2f} x",
    ),
    (
        "12-megapixel photo, decoding and preprocessing",
        "at least 4 times naive",
        lambda found: found["large_photos"]["ratio"],
        "{:.2f} x",
    ),
    (
        "Least cosine of its vectors to those of a full decode",
        "at least 0.995",
        lambda found: min(found["large_photos"]["least_cosine"].values()),
        "{:.5f}",
    ),
    (
        "Lone search during an import, CLIP and ResNet50",
        "at most 2.5 times idle",
        lambda found: found["lanes"]["large"]["ratio"],
        "{:.2f} x",
    ),
    (
        "Lone search during an import, compact encoders",
        "at most 2.5 times idle",
        lambda found: found["lanes"]["compact"]["ratio"],
        "{:.2f} x",
    ),
    (
        "Recall at 10 among 100,000 products",
        "at least 0.99",
        lambda found: found["vectors"]["100000"]["recall_at_10"],
        "{:.3f}",
    ),
    (
        "Growth of memory over thousands of searches",
        "at most 5%",
        lambda found: found["start"]["memory"]["growth"],
        "{:.1%}",
    ),
]
"""The goals, each with its subject, its target, its place in the results and its format."""


def write_report(results: Results, to: Path) -> Path:
    """Writes REPORT.md, and the plots if matplotlib is installed."""
    plots: list[str] = []
    if find_spec("matplotlib"):
        from benchmarks.plots import draw

        plots = draw(results, to)
    sections = [
        _head(results),
        _goals(results),
        *(write(results[part], plots) for part, write in _SECTIONS.items() if part in results),
        (HERE / "NOTES.md").read_text(encoding="utf-8").strip(),
    ]
    file = to / "REPORT.md"
    file.write_text("\n\n".join(sections) + "\n", encoding="utf-8")
    return file


def _head(results: Results) -> str:
    run, processor = results["run"], results.get("processor", {})
    quick = "**Tiny models: these figures mean nothing.** " if run["quick"] else ""
    busy = ", ".join(
        f"{part} {one['load_before']:.1f}" for part, one in results.items() if part != "run"
    )
    return (
        f"# How fast it is\n\n{quick}Measured on {run['at']} with PyTorch {run['torch']} on "
        f"{processor.get('cores', '?')} cores of {processor.get('model', 'unknown')}, in "
        f"{run['minutes']:.0f} minutes; `make bench` measures again and writes this page.\n\n"
        "The limit is the highest speed that this processor allows: both models' arithmetic, "
        f"{sum(GFLOP.values()):.1f} GFLOP a picture, at the pace of a large product of matrices. "
        f"That pace is {_paces(run['peak_gflops'])}, so that the limit is "
        f"{run['limit_images_per_s']:.1f} pictures a second. bfloat16 counts if the processor "
        "multiplies it in hardware.\n\n"
        "CLIP ViT-B/32 and ResNet50 have their full size and random weights, the pictures are "
        "drawn, and the clients share the cores with the service. The naive way is measured in the "
        "same run, in turns: one request after the other, `SentenceTransformer.encode`, "
        "torchvision's ResNet50 with its own transforms, float32, two searches, scores added in "
        "Python. Compare the shares and the ratios, not the milliseconds.\n\n"
        f"Load average of the machine before each part (idle is 0): {busy}."
    )


def _paces(peak: dict[str, float]) -> str:
    return " and ".join(f"{pace:.0f} GFLOP/s in {name}" for name, pace in peak.items())


def _goals(results: Results) -> str:
    rows = [(name, goal, _measured(results, read, how)) for name, goal, read, how in GOALS]
    return "## Goals\n\n" + _table(("", "goal", "measured"), rows)


def _measured(results: Results, read: Reads, how: str) -> str:
    try:
        return how.format(read(results))
    except KeyError:
        return "not measured"


def _processor(found: Results, plots: list[str]) -> str:
    rows = [
        (f"{name}, {precision}", one["way"], *_by_size(one, found, name))
        for name, ways in found["passes"].items()
        for precision, one in ways.items()
    ]
    head = ("", "execution plan", "one picture", "2 in a pass", "4", "8")
    return (
        "## The distance to the processor's limit\n\nMilliseconds a picture, and the limit's "
        "share of them.\n\n"
        + _table(head, rows)
        + _plot("limit.svg", "Pictures a second, and the processor's limit", plots)
    )


def _by_size(one: Results, found: Results, model: str) -> list[str]:
    limit_ms = found["gflop_per_picture"][model] / max(found["peak_gflops"].values()) * 1e3
    times = [value for key, value in one.items() if key != "way"]
    return [f"{value:.1f}, {limit_ms / value:.0%}" for value in times]


def _bulk(found: Results, plots: list[str]) -> str:
    return (
        f"## Bulk indexing\n\n{found['images']} JPEGs of 1 megapixel over HTTP: "
        f"{found['images_per_s']:.1f} a second, {found['share_of_limit']:.0%} of the limit; the "
        f"naive way {found['naive_images_per_s']:.1f}. {found['ratio']:.2f} times by the median of "
        "rounds, "
        f"round by round {_numbers(found['ratios'])}.\n\n"
        "Least cosine of an indexed vector to float32's, over all of them: "
        f"semantic {found['least_cosine']['semantic']:.5f}, visual "
        f"{found['least_cosine']['visual']:.5f}. {found['same_top_ten']} of {found['queries']} "
        "searches have float32's top ten but for ties within 0.001; the largest difference of a "
        f"score is {found['largest_score_difference']:.5f}; an indexed picture searched for scores "
        f"at least {found['least_score_of_an_indexed_picture']:.5f}."
    )


def _load(found: Results, plots: list[str]) -> str:
    rows = [
        (
            clients,
            f"{one['per_s']:.1f}",
            f"{one['share_of_limit']:.0%}",
            f"{one['throughput_ratio']:.2f}",
            f"{one['p50_ms']:.0f}",
            f"{one['p99_ms']:.0f}",
            f"{one['longest_ms']:.0f}",
        )
        for clients, one in found["clients"].items()
    ]
    head = ("clients", "a second", "of the limit", "times naive", "median ms", "p99 ms", "longest")
    return (
        f"## Searches under load\n\nThe naive way takes {found['naive_ms']:.0f} ms a search; at "
        f"the limit one would take {found['limit_ms']:.0f} ms and decoding. "
        "A search that the queue cannot take within its bound of 30 s (`QUEUE_TIMEOUT_S`), or "
        "beyond 256 that wait (`QUEUE_MAX_ITEMS`), is refused with 503 and `Retry-After`; none "
        "was here.\n\n"
        + _table(head, rows)
        + _plot("load.svg", "Throughput and latency by number of clients", plots)
        + _plot("request.svg", "Where the time of a lone search goes", plots)
    )


def _large_photos(found: Results, plots: list[str]) -> str:
    least, (width, height) = found["least_cosine"], found["decoded_size"]
    return (
        f"## 12-megapixel photos\n\nOf {found['megabytes']:.1f} MB, decoded to {width} x {height}. "
        f"Decoding and preprocessing for both models take {found['ours_ms']:.0f} ms, naively "
        f"{found['naive_ms']:.0f} ms: {found['ratio']:.2f} times, photo by photo "
        f"{_numbers(found['ratios'])}. With a full decode before the service's own preprocessing "
        f"they take {found['full_ms']:.0f} ms, {found['ratio_to_full']:.2f} times. Least cosine to "
        f"the naive way's vectors: semantic {least['semantic']:.5f}, visual {least['visual']:.5f}."
    )


def _lanes(found: Results, plots: list[str]) -> str:
    rows = [
        (
            name,
            f"{one['idle']['p50_ms']:.0f}",
            f"{one['importing']['p50_ms']:.0f}",
            f"{one['importing']['p99_ms']:.0f}",
            f"{one['ratio']:.2f}",
            f"{one['imported_per_s_meanwhile']:.1f}",
            f"{one['share_of_limit']:.0%}" if "share_of_limit" in one else "",
        )
        for name, one in found.items()
        if isinstance(one, dict)
    ]
    head = (
        "encoders",
        "median at rest, ms",
        "importing",
        "p99",
        "ratio",
        "imported a second",
        "with the searches, of the limit",
    )
    return "## Searches during an import\n\n" + _table(head, rows)


def _vectors(found: Results, plots: list[str]) -> str:
    rows = [
        (
            f"{int(points):,}",
            f"{one['p50_ms']:.1f}",
            f"{one['p99_ms']:.1f}",
            f"{one['recall_at_10']:.3f}",
            f"{one['kib_per_product']:.1f}",
            f"{one['points_per_s']:.0f}",
        )
        for points, one in found.items()
        if isinstance(one, dict)
    ]
    head = ("products", "median ms", "p99 ms", "recall at 10", "KiB a product", "indexed a second")
    return (
        "## Vector search, embedded engine\n\n"
        + _table(head, rows)
        + _plot("vectors.svg", "Latency and recall by size of the catalogue", plots)
    )


def _start(found: Results, plots: list[str]) -> str:
    rows = [
        (name, one["phase"], f"{one['after_s']:.1f}", f"{one['resident_mib']:.0f}")
        for name, started in found["starts"].items()
        for one in started["phases"]
    ]
    memory = found["memory"]
    curve = ", ".join(f"{mib:.0f}" for _, mib in memory["curve_mib"])
    return (
        "## Start and memory\n\nThe first start exports the networks. Cold means that the weights "
        "and the networks were dropped from the page cache before.\n\n"
        + _table(("start", "phase", "seen after s", "memory, MiB"), rows)
        + f"\n\nOver {memory['requests']:,} searches with the compact encoders, memory at each "
        f"tenth was {curve} MiB: {memory['growth']:+.1%} from the second tenth to the last."
    )


_SECTIONS = {
    "processor": _processor,
    "bulk": _bulk,
    "load": _load,
    "large_photos": _large_photos,
    "lanes": _lanes,
    "vectors": _vectors,
    "start": _start,
}


def _numbers(values: list[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _plot(file: str, title: str, plots: list[str]) -> str:
    return f"\n\n![{title}]({file})" if file in plots else ""
