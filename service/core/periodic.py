"""Repeats work in the background, whatever goes wrong with one repetition."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

import structlog

from service.core.errors import Unavailable

log = structlog.stdlib.get_logger(__name__)


async def repeat(step: Callable[[], Awaitable[None]], *, every_s: float, name: str) -> NoReturn:
    """Calls `step` until cancelled, with a pause of `every_s` seconds after each call.

    A failure is logged under `name`, and the next call is the retry.
    """
    while True:
        try:
            await step()
        except Unavailable as exc:
            log.warning("a background task is postponed", task=name, reason=exc.detail)
        except Exception:
            log.exception("a background task failed", task=name)
        await asyncio.sleep(every_s)
