"""Provides a fake Qdrant server as an httpx transport, which can be told to fail."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

import httpx
from qdrant_client import AsyncQdrantClient

from tests.repositories.points import DIMENSIONS

Failure = httpx.Response | type[httpx.TransportError]


def failing(status: int, **headers: str) -> httpx.Response:
    return httpx.Response(
        status, headers=headers, json={"status": {"error": "told to fail"}, "time": 0.0}
    )


class FakeRest(httpx.AsyncBaseTransport):
    """Serves one empty collection. The next requests fail by `failures`, or all by `down`."""

    def __init__(self, *, fingerprint: str | None = None) -> None:
        self.failures: deque[Failure] = deque()
        self.down: Failure | None = None
        self.requests: list[tuple[str, str]] = []
        self.bodies: list[Any] = []
        self.collection: dict[str, Any] | None = None
        self.indexes: dict[str, Any] = {}
        if fingerprint is not None:
            self.collection = {
                "vectors": {"size": DIMENSIONS, "distance": "Dot"},
                "metadata": {"fingerprint": fingerprint},
            }

    def client(self) -> AsyncQdrantClient:
        return AsyncQdrantClient(
            url="http://qdrant.invalid:6333", transport=self, check_compatibility=False
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        call = (request.method, request.url.path.removeprefix("/collections/c"))
        self.requests.append(call)
        failure = self.failures.popleft() if self.failures else self.down
        if isinstance(failure, httpx.Response):
            return httpx.Response(
                failure.status_code, headers=failure.headers, content=failure.content
            )
        if failure is not None:
            raise failure("told to fail")
        body = json.loads(request.content) if request.content else None
        self.bodies.append(body)
        return self._answer(call, body)

    def _answer(self, call: tuple[str, str], body: Any) -> httpx.Response:
        match call:
            case ("GET", "/exists"):
                return _result({"exists": self.collection is not None})
            case ("PUT", ""):
                if self.collection is not None:
                    return failing(409)
                self.collection = body
                return _result(True)
        if self.collection is None:
            return failing(404)
        match call:
            case ("GET", ""):
                return _result(self._info(self.collection))
            case ("PUT", "/index"):
                self.indexes[body["field_name"]] = body["field_schema"]
                return _result({"status": "acknowledged", "operation_id": 1})
            case ("POST", "/points/count"):
                return _result({"count": 0})
            case ("POST", "/points/query"):
                return _result({"points": []})
            case ("POST", "/points/batch"):
                return _result([{"status": "completed", "operation_id": 1}])
        return failing(400)

    def _info(self, collection: dict[str, Any]) -> dict[str, Any]:
        return {
            "status": "green",
            "optimizer_status": "ok",
            "segments_count": 1,
            "config": {
                "params": {"vectors": collection["vectors"]},
                "hnsw_config": {"m": 16, "ef_construct": 128, "full_scan_threshold": 10_000},
                "optimizer_config": {
                    "deleted_threshold": 0.2,
                    "vacuum_min_vector_number": 1000,
                    "default_segment_number": 0,
                    "flush_interval_sec": 5,
                },
                "metadata": collection.get("metadata"),
            },
            "payload_schema": {
                name: {"data_type": "keyword", "points": 0} for name in self.indexes
            },
        }


def _result(value: object) -> httpx.Response:
    return httpx.Response(200, json={"status": "ok", "time": 0.0, "result": value})
