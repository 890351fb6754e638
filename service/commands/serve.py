"""Serves the API and its page until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
from types import FrameType

from service.config import Settings

SHUTDOWN_GRACE_S = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None: the settings say where and how."""


def run(arguments: argparse.Namespace) -> int:
    import structlog
    import uvicorn

    from service.app import create_app
    from service.observability import configure_logging

    settings = Settings()
    configure_logging(settings)
    log = structlog.stdlib.get_logger("service")

    class Server(uvicorn.Server):
        """Ends with status 0 on SIGTERM, where uvicorn's own would raise the signal again."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            app.state.lifecycle.drain()
            self.force_exit = self.should_exit
            self.should_exit = True

    def stop() -> None:
        server.should_exit = True

    app = create_app(settings, on_failure=stop)
    server = Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_GRACE_S,
        )
    )
    log.info("serving", url=f"http://{settings.host}:{settings.port}")
    server.run()
    return 0 if server.started and app.state.lifecycle.error is None else 1
