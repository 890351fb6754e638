"""Bodies that lie, drip, never end or break off, and shutting down, on a real socket."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send

from service.api.middleware.body import BodyGuard
from tests.api.conftest import PNG, Site, running

CAP = 200_000
FORM = (
    b'--b0\r\nContent-Disposition: form-data; name="name"\r\n\r\nShoe\r\n'
    b'--b0\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
)
END = b"\r\n--b0--\r\n"
BODY = FORM + PNG + END


def head(*headers: str, path: str = "/products/a", method: str = "PUT") -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: test",
        "Content-Type: multipart/form-data; boundary=b0",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


@dataclass
class Connection:
    """One TCP connection to the server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], Any]:
        text = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        status_line, *lines = text.strip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return int(status_line.split()[1]), headers, json.loads(body or b"null")


@dataclass
class Server:
    """The app behind a real server on a port of its own."""

    site: Site
    server: uvicorn.Server
    port: int
    task: asyncio.Task[None]

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Connection]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        yield Connection(reader, writer)
        writer.close()

    async def is_fine(self) -> bool:
        async with self.connect() as connection:
            await connection.send(head(path="/health", method="GET"))
            return (await connection.answer())[0] == 200


@pytest.fixture(params=["httptools", "h11"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    async with running(max_upload_bytes=CAP) as site:
        listening = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(site.app, http=request.param, lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        yield Server(site, server, listening.getsockname()[1], task)
        server.should_exit = True
        await task


async def test_an_honest_request_is_answered_and_the_connection_kept(server: Server) -> None:
    async with server.connect() as connection:
        for status in (201, 200):
            await connection.send(head(f"Content-Length: {len(BODY)}") + BODY)
            assert (await connection.answer())[0] == status


async def test_a_body_in_chunks_is_read(server: Server) -> None:
    async with server.connect() as connection:
        await connection.send(head("Transfer-Encoding: chunked"))
        for start in range(0, len(BODY), 7):
            piece = BODY[start : start + 7]
            await connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        await connection.send(b"0\r\n\r\n")
        assert (await connection.answer())[0] == 201


async def test_too_large_a_content_length_is_refused_before_the_body(server: Server) -> None:
    async with server.connect() as connection:
        await connection.send(head(f"Content-Length: {CAP + 1}"))
        status, headers, problem = await connection.answer()

    assert (status, problem["type"]) == (413, "/problems/too-large")
    assert headers["connection"] == "close"
    assert headers["x-request-id"] == problem["request_id"]


async def test_a_client_that_sends_all_before_it_reads_gets_the_answer(server: Server) -> None:
    async with server.connect() as connection:
        size = 40 * CAP
        await connection.send(head(f"Content-Length: {size}"))
        for _ in range(40):
            await connection.send(b"x" * CAP)
        status, _, problem = await connection.answer()
        assert await connection.reader.read() == b""

    assert (status, problem["status"]) == (413, 413)


async def test_a_body_without_a_length_is_counted(server: Server) -> None:
    async with server.connect() as connection:
        await connection.send(head("Transfer-Encoding: chunked") + b"40000\r\n" + FORM)
        await connection.send(b"x" * (0x40000 - len(FORM)) + b"\r\n")
        assert (await connection.answer())[0] == 413


async def test_a_client_that_asks_first_is_told_to_go_on(server: Server) -> None:
    async with server.connect() as connection:
        await connection.send(head(f"Content-Length: {len(BODY)}", "Expect: 100-continue"))
        assert await connection.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await connection.send(BODY)
        assert (await connection.answer())[0] == 201


async def test_a_client_that_asks_first_is_refused_at_once(server: Server) -> None:
    async with server.connect() as connection:
        await connection.send(head(f"Content-Length: {CAP + 1}", "Expect: 100-continue"))
        assert (await connection.answer())[0] == 413


@pytest.mark.parametrize("sent", [0, 10, len(BODY) - 3])
async def test_a_client_that_leaves_midway_harms_nobody(server: Server, sent: int) -> None:
    async with server.connect() as connection:
        await connection.send(head(f"Content-Length: {len(BODY)}") + BODY[:sent])

    assert await server.is_fine()
    assert await server.site.services.catalogue.page(limit=1) is not None
    assert server.site.services.house.store.points == {}


async def test_bytes_beyond_the_content_length_harm_nobody(server: Server) -> None:
    async with server.connect() as connection:
        await connection.send(head(f"Content-Length: {len(BODY)}") + BODY + b"garbage\r\n\r\n")
        # The server may answer the request, or first the garbage behind it.
        status = int((await connection.reader.readline()).split()[1])
        assert status in {201, 400}

    assert await server.is_fine()


async def test_many_idle_uploads_leave_the_others_alone(server: Server) -> None:
    connections = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(50)]
    for _, writer in connections:
        writer.write(head(f"Content-Length: {len(BODY)}") + b"-")

    assert await server.is_fine()
    for _, writer in connections:
        writer.close()


async def test_on_shutdown_accepted_work_is_finished(server: Server) -> None:
    reached, let_go = asyncio.Event(), asyncio.Event()
    embedder = server.site.services.house.embedder
    embed = embedder.embed_image

    async def slow(*args: Any, **kwargs: Any) -> Any:
        reached.set()
        await let_go.wait()
        return await embed(*args, **kwargs)

    embedder.embed_image = slow  # type: ignore[method-assign]
    async with server.connect() as connection:
        await connection.send(head(f"Content-Length: {len(BODY)}") + BODY)
        await reached.wait()
        # What uvicorn's own handler of the signal does.
        server.server.should_exit = True
        server.site.app.state.lifecycle.drain()
        let_go.set()
        assert (await connection.answer())[0] == 201
        await asyncio.wait([server.task])

    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", server.port)


def receiver(*messages: Message, then: Message | None = None) -> Receive:
    """An ASGI receive: these messages, then `then` forever, or nothing ever."""
    waiting = list(messages)

    async def receive() -> Message:
        if waiting:
            return waiting.pop(0)
        if then is None:
            await asyncio.Event().wait()
        assert then is not None
        return then

    return receive


PIECE: Message = {"type": "http.request", "body": b"\n" * 100, "more_body": True}
SCOPE: Scope = {
    "type": "http",
    "method": "POST",
    "path": "/",
    "headers": [(b"transfer-encoding", b"chunked")],
}


async def guarded(receive: Receive) -> list[Message]:
    """Returns what is sent if an app that reads everything stands behind an impatient guard."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        from service.api.problems import ProblemError, problem_response

        try:
            while (await receive()).get("more_body"):
                pass
        except ProblemError as error:
            await problem_response(error.problem, None)(scope, receive, send)

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await BodyGuard(app, 1000, grace_s=0.02, linger_s=0.02)(dict(SCOPE), receive, send)
    return sent


async def test_a_body_that_stalls_is_refused() -> None:
    sent = await guarded(receiver(PIECE))

    assert sent[0]["status"] == 408
    assert sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def test_a_body_that_never_ends_is_refused_and_then_dropped() -> None:
    sent = await guarded(receiver(then=PIECE))

    assert sent[0]["status"] == 413
    assert (b"connection", b"close") in sent[0]["headers"]
    assert sent[1]["more_body"] is True
    assert sent[-1]["more_body"] is False


async def test_all_uploads_together_are_capped() -> None:
    async with running(max_upload_bytes=1000) as site:
        waiting = [asyncio.create_task(_upload(site, receiver(*[PIECE] * 9))) for _ in range(9)]
        refused, held = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        answers = [one.result() for one in refused]
        for one in held:
            one.cancel()
        await asyncio.wait(held)
        again = await _upload(site, receiver(PIECE, {"type": "http.disconnect"}))

    assert answers == [503]
    assert again is None


async def _upload(site: Site, receive: Receive) -> int | None:
    """The status of the answer, if there is one."""
    status: list[int] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            status.append(message["status"])

    scope = {
        **SCOPE,
        "path": "/products",
        "raw_path": b"/products",
        "query_string": b"",
        "headers": [(b"content-type", b"multipart/form-data; boundary=b0")],
    }
    await site.app(scope, receive, send)
    return status[0] if status else None


async def test_the_time_allowed_grows_with_what_came() -> None:
    piece: Message = {"type": "http.request", "body": b"x" * 500, "more_body": True}
    end: Message = {"type": "http.request", "body": b"", "more_body": False}

    assert await guarded(receiver(piece, end)) == []
