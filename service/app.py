"""create_app(): routes, error handlers, middleware and lifespan in one place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from service import __version__
from service.api import openapi
from service.api.dependencies import Limits, known_query
from service.api.lifecycle import Lifecycle, Services
from service.api.middleware.auth import ApiKeys
from service.api.middleware.body import BodyGuard
from service.api.middleware.context import RequestContext
from service.api.middleware.gate import Address, StartGate
from service.api.problems import ProblemError, handle
from service.api.routes import batch, health, images, pages, products, samples, search
from service.api.routing import RouteTable
from service.config import Settings
from service.core.errors import ServiceError
from service.observability import Metrics

Build: TypeAlias = Callable[
    [Settings, Callable[[str], None]], AbstractAsyncContextManager[Services]
]
"""Makes and closes the parts; the second argument takes sentences about the progress."""

DESCRIPTION = """Post products with pictures, then post a photo and get the products that look
most like it, by an exact hybrid score of two signals.

Errors are `application/problem+json` (RFC 9457); their pointers start at the request's body, or
name the query parameter. Every answer has an `X-Request-ID`. Where keys are configured, every call
but the health calls needs one, as `Authorization: Bearer …` or `X-API-Key`."""


def create_app(
    settings: Settings,
    build: Build | None = None,
    *,
    on_failure: Callable[[], None] = lambda: None,
) -> FastAPI:
    """The application. It answers at once; the parts are built in the background.

    `on_failure` is called when they cannot be built; why is in `app.state.lifecycle.error`.
    """
    lifecycle, metrics = Lifecycle(), Metrics()
    app = FastAPI(
        title="Product search by picture",
        version=__version__,
        description=DESCRIPTION,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(settings, build or _default_build, lifecycle, metrics, on_failure),
    )
    app.state.lifecycle, app.state.metrics = lifecycle, metrics
    app.state.limits = Limits(
        image_bytes=settings.max_image_bytes,
        images_per_product=settings.max_images_per_product,
        private=bool(settings.api_keys or settings.read_api_keys),
    )
    for router in (batch.router, products.router, images.router, search.router, samples.router):
        app.include_router(router, dependencies=[Depends(known_query)])
    app.include_router(health.router)
    app.include_router(pages.router)
    for kind in (ServiceError, ProblemError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, handle)
    app.user_middleware = _middleware(app, settings, lifecycle, metrics)
    return app


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document. It depends on the code alone, on no setting."""
    return openapi.document(create_app(Settings.model_construct()))


def _middleware(
    app: FastAPI, settings: Settings, lifecycle: Lifecycle, metrics: Metrics
) -> list[Middleware]:
    """Outermost first."""
    table = RouteTable(lambda: app.routes)
    return [
        Middleware(RequestContext, metrics=metrics),
        Middleware(BodyGuard, max_bytes=settings.max_upload_bytes),
        Middleware(
            ApiKeys,
            routes=table,
            keys=settings.api_keys,
            read_only_keys=settings.read_api_keys,
        ),
        Middleware(StartGate, routes=table, lifecycle=lifecycle),
        Middleware(Address, routes=table),
    ]


def _lifespan(
    settings: Settings,
    build: Build,
    lifecycle: Lifecycle,
    metrics: Metrics,
    on_failure: Callable[[], None],
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    def tell(progress: str) -> None:
        lifecycle.progress = progress

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        lifecycle.start(
            lambda: build(settings, tell),
            on_ready=lambda services: metrics.watch(services.readings),
            on_failure=on_failure,
        )
        try:
            yield
        finally:
            await lifecycle.stop()

    return lifespan


def _default_build(
    settings: Settings, tell: Callable[[str], None]
) -> AbstractAsyncContextManager[Services]:
    # Here, and not above: only a service that starts needs the models' libraries.
    from service.bootstrap import build

    return build(settings, tell)
