"""The abilities that the processor reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.embedding.inference.processor import computes_bfloat16


@pytest.mark.parametrize(
    ("cpu_info", "expected"),
    [
        ("processor : 0\nflags\t\t: fpu avx512f avx512_bf16 avx512_vnni\n", True),
        ("flags\t\t: fpu amx_bf16 amx_tile\n", True),
        ("Features\t: fp asimd bf16 i8mm\n", True),
        ("flags\t\t: fpu avx2 avx512f avx512bw\n", False),
        ("model name\t: made for avx512_bf16 one day\n", False),
        ("", False),
    ],
)
def test_hardware_bfloat16_is_read_from_the_processors_flags(
    cpu_info: str, expected: bool, tmp_path: Path
) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text(cpu_info)
    assert computes_bfloat16(file) is expected


def test_a_system_that_does_not_tell_counts_as_without_bfloat16(tmp_path: Path) -> None:
    assert computes_bfloat16(tmp_path / "missing") is False
