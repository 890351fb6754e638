"""Finds the path that the service is mounted at, from ROOT_PATH or a trusted proxy's header."""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)+")


class MountPoint:
    """Sets ASGI's `root_path`, and restores the prefix of the path if the proxy removed it.

    `X-Forwarded-Prefix`, `X-Forwarded-Proto` and `X-Forwarded-For` are used only if they come from
    a `trusted` address, because any client can send them. Uvicorn handles the last two.
    """

    def __init__(self, app: ASGIApp, root_path: str, trusted: str) -> None:
        self._proxies = ProxyHeadersMiddleware(app, trusted)  # type: ignore[arg-type]  # Starlette and uvicorn type ASGI differently.
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (root := self._root(scope)):
            path = scope["path"]
            if path != root and not path.startswith(f"{root}/"):
                path = root + path
            scope = {**scope, "root_path": root, "path": path}
        await self._proxies(scope, receive, send)  # type: ignore[arg-type]

    def _root(self, scope: Scope) -> str:
        """Returns a trusted proxy's prefix, or else the server's root path, or else ROOT_PATH."""
        client = scope.get("client")
        prefix = Headers(scope=scope).get("x-forwarded-prefix", "").rstrip("/")
        trusted = client is not None and client[0] in self._proxies.trusted_hosts
        if trusted and PREFIX.fullmatch(prefix):
            return prefix
        return scope.get("root_path") or self._root_path
