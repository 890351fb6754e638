"""Checks API keys before the body of a request is read."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.problems import http_problem, send_problem
from service.api.routing import READING, RouteTable


class ApiKeys:
    """Requires an API key, except on public routes. A read-only key may read and search."""

    def __init__(
        self,
        app: ASGIApp,
        routes: RouteTable,
        keys: Iterable[SecretStr],
        read_only_keys: Iterable[SecretStr],
    ) -> None:
        self._app = app
        self._routes = routes
        self._keys = [_digest(key.get_secret_value()) for key in keys]
        self._read_only_keys = [_digest(key.get_secret_value()) for key in read_only_keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        access = self._routes.access(scope)
        reads = access.reads or scope["method"] in READING
        presented = _presented(Headers(scope=scope))
        writer, reader = (
            _is_one_of(presented, self._keys),
            _is_one_of(presented, self._read_only_keys),
        )
        if access.public or writer or (reader and reads):
            await self._app(scope, receive, send)
        elif not reader:
            await self._refuse_unauthenticated(presented, scope, receive, send)
        else:
            problem = http_problem(
                403, "This key may only read and search; send one that may also write."
            )
            await send_problem(problem, scope, receive, send)

    async def _refuse_unauthenticated(
        self, presented: list[bytes], scope: Scope, receive: Receive, send: Send
    ) -> None:
        detail = (
            "This API key is not valid; send one of the configured keys."
            if presented
            else "Send an API key as `Authorization: Bearer …` or as `X-API-Key`."
        )
        challenge = (
            'Bearer realm="api", error="invalid_token"' if presented else 'Bearer realm="api"'
        )
        headers = {"WWW-Authenticate": challenge}
        await send_problem(http_problem(401, detail), scope, receive, send, headers)


def _presented(headers: Headers) -> list[bytes]:
    found = []
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        found.append(token.strip().encode("latin-1"))
    if headers.get("x-api-key"):
        found.append(headers["x-api-key"].encode("latin-1"))
    return found


def _is_one_of(presented: list[bytes], digests: list[bytes]) -> bool:
    # All pairs are compared, and digests have equal lengths, so that timing reveals no key.
    matches = [
        hmac.compare_digest(hashlib.sha256(key).digest(), digest)
        for key in presented
        for digest in digests
    ]
    return any(matches)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
