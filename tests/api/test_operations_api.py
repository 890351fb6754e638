"""Problems of the framework, keys, health, metrics, pages, and starting and stopping."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.config import Settings
from service.core.errors import SetupError, StoreFull
from service.health.readiness import Filling
from tests.api.conftest import PNG, Site, TestServices, problem, running, settings


async def test_unknown_addresses_are_problems(site: Site) -> None:
    for path in ("/nothing", "/products/", "/products/a/b/c/d", "/docs/../etc"):
        problem(await site.client.get(path), 404, "not-found")


async def test_405_names_every_method_of_the_address(site: Site) -> None:
    response = await site.client.post("/products/a")

    problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"
    assert (await site.client.put("/health")).status_code == 405
    batch = await site.client.get("/products/batch")
    assert batch.status_code == 404  # A product may have this id.


async def test_options_tells_the_methods(site: Site) -> None:
    response = await site.client.options("/products")

    assert (response.status_code, response.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")


async def test_a_bug_is_a_500_that_tells_nothing(site: Site, logs: list[dict[str, Any]]) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    site.services.house.catalogue.get = broken  # type: ignore[method-assign, assignment]
    response = await site.client.get("/products/a")

    problem(response, 500, "internal-error")
    assert "secret detail" not in response.text
    assert [log["event"] for log in logs] == ["request failed", "request"]
    assert logs[0]["exc_info"]


async def test_an_unavailable_store_is_503_with_retry_after(site: Site) -> None:
    site.services.house.outage.after = 0
    response = await site.client.get("/products")

    problem(response, 503, "store-unavailable")
    assert int(response.headers["retry-after"]) >= 1


async def test_a_full_disk_is_507_with_retry_after(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise StoreFull("The disk of the image store is full: make room.")

    monkeypatch.setattr(site.services.house.blobs, "put", full)
    response = await site.client.put("/products/a", data={"name": "A"}, files={"image": PNG})

    assert "make room" in problem(response, 507, "store-full")["detail"]
    assert int(response.headers["retry-after"]) >= 1


@pytest.mark.parametrize("given", ["abc-1.2_3", "a" * 128])
async def test_a_sane_request_id_is_kept(site: Site, given: str) -> None:
    response = await site.client.get("/health/live", headers={"X-Request-ID": given})

    assert response.headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a" * 129, "a b", "<script>", "ü", "a\tb"])
async def test_any_other_request_id_is_replaced(site: Site, given: str) -> None:
    response = await site.client.get("/nothing", headers=[(b"X-Request-ID", given.encode())])

    assert re.fullmatch(r"[0-9a-f-]{36}", response.headers["x-request-id"])


async def test_every_answer_is_kept_from_sniffing_and_framing(site: Site) -> None:
    for path in ("/health", "/nothing", "/docs", "/metrics"):
        headers = (await site.client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


class TestKeys:
    PICTURE = ("image", ("a.png", PNG))

    async def test_every_call_but_health_and_pages_needs_one(self) -> None:
        async with running(api_keys="writer", read_api_keys="reader") as site:
            for path in ("/health", "/health/live", "/docs", "/openapi.json"):
                assert (await site.client.get(path)).status_code == 200
            for path in ("/products", "/metrics", "/nothing"):
                response = await site.client.get(path)
                problem(response, 401, "unauthorized")
                assert response.headers["www-authenticate"].startswith("Bearer")

    @pytest.mark.parametrize(
        "headers",
        [
            {"Authorization": "Bearer writer"},
            {"Authorization": "bearer  writer"},
            {"X-API-Key": "writer"},
            {"X-API-Key": "schlüssel".encode()},
        ],
    )
    async def test_a_key_is_taken_from_either_header(self, headers: dict[str, str]) -> None:
        async with running(api_keys="other, writer,schlüssel") as site:
            assert (await site.client.get("/products", headers=headers)).status_code == 200

    @pytest.mark.parametrize(
        "headers",
        [
            {"Authorization": "Bearer wrong"},
            {"Authorization": "Basic writer"},
            {"Authorization": "writer"},
            {"X-API-Key": "write"},
        ],
    )
    async def test_any_other_is_refused(self, headers: dict[str, str]) -> None:
        async with running(api_keys="writer") as site:
            problem(await site.client.get("/products", headers=headers), 401, "unauthorized")

    async def test_a_read_only_key_reads_and_searches(self) -> None:
        async with running(api_keys="writer", read_api_keys="reader") as site:
            site.client.headers["X-API-Key"] = "reader"
            search = await site.client.post("/search/image", files=[self.PICTURE])
            write = await site.client.put("/products/a", data={"name": "a"}, files=[self.PICTURE])

        assert search.status_code == 200
        problem(write, 403, "forbidden")

    async def test_without_keys_everyone_may_call(self, site: Site) -> None:
        assert (await site.put("a")).status_code == 201


class TestHealth:
    async def test_it_says_what_runs(self, site: Site) -> None:
        response = await site.client.get("/health")

        assert response.status_code == 200
        body = response.json()
        assert body["status"] == "ready"
        assert body["checks"] == {
            "vector_store": {"ok": True, "detail": None, "took_ms": 0.4, "age_s": 1.2}
        }
        assert body["encoders"] == {"semantic": "fake-semantic", "visual": "fake-visual"}
        assert [(one["name"], one["weight"]) for one in body["signals"]] == [
            ("semantic", 0.6),
            ("visual", 0.4),
        ]
        assert (body["collection"], body["products"]) == ("products-test", 3)
        assert body["warnings"] == ["The compact encoders are in use."]

    async def test_it_turns_to_503_and_back(self, site: Site) -> None:
        site.services.readiness.ready = False
        down = await site.client.get("/health")
        site.services.readiness.ready = True
        up = await site.client.get("/health")

        assert (down.status_code, down.json()["status"]) == (503, "unavailable")
        assert down.json()["checks"]["vector_store"]["detail"] == "The store does not answer."
        assert up.status_code == 200

    async def test_an_index_that_is_being_filled_tells_its_progress(self, site: Site) -> None:
        site.services.readiness.filling = Filling(indexed=3, expected=10)
        response = await site.client.get("/health")

        assert (response.status_code, response.json()["status"]) == (503, "filling")
        assert response.json()["filling"] == {"indexed": 3, "expected": 10}


class TestMetrics:
    async def test_requests_are_counted_by_route_template(self, site: Site) -> None:
        await site.client.get("/products/secret-id")
        await site.client.request("BREW", "/pot")
        await site.client.get("/static/js/api.js")
        text = (await site.client.get("/metrics")).text

        line = 'http_requests_total{method="GET",route="/products/{product_id}",status="404"} 1.0'
        assert line in text
        assert 'method="other",route="unmatched"' in text
        assert (
            'http_requests_total{method="GET",route="/static/{path:path}",status="200"} 1.0' in text
        )
        assert "secret-id" not in text

    async def test_the_parts_numbers_are_read(self, site: Site) -> None:
        assert "queue_depth 7.0" in (await site.client.get("/metrics")).text


class TestPages:
    async def test_swagger_ui_needs_no_other_host(self, site: Site) -> None:
        page = await site.client.get("/docs")
        addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)

        assert len(addresses) == 4
        for address in addresses:
            assert not address.startswith(("http", "//"))
            assert (await site.client.get(f"/{address}")).status_code == 200
        assert (await site.client.get("/docs/other.js")).status_code == 404

    async def test_the_start_page_and_its_files_are_served(self, site: Site) -> None:
        page = await site.client.get("/")
        addresses = re.findall(r'(?:src|href)="([^"#]+)"', page.text)

        assert page.headers["content-type"].startswith("text/html")
        for address in addresses:
            assert (await site.client.get(f"/{address}")).status_code == 200
        problem(await site.client.get("/static/none.js"), 404, "not-found")

    @pytest.mark.parametrize("path", ["/", "/docs", "/health", "/metrics"])
    async def test_probes_and_pages_overlook_query_parameters(self, site: Site, path: str) -> None:
        assert (await site.client.get(f"{path}?utm=x")).status_code == 200

    async def test_the_pages_have_policies_of_their_own(self, site: Site) -> None:
        docs = (await site.client.get("/docs")).headers["content-security-policy"]
        assert "default-src 'self'" in docs
        page = (await site.client.get("/")).headers["content-security-policy"]
        assert "script-src 'self'; style-src 'self';" in page
        assert "unsafe" not in page

    async def test_browsers_ask_again_for_the_files_of_the_page(self, site: Site) -> None:
        for path in ("/", "/static/js/main.js", "/static/css/base.css"):
            assert (await site.client.get(path)).headers["cache-control"] == "no-cache"


class Gate:
    """A build that goes on when the test says so."""

    def __init__(self, error: Exception | None = None) -> None:
        self.opened = asyncio.Event()
        self.services = TestServices()
        self.error = error
        self.failures = 0

    @asynccontextmanager
    async def build(self, _: Settings, tell: Callable[[str], None]) -> AsyncIterator[TestServices]:
        tell("Loading the encoders: 40 %.")
        await self.opened.wait()
        if self.error is not None:
            raise self.error
        yield self.services
        self.services.closed = True

    def failed(self) -> None:
        self.failures += 1


@asynccontextmanager
async def starting(gate: Gate) -> AsyncIterator[Site]:
    app = create_app(settings(), gate.build, on_failure=gate.failed)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        await asyncio.sleep(0)
        yield Site(app, client, gate.services)


class TestStarting:
    async def test_calls_wait_outside_and_health_tells_the_progress(self) -> None:
        gate = Gate()
        async with starting(gate) as site:
            response = await site.client.get("/products")
            health = await site.client.get("/health")
            assert problem(response, 503, "starting")["detail"] == "Loading the encoders: 40 %."
            assert "retry-after" in response.headers
            assert (health.status_code, health.json()["status"]) == (503, "starting")
            assert health.json()["detail"] == "Loading the encoders: 40 %."
            for path in ("/health/live", "/docs", "/openapi.json", "/metrics"):
                assert (await site.client.get(path)).status_code == 200

            gate.opened.set()
            await site.app.state.lifecycle.settled.wait()
            assert (await site.client.get("/products")).status_code == 200
        assert gate.services.closed

    async def test_a_failed_start_is_told(self, logs: list[dict[str, Any]]) -> None:
        gate = Gate(SetupError("No weights; set WEIGHTS_DIR."))
        gate.opened.set()
        async with starting(gate) as site:
            await site.app.state.lifecycle.settled.wait()
            health = await site.client.get("/health")
            response = await site.client.get("/products")

        assert (health.status_code, health.json()["status"]) == (503, "failed")
        assert health.json()["detail"] == "No weights; set WEIGHTS_DIR."
        problem(response, 503, "starting")
        assert gate.failures == 1
        assert isinstance(site.app.state.lifecycle.error, SetupError)
        assert "start failed" in [log["event"] for log in logs]

    async def test_what_nobody_foresaw_fails_the_start_too(self) -> None:
        gate = Gate(RuntimeError("secret detail"))
        gate.opened.set()
        async with starting(gate) as site:
            await site.app.state.lifecycle.settled.wait()
            health = await site.client.get("/health")

        assert "secret detail" not in health.text
        assert gate.failures == 1

    async def test_stopping_while_starting_gives_up(self) -> None:
        gate = Gate()
        async with starting(gate):
            pass

        assert not gate.services.closed
        assert gate.failures == 0

    async def test_draining_refuses_new_work(self, site: Site) -> None:
        site.app.state.lifecycle.drain()

        problem(await site.client.get("/products"), 503, "draining")
        assert (await site.client.get("/health")).json()["status"] == "draining"
