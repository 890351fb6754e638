"""States of the service and of access: outage, keys, mount points, errors in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import put
from tests.browser.visit import Visit
from tests.end_to_end.pictures import png
from tests.end_to_end.process import ServiceProcess

Open = Callable[..., Visit]


@pytest.fixture
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service that asks for a key."""
    service = ServiceProcess(
        tmp_path_factory.mktemp("guarded"), API_KEYS="opensesame", READ_API_KEYS="lookonly"
    )
    service.client.headers["X-API-Key"] = "opensesame"
    try:
        service.start()
        put(service, "lamp", png(3))
        yield service
    finally:
        service.close()


def test_it_says_which_encoders_run_and_that_they_stand_in(
    shop: ServiceProcess, visit: Open
) -> None:
    here = visit(shop)
    expect(here.page.locator("#banner")).to_contain_text("stand in for CLIP and ResNet50")
    here.page.get_by_role("button", name="Ready").click()
    expect(here.page.locator("#facts")).to_contain_text("compact-semantic-1")
    expect(here.page.locator("#facts")).to_contain_text("compact-visual-1")


def test_a_file_that_is_no_picture_is_refused_in_words(shop: ServiceProcess, visit: Open) -> None:
    here = visit(shop)
    here.expect_trouble("422")
    here.choose(b"This is no picture.", "notes.txt", "text/plain")
    expect(here.page.get_by_role("alert")).to_contain_text("The picture cannot be read")
    expect(here.page.locator("#picture")).to_contain_text("This browser cannot show it.")

    here.choose(png(3))
    expect(here.hits.first).to_be_visible()
    expect(here.page.get_by_role("alert")).to_have_count(0)


def test_an_outage_is_told_and_heals_by_itself(
    tmp_path_factory: pytest.TempPathFactory, visit: Open
) -> None:
    service = ServiceProcess(tmp_path_factory.mktemp("outage"))
    try:
        service.start()
        put(service, "lamp", png(3))
        here = visit(service)
        here.expect_trouble("net::ERR_", "503")
        expect(here.page.get_by_role("button", name="Ready")).to_be_visible()

        service.kill()
        here.choose(png(3))
        expect(here.page.get_by_role("alert")).to_contain_text("The service does not answer")
        expect(here.page.get_by_role("button", name="Unreachable")).to_be_visible()
        here.check_accessibility()

        service.start()
        expect(here.hits.first.get_by_role("heading")).to_have_text("Yellow lamp")
        expect(here.page.get_by_role("button", name="Ready")).to_be_visible()
        expect(here.page.get_by_role("alert")).to_have_count(0)
    finally:
        service.close()


def test_hits_of_an_earlier_search_are_marked_while_the_service_is_down(
    tmp_path_factory: pytest.TempPathFactory, visit: Open
) -> None:
    service = ServiceProcess(tmp_path_factory.mktemp("stale"))
    try:
        service.start()
        put(service, "lamp", png(3))
        here = visit(service, reduced_motion="reduce")
        here.expect_trouble("net::ERR_", "503")
        here.choose(png(3))
        expect(here.hits.first).to_be_visible()
        here.settled()
        expect(here.page.locator(".verdict")).not_to_contain_text("Out of date")

        service.kill()
        here.choose(png(4))
        expect(here.page.get_by_role("alert")).to_contain_text("The service does not answer")
        expect(here.page.locator(".verdict")).to_contain_text("Out of date")
        here.page.get_by_label("What counts").fill("90")
        expect(here.page.locator(".verdict")).to_contain_text("Out of date")
        here.settled()
        here.check_accessibility()

        service.start()
        expect(here.page.get_by_role("alert")).to_have_count(0)
        here.settled()
        expect(here.page.locator(".verdict")).not_to_contain_text("Out of date")
        expect(here.hits.first.locator(".score")).not_to_have_text("Score 1.00")
    finally:
        service.close()


def test_a_key_is_asked_for_and_pictures_come_with_it(guarded: ServiceProcess, visit: Open) -> None:
    here = visit(guarded)
    here.expect_trouble("401")
    expect(here.dialog).to_contain_text("API key")
    here.check_accessibility()
    here.dialog.get_by_label("Key").fill("opensesame")
    here.dialog.get_by_role("button", name="Use this key").click()

    here.choose(png(3))
    expect(here.hits.first.get_by_role("heading")).to_have_text("Yellow lamp")
    picture = here.hits.first.locator("img")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 0
    here.page.reload()
    expect(here.page.locator(".newcomer")).to_have_count(1)
    expect(here.dialog).to_have_count(0)


def test_a_reading_key_may_search_but_not_delete(guarded: ServiceProcess, visit: Open) -> None:
    here = visit(guarded, path="/#catalogue")
    here.expect_trouble("401", "403")
    here.dialog.get_by_label("Key").fill("lookonly")
    here.dialog.get_by_role("button", name="Use this key").click()
    here.page.get_by_role("button", name="Delete Yellow lamp").click()
    here.dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(here.dialog.get_by_label("Key")).to_be_visible()
    expect(here.dialog).to_contain_text("may only read and search")


def test_it_works_below_any_path(shop: ServiceProcess, visit: Open) -> None:
    here = visit(shop, path="/some/shop/")
    here.choose(png(3))
    expect(here.hits.first.get_by_role("heading")).to_have_text("Yellow lamp")
    assert here.hits.first.locator("img").get_attribute("src").startswith("products/")
    here.settled()


def test_a_refused_picture_leaves_no_answer_of_another_and_the_reason_in_sight(
    shop: ServiceProcess, visit: Open
) -> None:
    here = visit(shop, viewport={"width": 360, "height": 640})
    here.expect_trouble("422")
    here.choose(png(3))
    here.hits.last.scroll_into_view_if_needed()
    here.choose(b"This is no picture.", "notes.txt", "text/plain")
    expect(here.page.get_by_role("alert")).to_be_in_viewport()
    expect(here.hits).to_have_count(0)


def test_another_key_takes_the_refusal_away(guarded: ServiceProcess, visit: Open) -> None:
    here = visit(guarded, path="/#catalogue")
    here.expect_trouble("401", "403")
    for key in ("lookonly", "opensesame"):
        here.dialog.get_by_role("textbox", name="Key").fill(key)
        here.dialog.get_by_role("button", name="Use this key").click()
        if key == "lookonly":
            here.page.get_by_role("button", name="Delete Yellow lamp").click()
            here.dialog.get_by_role("button", name="Delete", exact=True).click()
            expect(here.page.locator(".notice.error")).to_have_count(1)
    expect(here.page.locator(".notice.error")).to_have_count(0)
