"""The watchdog ends a process whose event loop stands still, and no other."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import asyncio, ctypes, time
from service.health.watchdog import watched_loop

async def main():
    with watched_loop({limit_s}):
        await {work}
    print("went on")

async def blocked(function):
    function()

def holding_the_lock():
    ctypes.PyDLL(None).sleep(60)  # PyDLL keeps the interpreter's lock while it calls

async def busy():
    for _ in range(30):
        time.sleep(0.1)
        await asyncio.sleep(0)

def asleep():
    time.sleep(60)

asyncio.run(main())
"""


def run(work: str, *, limit_s: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(work=work, limit_s=limit_s)],
        capture_output=True,
        text=True,
        timeout=50,
    )


@pytest.mark.parametrize("function", ["asleep", "holding_the_lock"])
def test_a_loop_that_stands_still_ends_the_process(function: str) -> None:
    ended = run(f"blocked({function})", limit_s=1)

    assert ended.returncode == 1
    assert f"in {function}" in ended.stderr


def test_a_busy_loop_that_goes_on_is_left_alone() -> None:
    ended = run("busy()", limit_s=2)

    assert (ended.returncode, ended.stdout) == (0, "went on\n")


def test_0_turns_the_watchdog_off() -> None:
    ended = run("busy()", limit_s=0)

    assert (ended.returncode, ended.stdout) == (0, "went on\n")
