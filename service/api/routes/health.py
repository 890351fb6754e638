"""The calls of operators: health and metrics."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from service import __version__
from service.api import schemas
from service.api.dependencies import LifecycleDep
from service.api.openapi import described
from service.embedding.registry import SIGNALS
from service.observability import Metrics

CAPTIONS = {row.name: row.caption for row in SIGNALS}

router = APIRouter(tags=["operations"])


@router.get(
    "/health",
    operation_id="getHealth",
    **described(
        public=True, also={503: (schemas.Health, "Not ready; the body says what is wrong.")}
    ),
)
async def get_health(response: Response, lifecycle: LifecycleDep) -> schemas.Health:
    """Whether the service can do its work now: every part is asked."""
    phase = lifecycle.phase
    if phase != "serving":
        response.status_code = 503
        response.headers["Retry-After"] = "2"
        return schemas.Health(status=phase, version=__version__, detail=lifecycle.progress)
    services = lifecycle.services
    report = await services.readiness.check()
    if not report.ready:
        response.status_code = 503
        response.headers["Retry-After"] = "2"
    return schemas.Health(
        status="ready" if report.ready else "unavailable",
        version=__version__,
        checks={
            name: schemas.Check(ok=check.ok, detail=check.detail, took_ms=check.took_ms)
            for name, check in report.checks.items()
        },
        encoders=dict(report.encoders),
        signals=[
            schemas.Signal(
                name=signal.name,
                caption=CAPTIONS[signal.name],
                weight=services.search.default_weights[signal.name],
                text_encoder=signal.text_encoder,
            )
            for signal in services.search.signals
        ],
        collection=report.collection,
        products=report.products,
        warnings=list(report.warnings),
    )


@router.get("/health/live", operation_id="getLiveness", **described(public=True))
async def get_liveness() -> schemas.Liveness:
    """The process serves."""
    return schemas.Liveness(status="alive", version=__version__)


@router.get("/metrics", operation_id="getMetrics", response_class=Response, **described(text=True))
async def get_metrics(request: Request) -> Response:
    """Numbers for Prometheus."""
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.exposition(), media_type=CONTENT_TYPE_PLAIN_0_0_4)
