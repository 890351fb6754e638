"""Defines the pages of a list, and the cursors that lead from one page to the next."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Generic, TypeVar

from service.core.errors import InvalidCursor
from service.core.index import Facets

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. `next_cursor` is None on the last one, and `total` counts all pages."""

    items: tuple[T, ...]
    next_cursor: str | None
    total: int
    facets: Facets | None = None


def encode_cursor(*position: str) -> str:
    """Returns a position in a list as opaque text that is safe in a URL."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def decode_cursor(cursor: str, *, length: int) -> list[str]:
    """Returns the position, which has `length` parts. Raises InvalidCursor."""
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, RecursionError) as exc:
        raise foreign_cursor() from exc
    if not isinstance(position, list) or len(position) != length:
        raise foreign_cursor()
    if not all(isinstance(part, str) for part in position):
        raise foreign_cursor()
    return position


def foreign_cursor() -> InvalidCursor:
    return InvalidCursor(
        "This cursor was not made by this list; leave it out to start at the beginning.",
        place=("cursor",),
    )
