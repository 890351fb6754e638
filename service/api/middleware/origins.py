"""Refuses writes that a page of another origin sends from a visitor's browser."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.problems import Problem, send_problem
from service.api.routing import READING, RouteTable

REFUSAL = Problem(
    403,
    "foreign-origin",
    "The page's origin may not do this",
    "A page of another origin may not write to this service; add its origin to CORS_ORIGINS, or set"
    " API_KEYS.",
)


class SameOrigin:
    """Protects a service without keys: browsers let any page send a plain form to any address.

    Clients that are not browsers send neither `Sec-Fetch-Site` nor `Origin`, and are allowed.
    """

    def __init__(self, app: ASGIApp, routes: RouteTable, allowed: Collection[str]) -> None:
        self._app = app
        self._routes = routes
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._is_foreign_write(scope):
            await self._app(scope, receive, send)
            return
        await send_problem(REFUSAL, scope, receive, send)

    def _is_foreign_write(self, scope: Scope) -> bool:
        if scope["method"] in READING or self._routes.access(scope).reads:
            return False
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin in self._allowed or "*" in self._allowed:
            return False
        if site := headers.get("sec-fetch-site"):
            return site not in ("same-origin", "none")
        return origin is not None and _host(origin) != headers.get("host", "")


def _host(origin: str) -> str | None:
    """Returns the host and port in an origin, or None if the origin is malformed."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
