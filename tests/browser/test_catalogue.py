"""The catalogue: create, browse, edit and delete."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Route, expect

from tests.browser.conftest import put
from tests.browser.visit import Visit
from tests.end_to_end.pictures import png
from tests.end_to_end.process import ServiceProcess

Open = Callable[..., Visit]


def test_a_product_is_made_of_dropped_pictures(
    empty_shop: ServiceProcess, visit: Open, tmp_path: Path
) -> None:
    front, back = tmp_path / "front.png", tmp_path / "back.png"
    front.write_bytes(png(20))
    back.write_bytes(png(21))
    here = visit(empty_shop, path="/#catalogue")
    expect(here.page.get_by_text("No products yet.")).to_be_visible()

    here.drop("#catalogue-view", front, back)
    here.dialog.get_by_role("button", name="One product with 2 pictures").click()
    expect(here.dialog.locator(".preview")).to_have_count(2)
    here.dialog.get_by_label("Name", exact=True).first.fill("Sofa")
    here.dialog.get_by_label("Description").fill("Soft.")
    for name, kind, value in (("price", "number", "250"), ("tags", "list", "new, grey")):
        here.dialog.get_by_role("button", name="Add an attribute").click()
        row = here.dialog.locator(".attribute").last
        row.get_by_label("Name").fill(name)
        row.get_by_label("Type").select_option(kind)
        row.get_by_label("Value").fill(value)
    here.dialog.get_by_label("Product id").fill("sofa 1")
    here.dialog.get_by_role("button", name="Create").click()

    expect(here.page.get_by_text("“Sofa” is in the catalogue")).to_be_visible()
    expect(here.page.locator(".good")).to_have_count(1)
    stored = empty_shop.client.get("/products/sofa 1").json()
    assert (stored["name"], stored["description"]) == ("Sofa", "Soft.")
    assert stored["attributes"] == {"price": 250, "tags": ["new", "grey"]}
    assert len(stored["images"]) == 2


def test_ten_dropped_pictures_become_ten_products_named_after_their_files(
    empty_shop: ServiceProcess, visit: Open, tmp_path: Path
) -> None:
    files = [tmp_path / f"mug_no-{number}.PNG" for number in range(10)]
    for number, file in enumerate(files):
        file.write_bytes(png(200 + number))
    here = visit(empty_shop, path="/#catalogue")
    here.drop("#catalogue-view", *files)
    expect(here.dialog.get_by_role("button", name="One product each")).to_have_attribute(
        "aria-pressed", "true"
    )
    here.check_accessibility()
    here.dialog.get_by_label("Name of the product from mug_no-3.PNG").fill("Third mug")
    here.dialog.get_by_role("button", name="Leave mug_no-9.PNG out").click()
    here.dialog.get_by_role("button", name="Create 9 products").click()

    expect(here.page.get_by_text("9 products are in the catalogue")).to_be_visible()
    expect(here.page.locator(".good")).to_have_count(9)
    items = empty_shop.client.get("/products").json()["items"]
    names = {f"mug no {number}" for number in (0, 1, 2, 4, 5, 6, 7, 8)} | {"Third mug"}
    assert {item["name"] for item in items} == names
    assert {len(item["images"]) for item in items} == {1}


def test_more_pictures_than_fit_into_one_request_are_parted(
    empty_shop: ServiceProcess, visit: Open
) -> None:
    here = visit(empty_shop, path="/#catalogue")
    files = [
        FilePayload(name=f"{number}.png", mimeType="image/png", buffer=png(300 + number))
        for number in range(20)
    ]
    here.page.locator(".catalogue-head input[type=file]").set_input_files(files)
    here.dialog.get_by_role("button", name="Create 20 products").click()
    expect(here.page.get_by_text("20 products are in the catalogue")).to_be_visible()
    assert empty_shop.client.get("/products").json()["total"] == 20


def test_of_many_pictures_a_bad_one_stays_with_its_reason(
    empty_shop: ServiceProcess, visit: Open, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    good.write_bytes(png(210))
    bad.write_text("This is no picture.")
    here = visit(empty_shop, path="/#catalogue")
    here.drop("#catalogue-view", good, bad)
    here.dialog.get_by_role("button", name="Create 2 products").click()

    expect(here.dialog.get_by_role("listitem")).to_have_count(1)
    expect(here.dialog.get_by_role("listitem")).to_contain_text("This is text, not a picture")
    expect(here.dialog).to_contain_text("1 created, 1 left")
    here.check_accessibility()
    here.dialog.get_by_role("button", name="Cancel").click()
    expect(here.page.get_by_text("1 product is in the catalogue")).to_be_visible()
    expect(here.page.locator(".good").get_by_role("heading")).to_have_text("good")


def test_pictures_sent_again_after_a_lost_answer_make_no_second_products(
    empty_shop: ServiceProcess, visit: Open, tmp_path: Path
) -> None:
    files = [tmp_path / "one.png", tmp_path / "two.png"]
    for number, file in enumerate(files):
        file.write_bytes(png(220 + number))
    here = visit(empty_shop, path="/#catalogue")
    here.expect_trouble("net::ERR_")
    here.drop("#catalogue-view", *files)

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    here.page.route("**/products/batch", lose_the_answer, times=1)
    create = here.dialog.get_by_role("button", name="Create 2 products")
    create.click()
    expect(here.dialog.get_by_role("alert").first).to_contain_text("does not answer")
    create.click()
    expect(here.page.get_by_text("2 products are in the catalogue")).to_be_visible()
    assert empty_shop.client.get("/products").json()["total"] == 2


def test_several_pictures_chosen_in_the_form_can_still_become_products_each(
    empty_shop: ServiceProcess, visit: Open
) -> None:
    here = visit(empty_shop, path="/#catalogue")
    files = [
        FilePayload(name=f"{number}.png", mimeType="image/png", buffer=png(230 + number))
        for number in range(2)
    ]
    here.page.get_by_role("button", name="Add a product").click()
    here.dialog.locator("input[type=file]").first.set_input_files(files)
    expect(here.dialog.get_by_role("button", name="Create 2 products")).to_be_visible()
    here.dialog.get_by_role("button", name="Cancel").click()

    here.page.get_by_role("button", name="Add a product").click()
    here.dialog.get_by_label("Name", exact=True).first.fill("Both sides")
    here.dialog.locator("input[type=file]").first.set_input_files(files)
    expect(here.dialog.locator(".preview")).to_have_count(2)
    each = here.dialog.get_by_role("button", name="Make a product of each picture instead")
    each.click()
    here.dialog.get_by_role("button", name="Keep editing").click()
    expect(here.dialog.get_by_label("Name", exact=True).first).to_have_value("Both sides")
    each.click()
    here.dialog.get_by_role("button", name="Discard").click()
    expect(here.dialog.get_by_role("button", name="Create 2 products")).to_be_visible()


@pytest.mark.parametrize("way_out", ["Escape", "Cancel", "Close"])
def test_a_filled_form_is_discarded_only_after_a_question(
    empty_shop: ServiceProcess, visit: Open, way_out: str
) -> None:
    here = visit(empty_shop, path="/#catalogue")
    here.page.get_by_role("button", name="Add a product").click()
    name = here.dialog.get_by_label("Name", exact=True).first

    def leave() -> None:
        if way_out == "Escape":
            here.page.keyboard.press("Escape")
        else:
            here.dialog.get_by_role("button", name=way_out).first.click()

    name.fill("Sofa")
    for _ in range(2):  # A browser lets no page refuse a second Escape by itself.
        leave()
        expect(here.dialog.last).to_contain_text("Discard what you entered?")
        here.page.keyboard.press("Escape")
        expect(here.dialog).to_have_count(1)
    expect(name).to_have_value("Sofa")

    leave()
    here.dialog.get_by_role("button", name="Discard").click()
    expect(here.dialog).to_have_count(0)
    here.page.get_by_role("button", name="Add a product").click()
    here.page.keyboard.press("Escape")
    expect(here.dialog).to_have_count(0)


def test_a_product_is_edited(empty_shop: ServiceProcess, visit: Open) -> None:
    put(empty_shop, "clock", png(22))
    here = visit(empty_shop, path="/#catalogue")
    here.page.get_by_role("button", name="Edit Clock").click()
    here.dialog.get_by_label("Name", exact=True).first.fill("Wall clock")
    tags = here.dialog.get_by_role("group", name="tags")
    tags.get_by_role("button", name="Remove this attribute").click()
    here.dialog.get_by_role("group", name="price").get_by_label("Value").fill("30")
    new = {"name": "side.png", "mimeType": "image/png", "buffer": png(23)}
    here.dialog.locator("input[type=file]").first.set_input_files(new)
    here.dialog.get_by_role("button", name="Take away picture 1").click()
    here.dialog.get_by_role("button", name="Save").click()

    expect(here.page.get_by_text("“Wall clock” is saved")).to_be_visible()
    stored = empty_shop.client.get("/products/clock").json()
    assert stored["name"] == "Wall clock"
    assert stored["attributes"] == {"colour": "white", "price": 30}
    (image,) = stored["images"]
    assert empty_shop.client.get(image["url"]).content == png(23)


def test_a_product_is_deleted_only_after_a_question(
    empty_shop: ServiceProcess, visit: Open
) -> None:
    put(empty_shop, "lamp", png(24))
    here = visit(empty_shop, path="/#catalogue")
    here.page.get_by_role("button", name="Delete Yellow lamp").click()
    expect(here.dialog).to_contain_text("cannot be undone")
    here.dialog.get_by_role("button", name="Keep it").click()
    expect(here.page.locator(".good")).to_have_count(1)

    here.page.get_by_role("button", name="Delete Yellow lamp").click()
    here.dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(here.page.get_by_text("No products yet.")).to_be_visible()
    assert empty_shop.client.get("/products/lamp").status_code == 404


def test_pages_follow_each_other(empty_shop: ServiceProcess, visit: Open) -> None:
    for number in range(25):
        put(empty_shop, f"p{number}", png(40 + number))
    here = visit(empty_shop, path="/#catalogue")
    expect(here.page.get_by_text("24 of 25 shown")).to_be_visible()
    here.page.get_by_role("button", name="Show more").click()
    expect(here.page.get_by_text("25 of 25 shown")).to_be_visible()
    expect(here.page.locator(".good")).to_have_count(25)
    expect(here.page.get_by_role("button", name="Show more")).to_be_hidden()


def test_what_the_service_refuses_is_said_in_its_words(
    empty_shop: ServiceProcess, visit: Open, tmp_path: Path
) -> None:
    here = visit(empty_shop, path="/#catalogue")
    here.expect_trouble("422")
    notes = tmp_path / "notes.txt"
    notes.write_text("This is no picture.")

    here.drop("#catalogue-view", notes)
    here.dialog.get_by_label("Name", exact=True).first.fill("Notes")
    here.dialog.get_by_role("button", name="Create").click()

    expect(here.dialog.get_by_role("alert")).to_contain_text("The picture cannot be read")
    here.check_accessibility()


def test_a_name_of_blanks_is_marked_where_it_stands(
    empty_shop: ServiceProcess, visit: Open
) -> None:
    here = visit(empty_shop, path="/#catalogue")
    here.expect_trouble("422")
    here.page.get_by_role("button", name="Add a product").click()
    new = {"name": "a.png", "mimeType": "image/png", "buffer": png(25)}
    here.dialog.locator("input[type=file]").first.set_input_files(new)
    name = here.dialog.get_by_label("Name", exact=True).first
    name.fill("   ")
    here.dialog.get_by_role("button", name="Create").click()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(here.dialog.get_by_role("alert")).to_contain_text("The name is empty")


@pytest.mark.parametrize(
    ("product_id", "name"),
    [
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=\"document.title='!'\">"),
        ("a\"b'c&d;?#%", "\"><script>document.title='!'</script>"),
        ("中文 🚗", "סיכה עברית 🚗"),
    ],
)
def test_hostile_texts_are_shown_as_text(
    empty_shop: ServiceProcess, visit: Open, product_id: str, name: str
) -> None:
    fields = {"name": name, "product_id": product_id, "attributes": '{"<b>x</b>": "<i>y</i>"}'}
    answer = empty_shop.client.post("/products", data=fields, files={"image": png(26)})
    answer.raise_for_status()
    here = visit(empty_shop, path="/#catalogue")

    card = here.page.locator(".good")
    expect(card.get_by_role("heading")).to_have_text(name)
    expect(card.locator(".id")).to_have_text(product_id)
    expect(card.locator("b, i, script")).to_have_count(0)
    here.page.get_by_role("button", name="Edit").click()
    here.dialog.get_by_label("Description").fill("Changed.")
    here.dialog.get_by_role("button", name="Save").click()
    expect(here.page.get_by_text("is saved")).to_be_visible()
    expect(here.page).to_have_title("Lookalike: product search by picture")
    here.page.get_by_role("button", name="Delete").click()
    here.dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(here.page.get_by_text("No products yet.")).to_be_visible()


def test_an_edit_changes_only_what_was_touched(empty_shop: ServiceProcess, visit: Open) -> None:
    attributes = {
        " padded ": "two\nlines",
        "constructor": "x",
        "tags": ["a, b", " c"],
        "tiny": 1e-7,
    }
    fields = {"name": "Odd", "product_id": "odd", "attributes": json.dumps(attributes)}
    empty_shop.client.post("/products", data=fields, files={"image": png(27)}).raise_for_status()
    here = visit(empty_shop, path="/#catalogue")

    here.page.get_by_role("button", name="Edit Odd").click()
    here.dialog.get_by_label("Name", exact=True).first.fill("Even")
    here.dialog.get_by_role("button", name="Save").click()
    expect(here.page.get_by_text("“Even” is saved")).to_be_visible()
    assert empty_shop.client.get("/products/odd").json()["attributes"] == attributes

    here.page.get_by_role("button", name="Edit Even").click()
    row = here.dialog.get_by_role("group", name="constructor")
    row.get_by_role("button", name="Remove this attribute").click()
    here.dialog.get_by_role("button", name="Save").click()
    expect(here.dialog).to_have_count(0)
    del attributes["constructor"]
    assert empty_shop.client.get("/products/odd").json()["attributes"] == attributes


def test_a_file_dropped_beside_its_place_leaves_the_page_alone(
    empty_shop: ServiceProcess, visit: Open, tmp_path: Path
) -> None:
    here = visit(empty_shop, path="/#catalogue")
    picture = tmp_path / "stray.png"
    picture.write_bytes(png(28))
    here.drop(".masthead", picture)
    expect(here.page).to_have_title("Lookalike: product search by picture")
    expect(here.dialog).to_have_count(0)


def test_what_looks_the_same_is_told_after_a_write(empty_shop: ServiceProcess, visit: Open) -> None:
    put(empty_shop, "lamp", png(29))
    here = visit(empty_shop, path="/#catalogue")
    here.page.get_by_role("button", name="Add a product").click()
    same = {"name": "again.png", "mimeType": "image/png", "buffer": png(29)}
    here.dialog.locator("input[type=file]").first.set_input_files(same)
    here.dialog.get_by_label("Name", exact=True).first.fill("Lamp, again")
    here.dialog.get_by_role("button", name="Create").click()

    notice = here.page.locator(".notice.caution")
    expect(notice).to_contain_text("“Lamp, again” is in the catalogue")
    expect(notice.get_by_role("listitem")).to_have_text("Yellow lamp (lamp): the very same file")
    here.check_accessibility()


def test_an_edit_keeps_the_focus_and_what_is_shown(empty_shop: ServiceProcess, visit: Open) -> None:
    for number in range(26):
        put(empty_shop, f"p{number}", png(40 + number))
    here = visit(empty_shop, path="/#catalogue")
    here.page.get_by_role("button", name="Show more").click()
    here.page.get_by_role("button", name="Edit p0", exact=True).click()
    here.dialog.get_by_label("Description").fill("Changed.")
    here.dialog.get_by_role("button", name="Save").click()
    expect(here.page.get_by_text("“p0” is saved")).to_be_visible()
    expect(here.page.locator("#catalogue-view")).to_have_attribute("aria-busy", "false")
    expect(here.page.locator(".good")).to_have_count(26)
    expect(here.page.get_by_role("button", name="Edit p0", exact=True)).to_be_focused()


@pytest.mark.timeout(180)
def test_a_product_below_the_hundredth_is_edited_in_its_place(
    empty_shop: ServiceProcess, visit: Open
) -> None:
    for number in range(130):
        put(empty_shop, f"p{number}", png(40 + number))
    here = visit(empty_shop, path="/#catalogue")
    for shown in (48, 72, 96, 120, 130):
        here.page.get_by_role("button", name="Show more").click()
        expect(here.page.locator(".good")).to_have_count(shown)
    edited = here.page.locator(".good").nth(121)
    expect(edited.get_by_role("heading")).to_have_text("p8")
    edited.get_by_role("button", name="Edit").click()
    before = edited.bounding_box()
    here.dialog.get_by_label("Name", exact=True).first.fill("Eight")
    here.dialog.get_by_role("button", name="Save").click()

    expect(edited.get_by_role("heading")).to_have_text("Eight")
    expect(here.page.get_by_role("button", name="Edit Eight")).to_be_focused()
    expect(here.page.get_by_text("130 of 130 shown")).to_be_attached()
    expect(here.page.get_by_text("“Eight” is saved")).to_be_attached()
    after = edited.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) < 1
    expect(edited).to_be_in_viewport()

    edited.get_by_role("button", name="Delete").click()
    here.dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(here.page.get_by_text("129 of 129 shown")).to_be_attached()
    expect(here.page.locator(".good").nth(121)).to_be_in_viewport()


def test_hits_show_a_product_as_it_was_edited(empty_shop: ServiceProcess, visit: Open) -> None:
    put(empty_shop, "lamp", png(24))
    here = visit(empty_shop)
    here.choose(png(24))
    expect(here.hits.get_by_role("heading")).to_have_text("Yellow lamp")
    here.page.get_by_role("link", name="Catalogue").click()
    here.page.get_by_role("button", name="Edit Yellow lamp").click()
    here.dialog.get_by_label("Name", exact=True).first.fill("Amber lamp")
    here.dialog.get_by_role("button", name="Save").click()
    here.page.get_by_role("link", name="Search", exact=True).click()
    expect(here.hits.get_by_role("heading")).to_have_text("Amber lamp")
    here.settled()


def test_a_followed_link_begins_at_the_top(empty_shop: ServiceProcess, visit: Open) -> None:
    for number in range(12):
        put(empty_shop, f"p{number}", png(40 + number))
    here = visit(empty_shop, viewport={"width": 360, "height": 640})
    here.choose(png(40))
    here.hits.last.scroll_into_view_if_needed()
    here.page.get_by_role("link", name="Catalogue").click()
    expect(here.page.get_by_role("heading", name="Catalogue")).to_be_in_viewport()
