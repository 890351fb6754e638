"""Tells which numbers the processor multiplies in hardware."""

from __future__ import annotations

from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")

_FLAG_LINES = ("flags", "Features")
"""The names of the lines on x86 and on ARM, in Linux."""

_BFLOAT16 = {"avx512_bf16", "amx_bf16", "bf16"}


def computes_bfloat16(cpu_info: Path = CPU_INFO) -> bool:
    """Returns True if the processor multiplies bfloat16 itself; elsewhere that is slow.

    It returns False if the system does not tell.
    """
    try:
        lines = cpu_info.read_text(errors="replace").splitlines()
    except OSError:
        return False
    flags = (line.partition(":") for line in lines)
    return any(
        name.strip() in _FLAG_LINES and not _BFLOAT16.isdisjoint(value.split())
        for name, _, value in flags
    )
