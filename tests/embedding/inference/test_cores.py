"""Shares of the processor, thread by thread."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
import torch

from service.embedding.inference import cores
from service.embedding.inference.cores import Share

T = TypeVar("T")


def in_a_thread(work: Callable[[], T]) -> T:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


@pytest.mark.parametrize("share", Share)
def test_the_passes_of_a_share_fill_the_cores_together(share: Share) -> None:
    def threads() -> int:
        cores.use(share)
        return torch.get_num_threads()

    assert 1 <= cores.passes_at_once(share) <= cores.count()
    assert in_a_thread(threads) == max(1, cores.count() // cores.passes_at_once(share))


def test_a_share_is_the_threads_own_and_ends_with_its_block() -> None:
    with cores.using(Share.HALF):
        assert cores.current() is Share.HALF
        assert in_a_thread(cores.current) is Share.WHOLE
    assert cores.current() is Share.WHOLE


@pytest.mark.skipif(sys.platform != "linux", reason="priorities of threads are Linux's")
def test_background_threads_stand_behind_all_others() -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def in_background() -> int:
        cores.use(Share.BACKGROUND)
        return niceness()

    assert in_a_thread(in_background) > niceness()
