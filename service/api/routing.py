"""What each route says of itself: who may call it, and when."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, compile_path
from starlette.types import Scope

READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""

ACCESS = "x-access"
"""The name in a route's `openapi_extra` under which its Access stands."""


@dataclass(frozen=True, slots=True)
class Access:
    """Flags of a route."""

    public: bool = False
    """It needs no key."""
    reads: bool = False
    """It changes nothing, whatever its method: a read-only key is enough."""
    early: bool = False
    """It answers before the service has started, and while it stops."""


GUARDED = Access()
READS = Access(reads=True)
PAGE = Access(public=True, reads=True, early=True)
"""Pages and the documentation hold no data; what they call needs a key of its own."""


@dataclass(frozen=True, slots=True)
class _Row:
    pattern: re.Pattern[str]
    methods: frozenset[str]
    access: Access


class RouteTable:
    """Knows the routes by their addresses, before a request is routed."""

    def __init__(self, routes: Callable[[], Iterable[BaseRoute]]) -> None:
        self._routes = routes

    def access(self, scope: Scope) -> Access:
        """The route's flags; those of the address where it does not take the method."""
        rows = self._rows_at(scope)
        taken = [row.access for row in rows if scope["method"] in row.methods]
        return next(iter(taken or [row.access for row in rows]), GUARDED)

    def methods(self, scope: Scope) -> set[str]:
        """All that the address takes; none where there is no such address."""
        found = {method for row in self._rows_at(scope) for method in row.methods}
        return found | {"OPTIONS"} | ({"HEAD"} if "GET" in found else set()) if found else set()

    def _rows_at(self, scope: Scope) -> list[_Row]:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        return [row for row in self._rows if row.pattern.match(path)]

    @cached_property
    def _rows(self) -> list[_Row]:
        """Read at the first request: until then routes may be added."""
        return [
            _Row(
                compile_path(route.path)[0],
                frozenset(route.methods),
                (getattr(route, "openapi_extra", None) or {}).get(ACCESS, GUARDED),
            )
            for route in iter_route_contexts(list(self._routes()))
            if route.path is not None and route.methods
        ]
