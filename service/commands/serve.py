"""Serves the API and its page until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import socket
from types import FrameType

from service.config import Settings
from service.core.errors import SetupError

SHUTDOWN_GRACE_S = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds no arguments: this command is configured by the settings."""


def run(arguments: argparse.Namespace) -> int:
    import structlog
    import uvicorn

    from service.app import create_app
    from service.commands.http_protocol import ProblemProtocol
    from service.health.watchdog import watched_loop
    from service.observability import configure_logging

    settings = Settings()
    configure_logging(settings)
    log = structlog.stdlib.get_logger("service")

    class Server(uvicorn.Server):
        """Exits with status 0 on SIGTERM; uvicorn's own server would raise the signal again."""

        async def serve(self, sockets: list[socket.socket] | None = None) -> None:
            with watched_loop(settings.loop_stall_s):
                await super().serve(sockets)

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            app.state.lifecycle.drain()
            self.force_exit = self.should_exit
            self.should_exit = True

    def stop() -> None:
        server.should_exit = True

    listener = _listen(settings.host, settings.port)
    app = create_app(settings, on_failure=stop)
    server = Server(
        uvicorn.Config(
            app,
            http=ProblemProtocol,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # The app handles these headers itself, including the prefix.
            timeout_graceful_shutdown=SHUTDOWN_GRACE_S,
        )
    )
    log.info("serving", url=f"http://{settings.host}:{settings.port}")
    server.run(sockets=[listener])
    return 0 if server.started and app.state.lifecycle.error is None else 1


def _listen(host: str, port: int) -> socket.socket:
    """Opens the port first, so that a port in use is reported at once. Raises SetupError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as exc:
        raise SetupError(
            f"Cannot listen on {host} port {port}: {exc.strerror or exc}."
            " Stop the program that uses it, or set another HOST or PORT."
        ) from exc
