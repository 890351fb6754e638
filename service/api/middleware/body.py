"""Limits the size and the duration of request bodies, and reads the rest of refused ones."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.problems import ProblemError, http_problem, send_problem
from service.core.errors import Overloaded

GRACE_S = 30.0
MIN_BYTES_PER_S = 4096
"""A body may take GRACE_S plus its size divided by this rate; a slower one is refused."""

BODIES_AT_ONCE = 8
"""All requests together may keep as many bytes in memory as this many bodies of maximum size."""

LINGER_S = 5.0
LINGER_BYTES = 64 * 1024 * 1024
"""After an early answer, up to this much of the body is still read and dropped: closing a
connection that has unread bytes would reset it, and the client would lose the answer."""
SMALL_BYTES = 64 * 1024
"""The rest of a body is not read if its declared length is at most this."""


class BodyGuard:
    """Counts the body's bytes as they arrive; Content-Length only allows an earlier refusal."""

    def __init__(
        self,
        app: ASGIApp,
        max_bytes: int,
        grace_s: float = GRACE_S,
        linger_s: float = LINGER_S,
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._memory = _Memory(max_bytes * BODIES_AT_ONCE)
        self._grace_s = grace_s
        self._linger_s = linger_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        body = _Body(receive, self._max_bytes, self._grace_s, self._memory)
        answer = _EarlyAnswer(send, body, headers, self._linger_s)
        declared = _declared_length(headers)
        if declared is not None and declared > self._max_bytes:
            problem = too_large(self._max_bytes).problem
            await send_problem(problem, scope, body.receive, answer.send)
            return
        try:
            await self._app(scope, body.receive, answer.send)
        finally:
            self._memory.held -= body.held


@dataclass(slots=True)
class _Memory:
    """The number of bytes that the bodies of all current requests take up."""

    most: int
    held: int = 0


class _Body:
    """The request's body as the app receives it, with limits on its size and duration."""

    def __init__(self, receive: Receive, max_bytes: int, grace_s: float, memory: _Memory) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._grace_s = grace_s
        self._started = time.monotonic()
        self._memory = memory
        self.taken = 0
        self.held = 0
        self.ended = False

    async def receive(self) -> Message:
        if self.ended:
            return await self._receive()
        allowed_s = self._grace_s + self.taken / MIN_BYTES_PER_S
        remaining_s = self._started + allowed_s - time.monotonic()
        try:
            async with asyncio.timeout(remaining_s):
                message = await self.next()
        except TimeoutError:
            raise ProblemError(
                http_problem(
                    408, "The body arrived too slowly; send it again over a faster connection."
                )
            ) from None
        if self.taken > self._max_bytes:
            raise too_large(self._max_bytes)
        self._hold(len(message.get("body", b"")))
        return message

    def _hold(self, size: int) -> None:
        self.held += size
        self._memory.held += size
        if self._memory.held > self._memory.most:
            raise Overloaded(
                "There are too many uploads at once; try again in a moment.", retry_after_s=2
            )

    async def next(self) -> Message:
        message = await self._receive()
        self.taken += len(message.get("body", b""))
        self.ended = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message


class _EarlyAnswer:
    """Sends an answer that is ready before the whole body has arrived.

    It announces that the connection will close, then reads the rest of the body, so that the client
    gets to read the answer.
    """

    def __init__(self, send: Send, body: _Body, headers: Headers, linger_s: float) -> None:
        self._send = send
        self._body = body
        self._linger_s = linger_s
        # A client that waits for `100 Continue` sends no body after a final status.
        self._may_linger = "expect" not in headers and (
            "transfer-encoding" in headers or (_declared_length(headers) or 0) > SMALL_BYTES
        )

    async def send(self, message: Message) -> None:
        early = self._may_linger and not self._body.ended
        if early and message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Connection"] = "close"
        if not early or message["type"] != "http.response.body" or message.get("more_body"):
            await self._send(message)
            return
        await self._send({**message, "more_body": True})
        await self._drop_rest()
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _drop_rest(self) -> None:
        limit = self._body.taken + LINGER_BYTES
        try:
            async with asyncio.timeout(self._linger_s):
                while not self._body.ended and self._body.taken < limit:
                    await self._body.next()
        except TimeoutError:
            return


def too_large(max_bytes: int) -> ProblemError:
    return ProblemError(
        http_problem(413, f"The body is larger than {max_bytes:,} bytes; send less in one request.")
    )


def _declared_length(headers: Headers) -> int | None:
    value = headers.get("content-length", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else None
