"""Checks before routing: the service has started, and the address and method are valid."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.lifecycle import Lifecycle
from service.api.problems import Problem, http_problem, send_problem
from service.api.routing import RouteTable


class StartGate:
    """Answers 503 until the service has started, except on routes with the flag `early`."""

    def __init__(self, app: ASGIApp, routes: RouteTable, lifecycle: Lifecycle) -> None:
        self._app = app
        self._routes = routes
        self._lifecycle = lifecycle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        serving = scope["type"] != "http" or self._lifecycle.phase == "serving"
        if serving or self._routes.access(scope).early:
            await self._app(scope, receive, send)
            return
        await send_problem(self._problem(), scope, receive, send, {"Connection": "close"})

    def _problem(self) -> Problem:
        if self._lifecycle.phase == "draining":
            detail = (
                "The service is shutting down; send this to another instance, or try again later."
            )
            return Problem(503, "draining", "The service is stopping", detail, retry_after_s=5)
        title = "The service is starting"
        if self._lifecycle.phase == "failed":
            title = "The service could not start"
        return Problem(503, "starting", title, self._lifecycle.progress, retry_after_s=2)


class Address:
    """Refuses addresses that decoding would change, and answers HEAD and OPTIONS."""

    def __init__(self, app: ASGIApp, routes: RouteTable) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if detail := _address_error(scope.get("raw_path") or scope["path"].encode()):
            await send_problem(http_problem(422, detail), scope, receive, send)
            return
        allowed = self._routes.methods(scope)
        headers = {"Allow": ", ".join(sorted(allowed))}
        if allowed and scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=headers)(scope, receive, send)
        elif allowed and scope["method"] not in allowed:
            problem = http_problem(405, f"This address supports only {headers['Allow']}.")
            await send_problem(problem, scope, receive, send, headers)
        elif scope["method"] == "HEAD":
            # The scope is copied because the server later reads the method from the original.
            as_get = {**scope, "method": "GET"}
            await self._app(as_get, receive, _without_body(send))
            scope["route"] = as_get.get("route")
        else:
            await self._app(scope, receive, send)


def _address_error(raw_path: bytes) -> str | None:
    if b"%2f" in raw_path.lower():
        return "An id cannot contain a slash, not even encoded as %2F."
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
