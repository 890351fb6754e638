"""The path that the service is mounted at, as configured or as a trusted proxy says."""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)+")


class MountPoint:
    """Puts the prefix before the path, as ASGI has it, where the proxy has cut it off.

    `X-Forwarded-Prefix`, and uvicorn's `X-Forwarded-Proto` and `X-Forwarded-For`, are followed
    from `trusted` addresses alone: anybody can send them.
    """

    def __init__(self, app: ASGIApp, root_path: str, trusted: str) -> None:
        self._proxies = ProxyHeadersMiddleware(app, trusted)  # type: ignore[arg-type]  # one ASGI, two typings
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (root := self._root(scope)):
            path = scope["path"]
            if path != root and not path.startswith(f"{root}/"):
                path = root + path
            scope = {**scope, "root_path": root, "path": path}
        await self._proxies(scope, receive, send)  # type: ignore[arg-type]

    def _root(self, scope: Scope) -> str:
        """The proxy's word, where it is trusted, else the server's, else the configured one."""
        client = scope.get("client")
        prefix = Headers(scope=scope).get("x-forwarded-prefix", "").rstrip("/")
        trusted = client is not None and client[0] in self._proxies.trusted_hosts
        if trusted and PREFIX.fullmatch(prefix):
            return prefix
        return scope.get("root_path") or self._root_path
