"""The way from an empty catalogue to the first answer, and what an answer says of itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.visit import Visit
from tests.end_to_end.process import ServiceProcess

Open = Callable[..., Visit]

LOADED_WITHIN_MS = 110_000


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service with the sample catalogue, once the first test has loaded it."""
    service = ServiceProcess(tmp_path_factory.mktemp("sampled"))
    try:
        yield service.start()
    finally:
        service.close()


@pytest.mark.timeout(180)
def test_an_empty_catalogue_offers_the_samples(sampled: ServiceProcess, visit: Open) -> None:
    here = visit(sampled)
    here.page.get_by_role("button", name="Load the sample catalogue").click()
    expect(here.page.get_by_role("button", name="Storing")).to_be_disabled()
    expect(here.page.get_by_text("sample products are in the catalogue")).to_be_visible(
        timeout=LOADED_WITHIN_MS
    )
    expect(here.page.get_by_role("heading", name="Which products look like this?")).to_be_visible()
    here.check_accessibility()


def test_one_click_searches_with_the_green_sports_car(sampled: ServiceProcess, visit: Open) -> None:
    sampled.client.post("/samples", timeout=120).raise_for_status()
    here = visit(sampled, reduced_motion="reduce")
    here.page.get_by_role("button", name="A green sports car").click()

    expect(here.hits.first.get_by_role("heading")).to_contain_text("sports car")
    expect(here.page.locator(".verdict")).to_contain_text("Found")
    expect(here.hits.first.locator(".sure")).to_contain_text("confidence")
    expect(here.hits).to_have_count(24)
    here.check_accessibility()
    here.page.get_by_role("button", name="Show more").click()
    expect(here.hits).to_have_count(100)
    here.settled()


def test_words_that_no_encoder_knows_are_named(sampled: ServiceProcess, visit: Open) -> None:
    sampled.client.post("/samples", timeout=120).raise_for_status()
    here = visit(sampled, reduced_motion="reduce")
    here.page.get_by_label("In words").fill("red zeppelin")
    expect(here.page.get_by_text("unknown words, left out: zeppelin")).to_be_visible()
    here.check_accessibility()


def test_an_explanation_shows_where_each_signal_sees_the_likeness(
    sampled: ServiceProcess, visit: Open
) -> None:
    sampled.client.post("/samples", timeout=120).raise_for_status()
    here = visit(sampled, reduced_motion="reduce")
    here.page.get_by_role("button", name="A green sports car").click()
    here.page.get_by_role("button", name="Why").first.click()

    semantic = here.dialog.get_by_role("button", name="Semantic")
    visual = here.dialog.get_by_role("button", name="Visual")
    expect(semantic).to_have_attribute("aria-pressed", "true")
    expect(here.dialog.locator(".layer[data-signal=semantic]")).to_be_visible()
    expect(here.dialog.locator(".layer[data-signal=visual]")).to_be_hidden()
    here.check_accessibility()
    visual.click()
    semantic.click()
    expect(here.dialog.locator(".layer[data-signal=semantic]")).to_be_hidden()
    expect(here.dialog.locator(".layer[data-signal=visual]")).to_be_visible()
    picture = here.dialog.locator(".explained > img").first.bounding_box()
    assert here.dialog.locator(".layer[data-signal=visual]").bounding_box() == picture


def test_an_explanation_of_a_search_by_words_says_what_it_cannot_show(
    sampled: ServiceProcess, visit: Open
) -> None:
    sampled.client.post("/samples", timeout=120).raise_for_status()
    here = visit(sampled, reduced_motion="reduce")
    here.page.get_by_label("In words").fill("red mug")
    here.page.get_by_role("button", name="Why").first.click()

    expect(here.dialog.get_by_role("button", name="Semantic")).to_be_visible()
    expect(here.dialog.locator(".layer")).to_have_count(1)
    expect(here.dialog.locator(".toggles")).to_contain_text("no visual embedding")
    expect(here.dialog.get_by_role("alert")).to_have_count(0)
    here.check_accessibility()


def test_the_page_and_the_sentence_say_the_same_confidence(
    sampled: ServiceProcess, visit: Open
) -> None:
    sampled.client.post("/samples", timeout=120).raise_for_status()
    here = visit(sampled, reduced_motion="reduce")
    for words in ("red mug", "green sports car", "blue shoe", "dress"):
        here.page.get_by_label("In words").fill(words)
        here.page.keyboard.press("Enter")
        here.settled()
        said = re.findall(r"(\d+) ?%", here.page.locator(".verdict").inner_text())
        assert len(said) == 2, words
        assert said[0] == said[1], words


def test_by_keyboard_an_example_leads_to_its_hits(sampled: ServiceProcess, visit: Open) -> None:
    sampled.client.post("/samples", timeout=120).raise_for_status()
    here = visit(sampled, reduced_motion="reduce")
    here.page.get_by_role("button", name="A red mug").press("Enter")
    expect(here.hits.first).to_be_visible()
    expect(here.results).to_be_focused()
    here.page.get_by_role("button", name="Show more").press("Enter")
    expect(here.hits.nth(24).get_by_role("button").first).to_be_focused()
    here.settled()
