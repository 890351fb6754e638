"""Every state on a wide and a small screen, light and dark: accessible, and without overflow."""

from __future__ import annotations

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
