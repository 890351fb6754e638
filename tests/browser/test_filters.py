"""Filters: a control for each attribute, with counts that follow what is chosen."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.browser.conftest import put
from tests.browser.visit import Visit
from tests.end_to_end.pictures import png
from tests.end_to_end.process import ServiceProcess

Open = Callable[..., Visit]


def test_a_value_can_be_chosen(shop: ServiceProcess, visit: Open) -> None:
    here = _searched(shop, visit)
    _control(here, "colour").get_by_label("red 2").check()
    expect(here.hits).to_have_count(2)
    _control(here, "colour").get_by_label("blue 1").check()
    expect(here.hits).to_have_count(3)
    expect(here.page.locator("#filter-count")).to_have_text("1")
    here.check_accessibility()


def test_counts_follow_the_other_filters_and_not_their_own(
    shop: ServiceProcess, visit: Open
) -> None:
    here = _searched(shop, visit)
    _control(here, "colour").get_by_label("red").check()
    expect(_control(here, "in_stock").get_by_label("yes 1")).to_be_visible()
    expect(_control(here, "in_stock").get_by_label("no 0")).to_be_visible()
    expect(_control(here, "colour").get_by_label("blue 1")).to_be_visible()


def test_numbers_have_a_range(shop: ServiceProcess, visit: Open) -> None:
    here = _searched(shop, visit)
    price = _control(here, "price")
    price.get_by_label("price, least").fill("9")
    price.get_by_label("price, most").fill("25")
    price.get_by_label("price, most").press("Tab")
    expect(here.hits).to_have_count(3)


def test_dates_have_a_range_that_includes_its_last_day(shop: ServiceProcess, visit: Open) -> None:
    here = _searched(shop, visit)
    released = _control(here, "released")
    released.get_by_label("released, most").fill("2026-03-15")
    expect(here.hits).to_have_count(1)
    expect(here.hits.get_by_role("heading")).to_have_text(["Yellow lamp"])


def test_items_of_lists_and_yes_or_no(shop: ServiceProcess, visit: Open) -> None:
    here = _searched(shop, visit)
    _control(here, "tags").get_by_label("summer").check()
    expect(here.hits.get_by_role("heading")).to_have_text(["Red T-shirt"])
    _control(here, "tags").get_by_label("summer").uncheck()
    _control(here, "in_stock").get_by_label("no").check()
    expect(here.hits.get_by_role("heading")).to_have_text(["Blue mug"])


def _searched(shop: ServiceProcess, visit: Open) -> Visit:
    here = visit(shop, reduced_motion="reduce")
    here.choose(png(0))
    expect(here.hits).to_have_count(6)
    here.page.get_by_text("Filters").click()
    return here


def _control(here: Visit, attribute: str) -> Locator:
    return here.page.get_by_role("group", name=attribute, exact=True)


def test_a_chosen_value_that_is_gone_filters_no_more(
    empty_shop: ServiceProcess, visit: Open
) -> None:
    put(empty_shop, "lamp", png(3))
    put(empty_shop, "chair", png(4))
    here = visit(empty_shop, reduced_motion="reduce")
    here.choose(png(3))
    expect(here.hits).to_have_count(2)
    here.page.locator("#filters summary").click()
    _control(here, "colour").get_by_label("green").check()
    expect(here.hits).to_have_count(1)
    here.page.get_by_role("link", name="Catalogue").click()
    here.page.get_by_role("button", name="Delete Green chair").click()
    here.dialog.get_by_role("button", name="Delete", exact=True).click()
    here.page.get_by_role("link", name="Search", exact=True).click()
    expect(here.hits.get_by_role("heading")).to_have_text("Yellow lamp")
    expect(here.page.locator("#filter-count")).to_be_hidden()
    here.settled()
