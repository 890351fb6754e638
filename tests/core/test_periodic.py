"""Background work is repeated, whatever goes wrong with one repetition."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from service.core.errors import StoreUnavailable
from service.core.periodic import repeat


async def test_outages_and_errors_are_logged_and_retried() -> None:
    failures: list[Exception] = [StoreUnavailable("The store is away."), KeyError("a bug")]
    done = asyncio.Event()

    async def step() -> None:
        if failures:
            raise failures.pop(0)
        done.set()

    with capture_logs() as lines:
        task = asyncio.create_task(repeat(step, every_s=0, name="baseline"))
        await done.wait()
    task.cancel()

    assert [(line["log_level"], line["task"]) for line in lines] == [
        ("warning", "baseline"),
        ("error", "baseline"),
    ]
    assert lines[0]["reason"] == "The store is away."


async def test_it_pauses_between_calls_and_ends_when_cancelled() -> None:
    calls = 0

    async def step() -> None:
        nonlocal calls
        calls += 1

    task = asyncio.create_task(repeat(step, every_s=60, name="baseline"))
    await asyncio.sleep(0.01)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert calls == 1
