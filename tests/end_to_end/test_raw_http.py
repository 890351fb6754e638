"""Bytes that are no HTTP, and WebSockets, never reach the app."""

from __future__ import annotations

import socket

import httpx
import pytest

from tests.end_to_end.process import ServiceProcess

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def exchange(service: ServiceProcess, sent: bytes) -> tuple[bytes, httpx.Response]:
    """The status line, and the rest as a response."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(sent)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    status_line, *lines = head.split(b"\r\n")
    headers = [tuple(line.split(b": ", 1)) for line in lines]
    return status_line, httpx.Response(int(status_line.split()[1]), headers=headers, content=body)


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS client\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
        b"POST /products HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n",
    ],
)
def test_what_is_no_http_is_a_problem_too(shared_service: ServiceProcess, sent: bytes) -> None:
    status_line, response = exchange(shared_service, sent)

    assert status_line == b"HTTP/1.1 400 Bad Request"
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (problem["status"], problem["type"]) == (400, "/problems/bad-request")
    assert problem["request_id"] == response.headers["x-request-id"]


def test_a_websocket_is_answered_as_the_plain_request_it_also_is(
    shared_service: ServiceProcess,
) -> None:
    response = shared_service.client.get("/socket", headers=UPGRADE)

    assert response.status_code == 404
    assert response.json()["type"] == "/problems/not-found"
