"""Defines one page of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from service.core.index import Facets

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. `next_cursor` is None on the last one, and `total` counts all pages."""

    items: tuple[T, ...]
    next_cursor: str | None
    total: int
    facets: Facets | None = None
