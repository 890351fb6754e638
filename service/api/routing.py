"""Access flags of routes: whether a route needs a key, writes, or may run before the start."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, compile_path
from starlette.types import Scope

READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""The HTTP methods that change nothing."""

ACCESS = "x-access"
"""The key of a route's Access in its `openapi_extra`."""


@dataclass(frozen=True, slots=True)
class Access:
    """The access flags of a route."""

    public: bool = False
    """No API key is needed."""
    reads: bool = False
    """The route changes nothing, even if its method is POST: a read-only key is enough."""
    early: bool = False
    """The route also answers while the service starts and stops."""


GUARDED = Access()
READS = Access(reads=True)
PAGE = Access(public=True, reads=True, early=True)
"""The pages and the documentation contain no data; the calls that they make need a key."""


@dataclass(frozen=True, slots=True)
class _Row:
    pattern: re.Pattern[str]
    methods: frozenset[str]
    access: Access


class RouteTable:
    """Finds the flags and methods of a request's route before the request is routed."""

    def __init__(self, routes: Callable[[], Iterable[BaseRoute]]) -> None:
        self._routes = routes

    def access(self, scope: Scope) -> Access:
        """Returns the flags of the route; for a wrong method, those of any route at the address."""
        rows = self._rows_at(scope)
        matching = [row for row in rows if scope["method"] in row.methods] or rows
        return matching[0].access if matching else GUARDED

    def methods(self, scope: Scope) -> set[str]:
        """Returns the methods that the address supports; an unknown address has none."""
        found = {method for row in self._rows_at(scope) for method in row.methods}
        return found | {"OPTIONS"} | ({"HEAD"} if "GET" in found else set()) if found else set()

    def _rows_at(self, scope: Scope) -> list[_Row]:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        return [row for row in self._rows if row.pattern.match(path)]

    @cached_property
    def _rows(self) -> list[_Row]:
        """The routes, read at the first request because more can be added until then."""
        return [
            _Row(
                compile_path(route.path)[0],
                frozenset(route.methods),
                (getattr(route, "openapi_extra", None) or {}).get(ACCESS, GUARDED),
            )
            for route in iter_route_contexts(list(self._routes()))
            if route.path is not None and route.methods
        ]
