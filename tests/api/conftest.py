from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI

from service.app import create_app
from service.catalogue.products import Catalogue
from service.config import Settings
from service.duplicates.finder import Duplicates
from service.health.readiness import CheckResult, Filling, ReadinessReport
from service.observability import Reading
from service.samples.files import sample_queries, samples
from service.samples.installer import SampleCatalogue
from service.search.ranking import Search
from tests.house import House

PNG = b"\x89PNG a picture"
JPEG = b"\xff\xd8 another"


class SwitchedReadiness:
    """Readiness that is whatever the test sets."""

    ready = True
    filling: Filling | None = None

    def report(self) -> ReadinessReport:
        trouble = None if self.ready else "The store does not answer."
        return ReadinessReport(
            ready=self.ready and self.filling is None,
            checks={"vector_store": CheckResult(self.ready, trouble, 0.4, 1.2)},
            encoders={"semantic": "fake-semantic", "visual": "fake-visual"},
            collection="products-test",
            products=3 if self.ready else None,
            warnings=("The compact encoders are in use.",),
            filling=self.filling,
        )


@dataclass
class TestServices:
    """The real use cases on stand-ins for the stores and the models."""

    __test__ = False

    house: House = field(default_factory=House)
    readiness: SwitchedReadiness = field(default_factory=SwitchedReadiness)
    readings: Mapping[str, Reading] = field(
        default_factory=lambda: {"queue_depth": Reading("Items waiting.", lambda: 7.0)}
    )
    closed: bool = False

    @property
    def catalogue(self) -> Catalogue:
        return self.house.catalogue

    @property
    def duplicates(self) -> Duplicates:
        return self.house.duplicates

    @property
    def search(self) -> Search:
        return self.house.search

    @cached_property
    def samples(self) -> SampleCatalogue:
        return SampleCatalogue(self.house.catalogue, samples()[:3], sample_queries())


@dataclass
class Site:
    """A running app, its parts, and a client that talks to it without a socket."""

    app: FastAPI
    client: httpx.AsyncClient
    services: TestServices

    async def put(self, product_id: str, /, **changes: object) -> httpx.Response:
        form = {"name": "Shoe", **changes}
        return await self.client.put(
            f"/products/{product_id}", data=form, files=[("image", ("a.png", PNG))]
        )


def settings(**changes: object) -> Settings:
    return Settings(_env_file=None, **changes)  # type: ignore[arg-type, call-arg]


@asynccontextmanager
async def running(services: TestServices | None = None, **changes: object) -> AsyncIterator[Site]:
    """An app with these settings changed, started and in the end stopped."""
    services = services or TestServices()

    @asynccontextmanager
    async def build(_: Settings, tell: Callable[[str], None]) -> AsyncIterator[TestServices]:
        tell("Loading.")
        yield services
        services.closed = True

    app = create_app(settings(**changes), build)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        await app.state.lifecycle.settled.wait()
        yield Site(app, client, services)


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """Collects the log as events rather than lines."""
    with structlog.testing.capture_logs() as events:
        yield events


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with running() as site:
        yield site


def problem(response: httpx.Response, status: int, kind: str) -> dict[str, object]:
    """The body, once it is clear that it is this problem in its right form."""
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = response.json()
    assert (response.status_code, body["status"]) == (status, status), body
    assert body["type"] == f"/problems/{kind}", body
    assert body["title"]
    assert body["detail"]
    assert body["request_id"] == response.headers["x-request-id"]
    return body


def pointers(response: httpx.Response) -> list[str]:
    return [error["pointer"] for error in response.json().get("errors", [])]


def manifest(*entries: object) -> dict[str, str]:
    return {"manifest": json.dumps(entries)}
