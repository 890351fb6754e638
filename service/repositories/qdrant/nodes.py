"""Connects to the nodes of a Qdrant cluster, and chooses the one that the next call goes to."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import httpx
from qdrant_client import AsyncQdrantClient

REST_S = 10.0
"""A node that has failed gets no calls for this long, unless all others have failed as well."""

_GRPC_OPTIONS = {
    # By default, a channel whose server has gone waits up to two minutes before it reconnects.
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.min_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 2000,
    "grpc.keepalive_time_ms": 30_000,
}


def connect(
    url: str,
    *,
    api_key: str | None = None,
    grpc: bool = True,
    grpc_port: int = 6334,
    timeout_s: int = 5,
) -> AsyncQdrantClient:
    """Returns a client for one event loop, which connects at its first call."""
    return AsyncQdrantClient(
        url=url,
        api_key=api_key,
        prefer_grpc=grpc,
        grpc_port=grpc_port,
        timeout=timeout_s,
        grpc_options=dict(_GRPC_OPTIONS),
        check_compatibility=False,  # it would start a thread, only to print a warning
        limits=httpx.Limits(max_connections=64, max_keepalive_connections=16),
    )


class Nodes:
    """The clients of all nodes. Calls go to the same node until it fails, and then to another."""

    def __init__(
        self, clients: Sequence[AsyncQdrantClient], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._clients = tuple(clients)
        self._resting_until = [0.0] * len(self._clients)
        self._current = 0
        self._now = now

    @property
    def current(self) -> AsyncQdrantClient:
        """The client that the next call should use."""
        return self._clients[self._current]

    def failed(self, client: AsyncQdrantClient) -> bool:
        """Records that a call of the node has failed.

        Returns True if the next call goes to a node that has not failed recently.
        """
        failed, now = self._clients.index(client), self._now()
        self._resting_until[failed] = now + REST_S
        if failed == self._current:
            self._current = self._resting_until.index(min(self._resting_until))
        return self._resting_until[self._current] <= now

    async def close(self) -> None:
        """Closes all clients."""
        for client in self._clients:
            await client.close()
