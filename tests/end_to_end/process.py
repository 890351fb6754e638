"""The service as its users have it: a process of its own on a free port of 127.0.0.1."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

READY_WITHIN_S = 90.0
ENDED_WITHIN_S = 60.0


class ServiceProcess:
    """`python -m service serve` on a data directory; started again it keeps its port."""

    def __init__(self, directory: Path, **environment: str) -> None:
        self.directory = directory
        self.port = _free_port()
        self.log = directory / "service.log"
        self._environment = {
            "ENCODERS": "compact",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "DATA_DIR": str(directory / "data"),
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", timeout=60, trust_env=False
        )

    def start(self) -> ServiceProcess:
        """Returns once the service is ready."""
        inherited = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ
        }
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "service", "serve"],
                env={**inherited, **self._environment},
                stdout=log,
                stderr=log,
                cwd=Path(__file__).parents[2],
                start_new_session=True,
            )
        self.wait_until_ready()
        return self

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def engine_pids(self) -> list[int]:
        """The child processes of the service that hold the embedded engine."""
        tasks = Path(f"/proc/{self.pid}/task").iterdir()  # any thread may have started a child
        children = " ".join((task / "children").read_text() for task in tasks).split()
        return [
            int(pid)
            for pid in children
            if "edge.process" in Path(f"/proc/{pid}/cmdline").read_text()
        ]

    def wait_until_ready(self) -> None:
        self.wait_for_health(200)

    def wait_for_health(self, status: int) -> httpx.Response:
        """The first answer of `/health` with this status."""
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            assert self._process is not None
            assert self._process.poll() is None, self.log.read_text()
            try:
                response = self.client.get("/health")
            except httpx.TransportError:
                response = None
            if response is not None and response.status_code == status:
                return response
            time.sleep(0.05)
        raise AssertionError(f"no {status} from /health:\n{self.log.read_text()}")

    def kill(self) -> None:
        """`kill -9` of the service alone; its engine has to notice by itself."""
        os.kill(self.pid, signal.SIGKILL)
        self._wait()

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        os.kill(self.pid, signal.SIGTERM)
        return self._wait()

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()
        self.client.close()

    def _wait(self) -> int:
        assert self._process is not None
        return self._process.wait(ENDED_WITHIN_S)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
