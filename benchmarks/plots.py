"""Draws the report's plots as small SVG files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams.update(
    {"svg.hashsalt": "lookalike", "font.size": 9, "axes.grid": True, "grid.alpha": 0.3}
)
import matplotlib.pyplot as plt  # noqa: E402  # the backend must be chosen first

OURS, NAIVE, THIRD = "#2563eb", "#9ca3af", "#d97706"
SIZE = (5.6, 3.0)


def draw(results: dict[str, Any], to: Path) -> list[str]:
    """Writes the plots for which there are results, and returns the names of their files."""
    drawn = []
    for part, name, plot in (
        ("load", "load.svg", _load),
        ("load", "request.svg", _request),
        ("vectors", "vectors.svg", _vectors),
        ("processor", "limit.svg", _limit),
    ):
        if part in results:
            plot(results)
            plt.tight_layout()
            plt.savefig(to / name, metadata={"Date": None})
            plt.close()
            drawn.append(name)
    return drawn


def _load(results: dict[str, Any]) -> None:
    load = results["load"]
    clients = [int(n) for n in load["clients"]]
    found = list(load["clients"].values())
    _, (left, right) = plt.subplots(1, 2, figsize=(8, 3))
    left.plot(clients, [one["per_s"] for one in found], "o-", color=OURS, label="service")
    left.axhline(load["naive_per_s"], color=NAIVE, ls="--", label="naive")
    left.set(xscale="log", xlabel="clients", ylabel="searches a second", ylim=(0, None))
    right.plot(clients, [one["p50_ms"] for one in found], "o-", color=OURS, label="median")
    right.plot(clients, [one["p99_ms"] for one in found], "o-", color=THIRD, label="p99")
    queue = [load["naive_ms"] * n for n in clients]
    right.plot(clients, queue, color=NAIVE, ls="--", label="naive, one after the other")
    right.set(xscale="log", yscale="log", xlabel="clients", ylabel="ms")
    for axes in (left, right):
        axes.set_xticks(clients, map(str, clients))
        axes.minorticks_off()
        axes.legend()


def _request(results: dict[str, Any]) -> None:
    parts = results["load"]["parts_ms"]
    plt.figure(figsize=(SIZE[0], 1.6))
    start = 0.0
    colours = (OURS, THIRD, "#16a34a", NAIVE)
    for (name, value), colour in zip(parts.items(), colours, strict=False):
        plt.barh([0], [value], left=start, color=colour, label=f"{name} {value:.1f} ms")
        start += value
    plt.yticks([])
    plt.xlabel("ms of a lone search")
    plt.legend(ncols=len(parts), loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)


def _vectors(results: dict[str, Any]) -> None:
    found = {int(n): one for n, one in results["vectors"].items() if n.isdigit()}
    _, left = plt.subplots(figsize=SIZE)
    left.plot(
        list(found), [one["p50_ms"] for one in found.values()], "o-", color=OURS, label="median"
    )
    left.plot(
        list(found), [one["p99_ms"] for one in found.values()], "o-", color=THIRD, label="p99"
    )
    left.set(xscale="log", yscale="log", xlabel="products", ylabel="ms a search")
    left.legend(loc="upper left")
    right = left.twinx()
    right.plot(list(found), [one["recall_at_10"] for one in found.values()], "s:", color="#16a34a")
    right.set(ylabel="recall at 10 (dotted)", ylim=(0, 1.05))
    right.grid(visible=False)


def _limit(results: dict[str, Any]) -> None:
    processor = results["processor"]
    models = processor["passes"].values()
    bars = {
        "the limit": processor["limit_images_per_s"],
        **{
            f"both models, {name}": 1e3 / sum(one[name]["ms_per_picture_8"] for one in models)
            for name in (*processor["peak_gflops"], "plain")
        },
    }
    if "bulk" in results:
        bars["bulk import over HTTP"] = results["bulk"]["images_per_s"]
        bars["the naive way"] = results["bulk"]["naive_images_per_s"]
    plt.figure(figsize=SIZE)
    colours = [NAIVE if "limit" in name or "naive" in name else OURS for name in bars]
    plt.barh(list(bars)[::-1], list(bars.values())[::-1], color=colours[::-1])
    plt.xlabel("pictures a second")
