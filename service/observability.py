"""Logs, request ids and metrics: what the service tells about itself."""

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
    """A number that a part keeps and `/metrics` reads when it is asked."""

    help: str
    read: Callable[[], float]
    kind: Literal["gauge", "counter"] = "gauge"


class Metrics(Collector):
    """The service's own registry: one a process, none shared between two apps of a test run."""

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
            "Time from the request's head to the end of its answer.",
            ["route", "method"],
            buckets=LATENCY_BUCKETS_S,
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "http_requests_in_flight", "Requests being worked on.", registry=self.registry
        )
        self.registry.register(self)

    def observe_request(self, route: str, method: str, status: int, seconds: float) -> None:
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route, method).observe(seconds)

    def watch(self, readings: Mapping[str, Reading]) -> None:
        """The numbers of the parts, by metric name; replaces those watched before."""
        self._readings = dict(readings)

    def collect(self) -> Iterable[Metric]:
        for name, reading in self._readings.items():
            family = CounterMetricFamily if reading.kind == "counter" else GaugeMetricFamily
            yield family(name, reading.help, value=reading.read())

    def exposition(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self.registry)


class LogSettings(Protocol):
    """What the logs take of the settings."""

    @property
    def log_level(self) -> str: ...
    @property
    def log_format(self) -> Literal["auto", "console", "json"]: ...


def configure_logging(settings: LogSettings) -> None:
    """One format for every line of the process, uvicorn's and the libraries' included.

    Lines go to standard error; request ids come from structlog's context variables.
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
        # Tests configure more than once, and a cached logger would keep the first configuration.
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
    # Plain tracebacks: the others show local variables, which hold keys and pictures.
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
    """uvicorn sends its messages twice, once in colour."""
    event.pop("color_message", None)
    return event


def _adopt_uvicorn() -> None:
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    # Each request has its line from the service itself, with its id and duration.
    access = logging.getLogger("uvicorn.access")
    access.handlers, access.propagate = [], False
    for chatty in ("httpx", "httpcore", "hpack", "PIL", "python_multipart", "filelock", "urllib3"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
