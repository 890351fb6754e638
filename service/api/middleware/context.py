"""Adds the request id, log line, metrics and security headers, and answers unexpected errors."""

from __future__ import annotations

import re
import time
import uuid
from urllib.parse import quote

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.problems import problem_of, send_problem
from service.observability import Metrics

log = structlog.stdlib.get_logger("service.access")

VALID_REQUEST_ID = re.compile(r"[A-Za-z0-9._:@/+=-]{1,128}")
CLIENT_CLOSED = 499
"""The status in logs and metrics for a client that disconnected before the answer, as in nginx."""

PROBES = frozenset({"/health", "/health/live", "/metrics"})

API_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""The default content security policy: answers load nothing. Pages set their own policies."""


class RequestContext:
    """Makes sure that every request gets an answer and a line in the log."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope))
        scope["request_id"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._observed(scope, receive, send, request_id)

    async def _observed(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        started = time.perf_counter()
        answer = _Answer(send, request_id)
        self._metrics.in_flight.inc()
        try:
            await self._app(scope, receive, answer.send)
        except ClientDisconnect:
            answer.status = answer.status or CLIENT_CLOSED
        except Exception as error:
            log.exception("request failed")
            if answer.status is not None:
                raise  # The head is already sent: only closing the connection shows the failure.
            await send_problem(problem_of(error), scope, receive, answer.send)
        finally:
            self._metrics.in_flight.dec()
            self._record(scope, answer.status or CLIENT_CLOSED, time.perf_counter() - started)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.observe_request(route, method, status, seconds)
        # Probes come every few seconds, and only their failures are worth a line.
        write = log.debug if route in PROBES and status < 400 else log.info
        write(
            "request",
            method=scope["method"],
            # The path stays percent-encoded: a decoded one could contain line breaks.
            path=scope.get("raw_path", b"").decode("latin-1") or quote(scope["path"]),
            route=route,
            status=status,
            took_ms=round(seconds * 1000, 1),
        )


# Metric labels come from a fixed set, so that clients cannot add time series at will.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class _Answer:
    """Adds the headers of all answers, and remembers the status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self._request_id
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "same-origin"
            headers["X-Frame-Options"] = "DENY"
            headers.setdefault("Content-Security-Policy", API_POLICY)
        await self._send(message)


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if VALID_REQUEST_ID.fullmatch(given) else str(uuid.uuid4())
