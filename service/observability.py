"""Configures logs and collects metrics."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

LATENCY_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(frozen=True, slots=True)
class Reading:
    """A number that a component maintains, and that `/metrics` reads when it is called."""

    help: str
    read: Callable[[], float]
    kind: Literal["gauge", "counter"] = "gauge"


class Metrics(Collector):
    """The metrics of one application, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._readings: Mapping[str, Reading] = {}
        self._requests = Counter(
            "http_requests",
            "Requests answered, by route template, method and status.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "Time from the request line to the end of the response.",
            ["route", "method"],
            buckets=LATENCY_BUCKETS_S,
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "http_requests_in_flight", "Requests in progress.", registry=self.registry
        )
        self.registry.register(self)

    def observe_request(self, route: str, method: str, status: int, seconds: float) -> None:
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route, method).observe(seconds)

    def watch(self, readings: Mapping[str, Reading]) -> None:
        """Exports these readings, by metric name, and replaces earlier ones."""
        self._readings = dict(readings)

    def collect(self) -> Iterable[Metric]:
        for name, reading in self._readings.items():
            family = CounterMetricFamily if reading.kind == "counter" else GaugeMetricFamily
            yield family(name, reading.help, value=reading.read())

    def exposition(self) -> bytes:
        """Returns all metrics in the Prometheus text format."""
        return generate_latest(self.registry)


class LogSettings(Protocol):
    """The settings that the logs depend on."""

    @property
    def log_level(self) -> str: ...
    @property
    def log_format(self) -> Literal["auto", "console", "json"]: ...


def configure_logging(settings: LogSettings) -> None:
    """Formats all log lines of the process in the same way, including those of libraries.

    Lines go to standard error. Request ids come from structlog's context variables.
    """
    as_json = settings.log_format == "json" or (
        settings.log_format == "auto" and not sys.stderr.isatty()
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        # Tests configure logging repeatedly, and a cached logger would keep the first setting.
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _drop_colours,
                *_renderers(as_json),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    _adopt_uvicorn()


def _renderers(as_json: bool) -> list[structlog.typing.Processor]:
    # Rich tracebacks would print local variables, which hold keys and pictures.
    if as_json:
        return [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]


def _drop_colours(
    _: object, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Removes the coloured copy that uvicorn adds to its messages."""
    event.pop("color_message", None)
    return event


def _adopt_uvicorn() -> None:
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    # The service itself logs each request, with its id and duration.
    access = logging.getLogger("uvicorn.access")
    access.handlers, access.propagate = [], False
    for chatty in ("httpx", "httpcore", "hpack", "PIL", "python_multipart", "filelock", "urllib3"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
