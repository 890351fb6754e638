"""Calls a Qdrant server or cluster: repeats calls that may succeed, and translates errors."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from http import HTTPStatus
from typing import Protocol, TypeVar

import httpx
from grpc import StatusCode  # type: ignore[import-untyped]  # it has no type hints
from grpc.aio import AioRpcError  # type: ignore[import-untyped]  # it has no type hints
from pydantic import ValidationError
from qdrant_client import AsyncQdrantClient
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import (
    ApiException,
    ResponseHandlingException,
    UnexpectedResponse,
)

from service.core.errors import StoreUnavailable
from service.repositories.qdrant.nodes import Nodes

LONGEST_PAUSE_S = 5.0
_CLIENT_ERRORS = (
    ApiException,
    QdrantException,
    AioRpcError,
    httpx.HTTPError,
    OSError,
    ValidationError,  # an answer that the client cannot read
)
_TRANSIENT = frozenset(
    {
        StatusCode.UNAVAILABLE,
        StatusCode.DEADLINE_EXCEEDED,
        StatusCode.RESOURCE_EXHAUSTED,
        StatusCode.ABORTED,
        StatusCode.INTERNAL,
        StatusCode.UNKNOWN,
    }
)
_REFUSED = frozenset({StatusCode.UNAUTHENTICATED, StatusCode.PERMISSION_DENIED})

T = TypeVar("T")


class CollectionGone(StoreUnavailable):
    """The collection existed and has been deleted."""


class Call(Protocol):
    """Calls a method of the client with timeouts, after the collection has been created."""

    async def __call__(self, call: Callable[[AsyncQdrantClient], Awaitable[T]]) -> T: ...


class Calls:
    """Runs calls with a timeout, and repeats them after a pause with jitter if that may help.

    A call is first repeated on other nodes, without a pause. Every call must be idempotent, because
    a node may have executed one that timed out. After twice the timeout, no call is repeated.
    """

    def __init__(
        self,
        clients: Sequence[AsyncQdrantClient],
        *,
        timeout_s: float,
        pauses_s: Sequence[float] = (0.1, 0.4),
    ) -> None:
        self._nodes = Nodes(clients)
        self._timeout_s = timeout_s
        self._pauses_s = tuple(pauses_s)

    async def run(self, call: Callable[[AsyncQdrantClient], Awaitable[T]]) -> T:
        """Returns the result of `call` for the client of a node. Raises StoreUnavailable."""
        begun = time.monotonic()
        pauses_s = iter(self._pauses_s)
        while True:
            node = self._nodes.current
            try:
                # The client has a shorter timeout of its own, which does not cover everything.
                async with asyncio.timeout(self._timeout_s + 1):
                    return await call(node)
            except _CLIENT_ERRORS as exc:
                late = time.monotonic() - begun > 2 * self._timeout_s
                if not _is_transient(exc):
                    raise _translated(exc) from exc
                other_works = self._nodes.failed(node)
                pause_s = 0.0 if other_works else next(pauses_s, None)
                if late or pause_s is None:
                    raise _translated(exc) from exc
                if not other_works:
                    pause_s = max(pause_s * random.uniform(0.5, 1.5), _asked_pause_s(exc))
                    await asyncio.sleep(min(pause_s, LONGEST_PAUSE_S))

    async def close(self) -> None:
        """Closes the clients of all nodes."""
        await self._nodes.close()


def _is_transient(exc: Exception) -> bool:
    """Returns True if the same call may succeed later."""
    match exc:
        case AioRpcError():
            return exc.code() in _TRANSIENT
        case UnexpectedResponse():
            status = exc.status_code or 0
            return status == HTTPStatus.TOO_MANY_REQUESTS or status >= 500
        case ResponseHandlingException():
            return isinstance(exc.source, (httpx.TransportError, OSError))
    return not isinstance(exc, (ApiException, ValidationError))


def _asked_pause_s(exc: Exception) -> float:
    return float(exc.retry_after_s) if isinstance(exc, ResourceExhaustedResponse) else 0.0


def _translated(exc: Exception) -> StoreUnavailable:
    if _is(exc, HTTPStatus.NOT_FOUND, {StatusCode.NOT_FOUND}):
        return CollectionGone(
            "The Qdrant server has lost the collection; it is created and filled again."
        )
    refused = _is(exc, HTTPStatus.UNAUTHORIZED, _REFUSED) or _is(exc, HTTPStatus.FORBIDDEN)
    if refused:
        return StoreUnavailable("The Qdrant server refuses the key; set QDRANT_API_KEY.")
    return StoreUnavailable(
        f"The call of the Qdrant server failed; try again. The reason: {_message(exc)}",
        retry_after_s=max(1, round(_asked_pause_s(exc))),
    )


def _is(exc: Exception, status: HTTPStatus, codes: Collection[StatusCode] = frozenset()) -> bool:
    if isinstance(exc, UnexpectedResponse):
        return exc.status_code == status
    return isinstance(exc, AioRpcError) and exc.code() in codes


def _message(exc: Exception) -> str:
    match exc:
        case AioRpcError():
            return f"{exc.code().name}: {exc.details()}"
        case ResponseHandlingException():
            return f"{type(exc.source).__name__}: {exc.source}"
        case UnexpectedResponse():
            return f"status {exc.status_code}"
    return f"{type(exc).__name__}: {exc}".partition("\n")[0]
