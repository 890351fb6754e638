"""Runs a TCP proxy in front of a store that drops answers, or never answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Proxy:
    """`lose` is the start of a request, such as b"PUT /": the next answer to one is cut off."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self.port = 0
        self.lose: bytes | None = None
        self.lost = 0
        self.hangs = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection; the server behind it closes each after one answer."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            if self.hangs:
                await asyncio.sleep(3600)
            below, above = await asyncio.open_connection("127.0.0.1", self._upstream)
            above.write(head)
            sending = asyncio.create_task(_pass_on(reader, above))
            answer = await below.read()
            sending.cancel()
            above.close()
            if self.lose is not None and head.startswith(self.lose):
                self.lose, self.lost = None, self.lost + 1
            else:
                writer.write(answer)
                await writer.drain()
        writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


@asynccontextmanager
async def proxy_before(upstream: int) -> AsyncIterator[Proxy]:
    """A running proxy before the port `upstream`."""
    proxy = Proxy(upstream)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
