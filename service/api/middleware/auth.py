"""Who may call: API keys, checked before a byte of the body is read."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.problems import http_problem, problem_response
from service.api.routing import READING, RouteTable


class ApiKeys:
    """Asks for a key. A read-only key may read and search."""

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
            await self._refuse_stranger(presented, scope, receive, send)
        else:
            problem = http_problem(
                403, "This key may only read and search; use one that may write."
            )
            await problem_response(problem, scope.get("request_id"))(scope, receive, send)

    async def _refuse_stranger(
        self, presented: list[bytes], scope: Scope, receive: Receive, send: Send
    ) -> None:
        detail = (
            "This key is not known here."
            if presented
            else "Send a key as `Authorization: Bearer …` or as `X-API-Key`."
        )
        challenge = (
            'Bearer realm="api", error="invalid_token"' if presented else 'Bearer realm="api"'
        )
        response = problem_response(
            http_problem(401, detail), scope.get("request_id"), {"WWW-Authenticate": challenge}
        )
        await response(scope, receive, send)


def _presented(headers: Headers) -> list[bytes]:
    found = []
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        found.append(token.strip().encode("latin-1"))
    if headers.get("x-api-key"):
        found.append(headers["x-api-key"].encode("latin-1"))
    return found


def _is_one_of(presented: list[bytes], digests: list[bytes]) -> bool:
    # Every pair is compared, and digests have one length: time tells nothing about the keys.
    matches = [
        hmac.compare_digest(hashlib.sha256(key).digest(), digest)
        for key in presented
        for digest in digests
    ]
    return any(matches)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
