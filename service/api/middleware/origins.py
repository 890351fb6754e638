"""Refuses writes that a page of another origin makes in a visitor's browser."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.problems import http_problem, problem_response
from service.api.routing import READING, RouteTable

REFUSAL = (
    "A page of another origin may not write here; name its origin in CORS_ORIGINS, or ask for keys"
    " by API_KEYS."
)


class OwnOrigin:
    """For a service without keys: a browser sends plain forms to any address, without asking.

    Other clients send neither `Sec-Fetch-Site` nor `Origin`, and are not concerned.
    """

    def __init__(self, app: ASGIApp, routes: RouteTable, allowed: Collection[str]) -> None:
        self._app = app
        self._routes = routes
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._is_foreign_write(scope):
            await self._app(scope, receive, send)
            return
        response = problem_response(http_problem(403, REFUSAL), scope.get("request_id"))
        await response(scope, receive, send)

    def _is_foreign_write(self, scope: Scope) -> bool:
        if scope["method"] in READING or self._routes.access(scope).reads:
            return False
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin in self._allowed or "*" in self._allowed:
            return False
        if site := headers.get("sec-fetch-site"):
            return site not in ("same-origin", "none")
        return origin is not None and urlsplit(origin).netloc != headers.get("host")
