"""Searching: every way in, the slider, the crop, the comparison, and products as parts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.browser.visit import Visit
from tests.end_to_end.pictures import png
from tests.end_to_end.process import ServiceProcess

Open = Callable[..., Visit]
SEARCHES = re.compile(r"/search(/image)?$")


class TestWaysIn:
    def test_a_dropped_picture_finds_its_product_first(
        self, shop: ServiceProcess, visit: Open, tmp_path: Path
    ) -> None:
        here = visit(shop)
        picture = tmp_path / "lamp.png"
        picture.write_bytes(png(3))

        here.drop("#picture", picture)

        best = here.hits.first
        expect(best.get_by_role("heading")).to_have_text("Yellow lamp")
        expect(best.locator(".score")).to_have_text("Score 1.00")
        expect(best.locator(".shares")).to_have_text("0.60 semantic + 0.40 visual")

    def test_a_pasted_picture_finds_its_product_first(
        self, shop: ServiceProcess, visit: Open
    ) -> None:
        here = visit(shop)
        here.paste(png(4))
        expect(here.hits.first.get_by_role("heading")).to_have_text("Green chair")

    def test_a_camera_can_be_used(self, shop: ServiceProcess, visit: Open) -> None:
        here = visit(shop)
        camera = here.page.locator("#picture input[capture]")
        expect(camera).to_have_attribute("capture", "environment")
        camera.set_input_files({"name": "photo.png", "mimeType": "image/png", "buffer": png(0)})
        expect(here.hits.first.get_by_role("heading")).to_have_text("Red mug")

    def test_words_rank_by_the_semantic_signal_alone(
        self, shop: ServiceProcess, visit: Open
    ) -> None:
        here = visit(shop)
        here.page.get_by_label("In words").fill("red mug")

        expect(here.hits.first.locator(".shares")).not_to_contain_text("visual")
        expect(here.page.get_by_label("What counts")).to_be_disabled()
        expect(
            here.page.get_by_text("Words are compared by the semantic signal alone.")
        ).to_be_visible()

    def test_picture_and_words_go_together_each_with_a_weight(
        self, shop: ServiceProcess, visit: Open
    ) -> None:
        here = visit(shop)
        here.choose(png(1))
        expect(here.hits.first).to_be_visible()
        photo = {"image": "photo", "weight": 1}
        words = here.page.get_by_label("In words")
        assert here.query_after(lambda: words.fill("red")) == [photo, {"text": "red", "weight": 1}]

        weight = here.page.get_by_label("Weight of “red”")
        assert here.query_after(lambda: weight.fill("-0.5")) == [
            photo,
            {"text": "red", "weight": -0.5},
        ]

    def test_more_like_this_leaves_the_product_itself_out(
        self, shop: ServiceProcess, visit: Open
    ) -> None:
        here = visit(shop)
        here.choose(png(1))
        here.page.get_by_role("button", name="More like Blue mug").click()

        expect(here.page.get_by_role("group", name="Parts of the query")).to_contain_text(
            "Blue mug"
        )
        expect(here.hits).to_have_count(5)
        expect(here.results).not_to_contain_text("Blue mug")

    def test_a_hit_can_join_the_query(self, shop: ServiceProcess, visit: Open) -> None:
        here = visit(shop)
        here.choose(png(1))
        add = here.page.get_by_role("button", name="Add Clock to the query")
        assert here.query_after(add.click)[1] == {"product_id": "clock", "weight": 1}


class TestSlider:
    def test_it_ranks_anew_before_the_service_answers(
        self, shop: ServiceProcess, visit: Open
    ) -> None:
        here = visit(shop)
        here.choose(png(2))
        here.settled()
        expect(here.hits).to_have_count(6)
        held: list[Route] = []
        here.page.route(SEARCHES, lambda route: held.append(route))

        here.page.get_by_label("What counts").fill("100")

        expect(here.hits.nth(1).locator(".shares")).not_to_contain_text("semantic")
        here.page.wait_for_function("document.querySelector('#results').ariaBusy === 'true'")
        while not held:  # The call waits for the slider to rest.
            here.page.wait_for_timeout(50)
        held[0].continue_()
        here.settled()

    def test_its_order_is_the_services_own(self, shop: ServiceProcess, visit: Open) -> None:
        here = visit(shop)
        here.choose(png(2))
        here.settled()
        here.page.route(SEARCHES, lambda route: None)  # Never answered.
        here.page.get_by_label("What counts").fill("85")
        weights = {"semantic": 0.15, "visual": 0.85}
        answer = shop.client.post(
            "/search/image",
            data={"weights": json.dumps(weights), "limit": "6"},
            files={"image": png(2)},
        ).json()

        names = [hit["product"]["name"] for hit in answer["hits"]]
        expect(here.hits.get_by_role("heading")).to_have_text(names)
        scores = [f"Score {abs(hit['score']):.2f}" for hit in answer["hits"]]
        expect(here.hits.locator(".score")).to_have_text(scores)

    def test_a_late_answer_never_replaces_a_newer_one(
        self, shop: ServiceProcess, visit: Open
    ) -> None:
        here = visit(shop)
        held: list[Route] = []

        def hold_the_first(route: Route) -> None:
            if held:
                route.continue_()
            else:
                held.append(route)

        here.page.route(SEARCHES, hold_the_first)
        here.choose(png(0))
        while not held:
            here.page.wait_for_timeout(50)
        with here.page.expect_event("requestfailed"):
            here.choose(png(5))
        expect(here.hits.first.get_by_role("heading")).to_have_text("Clock")

        assert here.given_up == [held[0].request.url]

    def test_default_brings_the_services_weights_back(
        self, shop: ServiceProcess, visit: Open
    ) -> None:
        here = visit(shop)
        here.choose(png(2))
        here.settled()
        slider = here.page.get_by_label("What counts")
        slider.fill("90")
        here.page.get_by_role("button", name="Default").click()
        expect(slider).to_have_value("40")
        here.settled()


class TestCrop:
    def test_a_corner_can_be_dragged(self, shop: ServiceProcess, visit: Open) -> None:
        here = visit(shop)
        here.choose(png(1))
        here.settled()
        picture = here.page.locator(".crop img").bounding_box()
        corner = here.page.get_by_role("button", name="Bottom right corner").bounding_box()
        assert picture is not None
        assert corner is not None
        x, y = corner["x"] + 14, corner["y"] + 14

        def drag() -> None:
            here.page.mouse.move(x, y)
            here.page.mouse.down()
            here.page.mouse.move(x - picture["width"] / 2, y - picture["height"] / 4, steps=4)
            here.page.mouse.up()

        crop = here.query_after(drag)[0]["crop"]
        assert crop["x"] == crop["y"] == 0
        assert abs(crop["width"] - 0.5) < 0.01
        assert abs(crop["height"] - 0.75) < 0.01

    def test_a_frame_can_be_drawn(self, shop: ServiceProcess, visit: Open) -> None:
        here = visit(shop)
        here.choose(png(1))
        here.settled()
        box = here.page.locator(".crop img").bounding_box()
        assert box is not None

        def draw() -> None:
            here.page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.7)
            here.page.mouse.down()
            here.page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.2)
            here.page.mouse.up()

        crop = here.query_after(draw)[0]["crop"]
        wanted = {"x": 0.25, "y": 0.2, "width": 0.5, "height": 0.5}
        assert crop == pytest.approx(wanted, abs=0.01)

    def test_the_keyboard_is_enough(self, shop: ServiceProcess, visit: Open) -> None:
        here = visit(shop)
        here.choose(png(1))
        here.settled()
        here.page.get_by_role("button", name="Left edge").focus()
        here.page.keyboard.press("Shift+ArrowRight")
        here.page.get_by_role("button", name="Top edge").focus()
        here.page.keyboard.press("ArrowDown")
        here.page.get_by_role("button", name="Crop frame").focus()

        parts = here.query_after(lambda: here.page.keyboard.press("ArrowLeft"))

        assert parts[0]["crop"] == {
            "x": 0.08,
            "y": 0.02,
            "width": 0.9,
            "height": 0.98,
        }
        expect(here.page.get_by_text("90 % of the width from 8 %")).to_be_attached()

    def test_the_whole_picture_comes_back(self, shop: ServiceProcess, visit: Open) -> None:
        here = visit(shop)
        here.choose(png(1))
        here.page.get_by_role("button", name="Left edge").press("Shift+ArrowRight")
        whole = here.page.get_by_role("button", name="Whole picture")
        assert here.query_after(whole.click) == [{"image": "photo", "weight": 1}]
        expect(here.hits.first.locator(".score")).to_have_text("Score 1.00")


class TestComparison:
    def test_three_rankings_stand_side_by_side_under_the_encoders_that_run(
        self, shop: ServiceProcess, visit: Open
    ) -> None:
        here = visit(shop)
        here.choose(png(2))
        here.page.get_by_role("button", name="Compare signals").click()

        expect(here.page.locator(".column h3")).to_have_text(
            [
                "Semantic alone (compact-semantic-1)",
                "Hybridall together, as weighted",
                "Visual alone (compact-visual-1)",
            ]
        )
        for column in here.page.locator(".column").all():
            expect(column.locator(".entry").first).to_contain_text("Red T-shirt")

    def test_each_column_is_what_the_service_ranks_by_that_signal(
        self, shop: ServiceProcess, visit: Open
    ) -> None:
        here = visit(shop)
        here.choose(png(2))
        here.page.get_by_role("button", name="Compare signals").click()
        for signal in ("semantic", "visual"):
            answer = shop.client.post(
                "/search/image",
                data={"weights": json.dumps({signal: 1}), "limit": "8"},
                files={"image": png(2)},
            ).json()
            names = [hit["product"]["name"] for hit in answer["hits"]]
            expect(here.page.locator(f".column[data-signal={signal}] .entry-name")).to_have_text(
                names
            )

    def test_a_product_lights_up_in_all_three(self, shop: ServiceProcess, visit: Open) -> None:
        here = visit(shop)
        here.choose(png(2))
        here.page.get_by_role("button", name="Compare signals").click()
        expect(here.page.locator(".entry")).to_have_count(18)
        here.settled()

        here.page.locator(".column.mixture .entry").nth(2).focus()

        lit = here.page.locator(".entry.lit .entry-name")
        expect(lit).to_have_count(3)
        assert len(set(lit.all_text_contents())) == 1
        expect(here.page.locator(".lines .lit")).to_have_count(2)


def test_another_picture_keeps_the_weight_that_is_shown(shop: ServiceProcess, visit: Open) -> None:
    here = visit(shop)
    here.choose(png(1))
    here.settled()
    here.page.get_by_label("In words").fill("red")
    weight = here.page.get_by_label("Weight of Your picture")
    here.query_after(lambda: weight.fill("0.5"))
    parts = here.query_after(lambda: here.choose(png(2)))
    expect(weight).to_have_value("0.5")
    assert parts[0]["weight"] == 0.5


def test_of_several_dropped_pictures_the_first_is_searched_with_and_that_is_said(
    shop: ServiceProcess, visit: Open, tmp_path: Path
) -> None:
    pictures = [tmp_path / "one.png", tmp_path / "two.png"]
    for number, path in enumerate(pictures):
        path.write_bytes(png(number))
    here = visit(shop)
    expect(here.page.locator(".newcomer")).to_have_count(6)
    here.drop("#search-view", *pictures)
    expect(here.page.get_by_text("Only “one.png” is searched with")).to_be_visible()
    expect(here.hits.first.get_by_role("heading")).to_have_text("Red mug")
    here.settled()


def test_the_first_search_shows_that_it_is_under_way(shop: ServiceProcess, visit: Open) -> None:
    here = visit(shop)
    expect(here.page.locator(".example").first).to_be_visible()
    here.page.route(SEARCHES, lambda route: None)  # Never answered.
    here.choose(png(1))
    expect(here.results).to_have_attribute("aria-busy", "true")
    bar = here.page.locator(".welcome").evaluate(
        "(welcome) => { const { top, height } = getComputedStyle(welcome, '::after');"
        " return [top, height]; }"
    )
    assert bar == ["-8px", "2px"]


def test_a_verdict_that_is_not_there_yet_follows_by_itself(
    shop: ServiceProcess, visit: Open
) -> None:
    here = visit(shop)

    def still_measuring(route: Route) -> None:
        answer = route.fetch()
        detail = "It is being measured."
        match = {"confidence": None, "verdict": "unknown", "detail": detail, "pending": True}
        route.fulfill(response=answer, json={**answer.json(), "match": match})

    here.page.route(SEARCHES, still_measuring, times=2)
    here.choose(png(1))
    expect(here.page.locator(".verdict")).to_contain_text("It is being measured.")
    expect(here.page.locator(".verdict")).to_contain_text("too small to tell")
    here.settled()


def test_a_picture_is_sent_once_however_often_the_search_is_refined(
    shop: ServiceProcess, visit: Open
) -> None:
    here = visit(shop)
    sent: list[str] = []
    here.page.on("request", lambda request: sent.extend(SEARCHES.findall(request.url)))
    here.choose(png(2))
    here.settled()
    for weight in ("10", "60", "90"):
        with here.page.expect_response(SEARCHES):
            here.page.get_by_label("What counts").fill(weight)
        here.settled()

    assert sent[0] == "/image"
    assert len(sent) >= 4
    assert set(sent[1:]) == {""}
