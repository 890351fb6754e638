"""The page takes the signals from the service: it knows none by name, nor how many there are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.visit import Visit
from tests.end_to_end.pictures import png
from tests.end_to_end.process import ServiceProcess

Open = Callable[..., Visit]

WEB = Path(__file__).parents[2] / "service" / "web"

THIRD_SIGNAL = """
const ask = window.fetch;
const CLEAR = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
const COLOUR = { name: "colour", caption: "its hues", weight: 0.2, text_encoder: null };
const SCORE = { similarity: 0.5, weight: 0.2, contribution: 0.1 };

const inHealth = (health) => ({
    ...health,
    signals: [...health.signals.map((one) => ({ ...one, weight: one.weight * 0.8 })), COLOUR],
});

const inAnswer = ({ query, hits, ...rest }) => ({
    ...rest,
    query: {
        ...query,
        weights: { ...query.weights, colour: 0.2 },
        encoders: { ...query.encoders, colour: "toy-colour-1" },
    },
    hits: hits.map((hit) => ({
        ...hit,
        scores: { ...hit.scores, colour: SCORE },
        explanation: hit.explanation && { ...hit.explanation, colour: { overlay: CLEAR } },
    })),
});

// The service itself has no such signal, and refuses its weight.
function withoutColour(options) {
    const { body } = options ?? {};
    const json = typeof body === "string" ? JSON.parse(body) : null;
    const given = json ? json.weights : JSON.parse(body?.get?.("weights") ?? "null");
    if (!given) return;
    const { colour, ...others } = given;
    const weights = colour === 1 ? { semantic: 1 } : others;
    if (json) options.body = JSON.stringify({ ...json, weights });
    else body.set("weights", JSON.stringify(weights));
}

window.fetch = async (path, options) => {
    const change = { health: inHealth, search: inAnswer, "search/image": inAnswer }[path];
    withoutColour(options);
    const answer = await ask(path, options);
    return change ? Response.json(change(await answer.json())) : answer;
};
"""
"""Makes the answers those of a service with a third signal, before the page reads them."""


@pytest.fixture
def three(shop: ServiceProcess, visit: Open) -> Visit:
    """A page whose service answers as one with a third signal does."""
    here = visit(shop, reduced_motion="reduce")
    here.page.add_init_script(THIRD_SIGNAL)
    here.page.reload()
    expect(here.page.locator(".newcomer")).to_have_count(6)
    return here


def test_each_of_three_signals_has_a_slider_with_its_own_weight(three: Visit) -> None:
    mixer = three.page.get_by_role("group", name="What counts")
    expect(mixer.get_by_role("slider")).to_have_count(3)
    expect(mixer.get_by_label("Colour its hues")).to_have_value("20")
    expect(mixer.locator("output")).to_have_text(["48 %", "32 %", "20 %"])
    three.check_accessibility()
    three.check_fits()


def test_moving_one_slider_scales_the_weights_and_leaves_the_others_where_they_are(
    three: Visit,
) -> None:
    three.choose(png(1))
    three.settled()
    mixer = three.page.get_by_role("group", name="What counts")
    for value in ("80", "100"):
        mixer.get_by_label("Colour").fill(value)
    expect(mixer.get_by_label("Semantic")).to_have_value("48")
    expect(mixer.locator("output")).to_have_text(["27 %", "18 %", "56 %"])
    three.page.get_by_role("button", name="Default").click()
    expect(mixer.get_by_label("Colour")).to_have_value("20")
    three.settled()


def test_the_last_weight_cannot_be_taken_away(three: Visit) -> None:
    mixer = three.page.get_by_role("group", name="What counts")
    for name in ("Semantic", "Visual", "Colour"):
        mixer.get_by_label(name).fill("0")
    expect(mixer.locator("output")).to_have_text(["0 %", "0 %", "100 %"])


def test_cards_comparison_and_explanation_show_the_third_signal(three: Visit) -> None:
    three.choose(png(1))
    expect(three.hits.first.locator(".shares")).to_contain_text("0.10 colour")
    expect(three.hits.first.locator(".bar-part.signal-3")).to_have_count(1)

    three.page.get_by_role("button", name="Why Blue mug?").click()
    expect(three.dialog.get_by_role("table")).to_contain_text("toy-colour-1")
    expect(three.dialog.get_by_role("button", name="Colour")).to_be_visible()
    three.check_accessibility()
    three.page.keyboard.press("Escape")

    three.page.get_by_role("button", name="Compare signals").click()
    expect(three.page.locator(".column h3")).to_have_text(
        [
            "Semantic alone (compact-semantic-1)",
            "Visual alone (compact-visual-1)",
            "Hybridall together, as weighted",
            "Colour alone (toy-colour-1)",
        ]
    )
    expect(three.page.locator(".column[data-signal=colour] .entry")).to_have_count(6)
    three.check_accessibility()
    three.check_fits()


def test_words_say_which_signal_alone_compares_them(three: Visit) -> None:
    three.page.get_by_label("In words").fill("red mug")
    expect(three.page.get_by_text("compared by the semantic signal alone.")).to_be_visible()
    expect(three.page.get_by_role("slider").first).to_be_disabled()
    three.settled()


def test_no_script_or_style_of_the_page_names_a_signal(shop: ServiceProcess) -> None:
    names = [signal["name"] for signal in shop.client.get("/health").json()["signals"]]
    files = [path for path in WEB.rglob("*") if path.suffix in {".js", ".css", ".html"}]
    assert len(files) > 20
    for path in files:
        words = path.read_text().replace("visually", "")
        assert [name for name in names if name in words.lower()] == [], path
