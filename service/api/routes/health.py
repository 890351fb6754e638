"""The calls of operators: health and metrics."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from service import __version__
from service.api.dependencies import LifecycleDep
from service.api.lifecycle import Lifecycle
from service.api.openapi import described
from service.api.routing import Access
from service.api.schemas.operations import Check, Filling, Health, Liveness, Signal
from service.embedding.registry import SIGNALS
from service.health.readiness import ReadinessReport
from service.observability import Metrics

CAPTIONS = {row.name: row.caption for row in SIGNALS}

router = APIRouter(tags=["operations"])

PROBE = Access(public=True, reads=True, early=True)


@router.get(
    "/health",
    operation_id="getHealth",
    **described(access=PROBE, also={503: (Health, "The service is not ready; the body says why.")}),
)
async def get_health(response: Response, lifecycle: LifecycleDep) -> Health:
    """Tells whether the service is ready, by the last answers of all its components."""
    health = _health(lifecycle)
    if health.status != "ready":
        response.status_code = 503
        response.headers["Retry-After"] = "2"
    return health


def _health(lifecycle: Lifecycle) -> Health:
    phase = lifecycle.phase
    if phase != "serving":
        return Health(status=phase, version=__version__, detail=lifecycle.progress)
    services = lifecycle.services
    report = services.readiness.report()
    return Health(
        status=_status(report),
        version=__version__,
        checks={name: Check.of(check) for name, check in report.checks.items()},
        encoders=dict(report.encoders),
        signals=[
            Signal(
                name=signal.name,
                caption=CAPTIONS[signal.name],
                weight=services.search.default_weights[signal.name],
                text_encoder=signal.text_encoder,
            )
            for signal in services.search.signals
        ],
        collection=report.collection,
        products=report.products,
        filling=report.filling
        and Filling(indexed=report.filling.indexed, expected=report.filling.expected),
        warnings=list(report.warnings),
    )


def _status(report: ReadinessReport) -> Literal["ready", "filling", "unavailable"]:
    if report.ready:
        return "ready"
    return "filling" if all(check.ok for check in report.checks.values()) else "unavailable"


@router.get("/health/live", operation_id="getLiveness", **described(access=PROBE))
async def get_liveness() -> Liveness:
    """Tells that the process answers requests."""
    return Liveness(status="alive", version=__version__)


@router.get(
    "/metrics",
    operation_id="getMetrics",
    response_class=Response,
    **described(text=True, access=Access(early=True)),
)
async def get_metrics(request: Request) -> Response:
    """Return the metrics for Prometheus."""
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.exposition(), media_type=CONTENT_TYPE_PLAIN_0_0_4)
