"""What holds before a request is routed: the service is up, the address and method are usable."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import unquote_to_bytes

from fastapi.routing import iter_route_contexts
from starlette.responses import Response
from starlette.routing import BaseRoute, compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.lifecycle import Lifecycle
from service.api.problems import Problem, http_problem, problem_response

OPEN_WHILE_STARTING = frozenset(
    {"/", "/health", "/health/live", "/docs", "/openapi.json", "/metrics"}
)
OPEN_UNDER = ("/static/", "/docs/")


def route_path(scope: Scope) -> str:
    """The path below the mount point."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


class StartGate:
    """503 until the parts are built, for all but health, metrics and pages."""

    def __init__(self, app: ASGIApp, lifecycle: Lifecycle) -> None:
        self._app = app
        self._lifecycle = lifecycle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_open(scope) or self._lifecycle.phase == "serving":
            await self._app(scope, receive, send)
            return
        response = problem_response(
            self._problem(), scope.get("request_id"), {"Connection": "close"}
        )
        await response(scope, receive, send)

    def _problem(self) -> Problem:
        if self._lifecycle.phase == "draining":
            detail = "The service is shutting down; send this to another instance, or try again."
            return Problem(503, "draining", "The service is stopping", detail, retry_after_s=5)
        title = "The service is starting"
        if self._lifecycle.phase == "failed":
            title = "The service could not start"
        return Problem(503, "starting", title, self._lifecycle.progress, retry_after_s=2)


def _is_open(scope: Scope) -> bool:
    path = route_path(scope)
    return path in OPEN_WHILE_STARTING or path.startswith(OPEN_UNDER)


class Address:
    """Refuses addresses that decoding would silently change, and answers HEAD and OPTIONS."""

    def __init__(self, app: ASGIApp, routes: Callable[[], Iterable[BaseRoute]]) -> None:
        self._app = app
        self._routes = routes
        self._table: list[tuple[re.Pattern[str], frozenset[str]]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if complaint := _complaint(scope.get("raw_path") or scope["path"].encode()):
            response = problem_response(http_problem(422, complaint), scope.get("request_id"))
            await response(scope, receive, send)
            return
        allowed = self._methods(route_path(scope))
        if allowed and scope["method"] == "OPTIONS":
            response = Response(status_code=204, headers={"Allow": ", ".join(sorted(allowed))})
            await response(scope, receive, send)
        elif allowed and scope["method"] not in allowed:
            response = problem_response(
                http_problem(405, f"This address takes {', '.join(sorted(allowed))}."),
                scope.get("request_id"),
                {"Allow": ", ".join(sorted(allowed))},
            )
            await response(scope, receive, send)
        elif scope["method"] == "HEAD":
            # A copy: the server reads the method from its own scope when it frames the answer.
            as_get = {**scope, "method": "GET"}
            await self._app(as_get, receive, _without_body(send))
            scope["route"] = as_get.get("route")
        else:
            await self._app(scope, receive, send)

    def _methods(self, path: str) -> set[str]:
        if self._table is None:
            self._table = list(_methods_by_path(self._routes()))
        found = {
            method for regex, methods in self._table if regex.match(path) for method in methods
        }
        return found | {"OPTIONS"} | ({"HEAD"} if "GET" in found else set()) if found else set()


def _methods_by_path(
    routes: Iterable[BaseRoute],
) -> Iterable[tuple[re.Pattern[str], frozenset[str]]]:
    for route in iter_route_contexts(list(routes)):
        if route.path is not None and route.methods:
            yield compile_path(route.path)[0], frozenset(route.methods)


def _complaint(raw_path: bytes) -> str | None:
    if b"%2f" in raw_path.lower():
        return "An id cannot contain a slash, not even as %2F."
    try:
        unquote_to_bytes(raw_path).decode("utf-8")
    except UnicodeDecodeError:
        return "The address is not UTF-8; percent-encode the UTF-8 bytes of the id."
    return None


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
