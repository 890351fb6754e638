from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import FLAGS, chromium_path
from tests.browser.visit import Visit
from tests.end_to_end.pictures import png
from tests.end_to_end.process import ServiceProcess

GOODS = {
    "mug-red": ("Red mug", {"colour": "red", "price": 8.5, "in_stock": True}),
    "mug-blue": ("Blue mug", {"colour": "blue", "price": 9, "in_stock": False}),
    "tee-red": ("Red T-shirt", {"colour": "red", "price": 19.9, "tags": ["summer", "cotton"]}),
    "lamp": ("Yellow lamp", {"colour": "yellow", "price": 39, "released": "2026-03-15"}),
    "chair": ("Green chair", {"colour": "green", "price": 80, "released": "2026-05-01"}),
    "clock": ("Clock", {"colour": "white", "price": 25, "tags": ["sale"]}),
}
"""The products of the shared service; the picture of each is `png` of its place in this list."""


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all: while Playwright runs, its loop keeps others off this thread."""
    path = chromium_path()
    if path is None:
        pytest.skip("needs Chromium: `make test-browser` installs it where it may")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=list(FLAGS), chromium_sandbox=os.geteuid() != 0
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service with GOODS, which tests leave as they found it."""
    service = ServiceProcess(tmp_path_factory.mktemp("shop"))
    try:
        service.start()
        for place, product_id in enumerate(GOODS):
            put(service, product_id, png(place))
        yield service
    finally:
        service.close()


@pytest.fixture(scope="package")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service that is empty before each test: see `empty_shop`."""
    service = ServiceProcess(tmp_path_factory.mktemp("bare"))
    try:
        yield service.start()
    finally:
        service.close()


@pytest.fixture
def empty_shop(bare: ServiceProcess) -> Iterator[ServiceProcess]:
    yield bare
    while items := bare.client.get("/products", params={"limit": 100}).json()["items"]:
        for item in items:
            bare.client.delete(f"/products/{item['product_id']}").raise_for_status()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens the page of a service; whatever went wrong in the browser fails the test at its end."""
    visits: list[Visit] = []

    def open_page(service: ServiceProcess, *, path: str = "/", **context: object) -> Visit:
        visits.append(Visit(chromium, service, path, **context))
        return visits[-1]

    yield open_page
    complaints = [complaint for one in visits for complaint in one.close()]
    assert complaints == []


def put(service: ServiceProcess, product_id: str, picture: bytes, name: str | None = None) -> None:
    """A product of GOODS, or any other under its name."""
    known, attributes = GOODS.get(product_id, (product_id, {}))
    fields = {"name": name or known, "attributes": json.dumps(attributes)}
    answer = service.client.put(f"/products/{product_id}", data=fields, files={"image": picture})
    answer.raise_for_status()
