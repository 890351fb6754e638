"""Takes the pictures of the README, where SCREENSHOTS names the folder for them."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.visit import Visit
from tests.end_to_end.process import ServiceProcess

FOLDER = os.environ.get("SCREENSHOTS")
MOST_BYTES = 500_000

pytestmark = [
    pytest.mark.skipif(FOLDER is None, reason="`make screenshots` asks for them"),
    pytest.mark.timeout(300),
]


def test_the_pictures_of_the_readme(
    empty_shop: ServiceProcess, visit: Callable[..., Visit]
) -> None:
    empty_shop.client.post("/samples", timeout=200).raise_for_status()
    wide = {"viewport": {"width": 1360, "height": 880}, "device_scale_factor": 1.5}
    phone = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}

    here = visit(empty_shop, reduced_motion="reduce", **wide)
    _search(here)
    _save(here, "green-car.png")
    here.page.get_by_role("button", name="Compare signals").click()
    expect(here.page.locator(".entry")).to_have_count(24)
    here.settled()
    here.page.locator(".column.mixture .entry").nth(1).hover()
    _save(here, "compare.png")

    here = visit(empty_shop, reduced_motion="reduce", color_scheme="dark", **phone)
    _search(here)
    here.page.evaluate("document.querySelector('.mixer').scrollIntoView()")
    _save(here, "phone.png")


def _search(here: Visit) -> None:
    here.page.get_by_role("button", name="A green sports car").click()
    expect(here.hits).to_have_count(24)
    here.settled()


def _save(here: Visit, name: str) -> None:
    here.page.wait_for_load_state("networkidle")
    taken = Image.open(io.BytesIO(here.page.screenshot()))
    # 256 colours take a third of the bytes; dithered, because of skies and other gradients.
    taken = taken.convert("RGB")
    palette = taken.quantize(256)
    small = taken.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    small.save(Path(FOLDER or "") / name, optimize=True)
    assert (Path(FOLDER or "") / name).stat().st_size < MOST_BYTES
