"""A small HTTP server that answers like the model hub, from a directory; or like a broken one."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from huggingface_hub import constants

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """One repository; `cut` is a file whose body ends midway, `lie` one whose digest is wrong."""

    def __init__(self, directory: Path, repository: str) -> None:
        self.directory, self.repository = directory, repository
        self.cut: str | None = None
        self.lie: str | None = None
        self.requests: list[str] = []
        self.url = ""

    def listing(self) -> dict[str, object]:
        files = sorted(path for path in self.directory.rglob("*") if path.is_file())
        return {
            "id": self.repository,
            "modelId": self.repository,
            "sha": COMMIT,
            "siblings": [self._sibling(file) for file in files],
        }

    def _sibling(self, file: Path) -> dict[str, object]:
        name, size = file.relative_to(self.directory).as_posix(), file.stat().st_size
        entry: dict[str, object] = {"rfilename": name, "size": size, "blobId": git_hash(file)}
        if file.suffix == ".safetensors":
            digest = "f" * 64 if name == self.lie else self.digest(file)
            entry["lfs"] = {"sha256": digest, "size": size, "pointerSize": 134}
        return entry

    @staticmethod
    def digest(file: Path) -> str:
        return hashlib.sha256(file.read_bytes()).hexdigest()


def git_hash(file: Path) -> str:
    """The name of the file's content in Git."""
    data = file.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def ask_hub_at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Points the hub's library at this address, as HF_ENDPOINT does before it is imported."""
    monkeypatch.setattr(constants, "ENDPOINT", url)
    template = "{}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template.format(url))


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def log_message(self, *args: object) -> None: ...

        def _answer(self, *, body: bool) -> None:
            path = self.path.partition("?")[0]
            hub.requests.append(f"{self.command} {path}")
            if path.startswith(f"/api/models/{hub.repository}/tree/"):
                entries = [
                    {"type": "file", "oid": s["blobId"], "path": s["rfilename"], **s}
                    for s in hub.listing()["siblings"]  # type: ignore[attr-defined]
                ]
                for entry in entries:
                    if "lfs" in entry:
                        entry["lfs"] = {**entry["lfs"], "oid": entry["lfs"]["sha256"]}
                return self._json(entries, body)
            if path.startswith(f"/api/models/{hub.repository}"):
                return self._json(hub.listing(), body)
            for revision in ("main", COMMIT):
                prefix = f"/{hub.repository}/resolve/{revision}/"
                file = hub.directory / path.removeprefix(prefix)
                if path.startswith(prefix) and file.is_file():
                    return self._file(file, body)
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _json(self, content: object, body: bool) -> None:
            data = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if body:
                self.wfile.write(data)

        def _file(self, file: Path, body: bool) -> None:
            data = file.read_bytes()
            self.send_response(200)
            self.send_header("ETag", f'"{hub.digest(file)}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if body:
                cut = hub.cut is not None and file.as_posix().endswith(hub.cut)
                self.wfile.write(data[: len(data) // 2] if cut else data)
                if cut:
                    self.connection.shutdown(socket.SHUT_RDWR)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def black_hole() -> Iterator[str]:
    """A port that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def closed_port() -> Iterator[str]:
    """A port that nobody listens on, and that nobody else gets meanwhile."""
    with socket.socket() as owner:
        owner.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{owner.getsockname()[1]}"
