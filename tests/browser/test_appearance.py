"""Every state on a wide and a small screen, light and dark: accessible, and without overflow."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.visit import Visit
from tests.end_to_end.pictures import png
from tests.end_to_end.process import ServiceProcess

Open = Callable[..., Visit]

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
SCREENS = pytest.mark.parametrize(
    "screen",
    [{}, {"color_scheme": "dark"}, PHONE, {**PHONE, "color_scheme": "dark"}],
    ids=["wide", "dark", "phone", "dark phone"],
)

LEAST_TARGET_PX = 24


@SCREENS
def test_an_empty_catalogue(empty_shop: ServiceProcess, visit: Open, screen: Any) -> None:
    here = visit(empty_shop, reduced_motion="reduce", **screen)
    expect(here.page.get_by_role("button", name="Load the sample catalogue")).to_be_visible()
    _check(here)


@SCREENS
def test_hits_with_several_parts(shop: ServiceProcess, visit: Open, screen: Any) -> None:
    here = visit(shop, reduced_motion="reduce", **screen)
    here.choose(png(1))
    here.page.get_by_label("In words").fill("red mug")
    here.page.get_by_role("button", name="Left edge").press("Shift+ArrowRight")
    here.page.get_by_role("button", name="Add Clock to the query").click()
    here.settled()
    _check(here)


@SCREENS
def test_the_comparison(shop: ServiceProcess, visit: Open, screen: Any) -> None:
    here = visit(shop, reduced_motion="reduce", **screen)
    here.choose(png(1))
    here.page.get_by_role("button", name="Compare signals").click()
    expect(here.page.locator(".entry")).to_have_count(18)
    here.settled()
    _check(here)


@SCREENS
def test_the_catalogue_and_its_dialogs(shop: ServiceProcess, visit: Open, screen: Any) -> None:
    here = visit(shop, path="/#catalogue", reduced_motion="reduce", **screen)
    expect(here.page.locator(".good")).to_have_count(6)
    _check(here)
    here.page.get_by_role("button", name="Edit Red T-shirt").click()
    _check(here)
    here.dialog.get_by_role("button", name="Cancel").click()
    here.page.get_by_role("button", name="Delete Clock").click()
    _check(here)


@SCREENS
def test_what_a_score_is_made_of(shop: ServiceProcess, visit: Open, screen: Any) -> None:
    here = visit(shop, reduced_motion="reduce", **screen)
    here.choose(png(1))
    here.page.get_by_role("button", name="Why Blue mug?").click()
    expect(here.dialog.get_by_role("table")).to_contain_text("compact-visual-1")
    _check(here)


@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_long_words_never_make_the_page_scroll_sideways(
    empty_shop: ServiceProcess, visit: Open, width: int
) -> None:
    _put_long_words(empty_shop)
    here = visit(empty_shop, reduced_motion="reduce", viewport={"width": width, "height": 800})
    here.expect_trouble("422")
    expect(here.page.locator(".newcomer")).to_have_count(1)
    here.check_fits()
    here.choose(png(30))
    here.page.get_by_label("In words").fill("red " + "m" * 300)
    expect(here.page.locator(".part")).to_have_count(2)
    here.page.locator("#filters summary").click()
    here.settled()
    here.check_fits()
    here.page.get_by_role("button", name="Why").click()
    expect(here.dialog.locator(".layer")).to_have_count(2)
    here.check_fits()
    here.page.keyboard.press("Escape")
    here.page.locator("#mode-compare").dispatch_event("click")
    expect(here.page.locator(".entry")).to_have_count(3)
    here.settled()
    here.check_fits()
    here.choose(b"This is no picture.", f"{'n' * 200}.txt", "text/plain")
    expect(here.page.get_by_role("alert")).to_be_visible()
    here.check_fits()
    here.page.get_by_role("link", name="Catalogue").click()
    expect(here.page.locator(".good")).to_have_count(1)
    here.check_fits()
    for name in ("Edit", "Delete"):
        here.page.get_by_role("button", name=name).click()
        here.check_fits()
        here.page.keyboard.press("Escape")


def test_a_key_and_many_products_fit_into_the_head_of_a_small_phone(
    shop: ServiceProcess, visit: Open
) -> None:
    here = visit(shop, viewport={"width": 320, "height": 640})
    expect(here.page.locator("#total")).to_have_text("6")
    here.page.locator("#total").evaluate("total => { total.textContent = '1,234,567'; }")
    here.page.locator("#key-button").evaluate("button => { button.hidden = false; }")
    expect(here.page.get_by_role("button", name="Ready")).to_be_visible()
    here.check_fits()


def test_a_notice_has_its_sign_its_words_and_its_close_button_in_one_row(
    shop: ServiceProcess, visit: Open
) -> None:
    here = visit(shop)
    here.expect_trouble("422")
    here.choose(b"This is no picture.", "notes.txt", "text/plain")
    notice = here.page.get_by_role("alert")
    expect(notice).to_be_visible()
    sign, words, close = (
        notice.locator(f"> {part}").bounding_box() for part in (".icon", "div", "button")
    )
    assert sign["x"] + sign["width"] <= words["x"]
    assert words["x"] + words["width"] <= close["x"]
    assert words["y"] <= sign["y"] <= words["y"] + words["height"]
    assert words["y"] <= close["y"] + close["height"] / 2 <= words["y"] + words["height"]


def test_the_keyboard_reaches_the_content_first(shop: ServiceProcess, visit: Open) -> None:
    here = visit(shop)
    here.page.keyboard.press("Tab")
    expect(here.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    here.page.keyboard.press("Enter")
    expect(here.page.locator("main")).to_be_focused()
    expect(here.page.locator("#search-view")).to_be_visible()


def _check(here: Visit) -> None:
    here.check_fits()
    here.check_accessibility()
    small = here.page.evaluate(
        """(least) => [...document.querySelectorAll("button, a, input, select, textarea, summary")]
            .filter((one) => one.checkVisibility() && !one.matches(".unseen, .skip"))
            .filter((one) => one.closest("dialog") !== null || !document.querySelector("dialog"))
            .map((one) => [one.outerHTML.slice(0, 120), one.getBoundingClientRect()])
            .filter(([, { width, height }]) => width < least || height < least)
            .map(([text, { width, height }]) => `${width} x ${height}: ${text}`)""",
        LEAST_TARGET_PX,
    )
    assert small == []


def _put_long_words(service: ServiceProcess) -> None:
    """A product whose every text has no place to break a line."""
    word = "Unbreakable" * 40
    attributes = {"a" * 60: "v" * 500, "tags": ["t" * 200], "price": 1e300}
    fields = {"name": word, "description": word, "attributes": json.dumps(attributes)}
    put = service.client.put(f"/products/{'x' * 120}", data=fields, files={"image": png(30)})
    put.raise_for_status()
