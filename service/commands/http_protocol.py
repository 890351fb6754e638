"""Uvicorn's HTTP protocol, changed to answer malformed requests with a problem document."""

from __future__ import annotations

import uuid

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.api.problems import http_problem, problem_response

UNREADABLE = "The request is not valid HTTP/1.1; check the client's request line and headers."


class ProblemProtocol(HttpToolsProtocol):
    """Answers requests that cannot be parsed and therefore never reach the app."""

    def send_400_response(self, msg: str) -> None:
        request_id = str(uuid.uuid4())
        response = problem_response(
            http_problem(400, UNREADABLE),
            request_id,
            {"X-Request-ID": request_id, "Connection": "close"},
        )
        head = [b"HTTP/1.1 400 Bad Request"]
        head += [name + b": " + value for name, value in response.raw_headers]
        self.transport.write(b"\r\n".join([*head, b"", bytes(response.body)]))
        self.transport.close()
