"""One visit to the page: what a user does, and a watch over what goes wrong meanwhile."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect

from tests.end_to_end.process import ServiceProcess

TIMEOUT_MS = 15_000

LISTEN = """
window.sentQueries = [];
const send = window.fetch;
window.fetch = (path, options) => {
    const body = options?.body instanceof FormData ? options.body.get("parts") : options?.body;
    const sent = typeof body === "string" ? JSON.parse(body) : null;
    const parts = sent?.parts ?? sent;
    // A token stands for the picture, once that has been sent.
    const shown = ({ token, ...part }) => (token ? { image: "photo", ...part } : part);
    if (Array.isArray(parts)) window.sentQueries.push(parts.map(shown));
    return send(path, options);
};
"""
"""Chromium does not tell the body of a form that has files, so it is read before it is sent."""

expect.set_options(timeout=TIMEOUT_MS)


class Visit:
    """The page in a browser context of its own. Options are Playwright's own of `new_context`."""

    def __init__(
        self, browser: Browser, service: ServiceProcess, path: str = "/", **context: Any
    ) -> None:  # Any: handed on as it is.
        self._base = f"http://127.0.0.1:{service.port}"
        options = {"viewport": {"width": 1280, "height": 900}, **context}
        self._context = browser.new_context(**options)
        self._context.set_default_timeout(TIMEOUT_MS)
        self._complaints: list[str] = []
        self._expected: list[str] = []
        self.given_up: list[str] = []
        """Addresses of the calls that the page broke off itself."""
        self._context.add_init_script(LISTEN)
        self.page: Page = self._context.new_page()
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self._complaints.append(f"error: {error}"))
        self.page.on("request", self._on_request)
        self.page.on("requestfailed", self._on_failure)
        if path != "/":
            self.mount(path)
        self.page.goto(f"{self._base}{path}")

    def expect_trouble(self, *texts: str) -> None:
        """Complaints that contain one of these are what the test is about."""
        self._expected += texts

    def close(self) -> list[str]:
        """Returns the troubles that were not expected."""
        self._context.close()
        return [
            complaint
            for complaint in self._complaints
            if not any(text in complaint for text in self._expected)
        ]

    def mount(self, path: str) -> None:
        """Serves the service below a path, as a proxy that takes the path away does."""
        self.page.route(
            f"**{path}**",
            lambda route: route.continue_(url=route.request.url.replace(path, "/", 1)),
        )

    @property
    def hits(self) -> Locator:
        return self.page.locator(".hit")

    @property
    def results(self) -> Locator:
        return self.page.locator("#results")

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def choose(self, picture: bytes, name: str = "picture.png", kind: str = "image/png") -> None:
        """Chooses a picture for the search, by the file dialog."""
        chooser = self.page.locator("#picture input[type=file]").first
        chooser.set_input_files({"name": name, "mimeType": kind, "buffer": picture})

    def drop(self, on: str, *paths: Path) -> None:
        """Drops files, as the operating system would."""
        box = self.page.locator(on).bounding_box()
        assert box is not None
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + min(box["height"] / 2, 200)}
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        session = self._context.new_cdp_session(self.page)
        for kind in ("dragEnter", "dragOver", "drop"):
            session.send("Input.dispatchDragEvent", {"type": kind, **at, "data": data})

    def paste(self, picture: bytes) -> None:
        """Puts a PNG on the clipboard and presses Ctrl+V."""
        self._context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page.evaluate(
            """async (text) => {
                const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
                const blob = new Blob([bytes], { type: "image/png" });
                await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
            }""",
            base64.b64encode(picture).decode(),
        )
        self.page.keyboard.press("Control+V")

    def query_after(self, act: Callable[[], object]) -> list[dict[str, Any]]:
        """The parts of the next search that the page sends once `act` is done."""
        before = self.page.evaluate("sentQueries.length")
        act()
        self.page.wait_for_function("before => sentQueries.length > before", arg=before)
        self.settled()
        parts: list[dict[str, Any]] = self.page.evaluate("sentQueries.at(-1)")
        return parts

    def settled(self) -> None:
        """Waits until the newest answer is shown."""
        expect(self.results).to_have_attribute("aria-busy", "false")

    def check_accessibility(self) -> None:
        self.page.mouse.move(0, 0)
        found = Axe().run(self.page)
        assert found.violations_count == 0, found.generate_report()

    def check_fits(self) -> None:
        """No sideways scrolling, neither of the page nor of a box in it."""
        self.page.wait_for_load_state("networkidle")
        wide = self.page.evaluate(
            """() => ["html", "main", ".panel", "#results", "dialog", ".dialog-form", ".choices"]
                .flatMap((boxes) => [...document.querySelectorAll(boxes)])
                .filter((box) => box.checkVisibility() && box.scrollWidth > box.clientWidth)
                .map((box) => `${box.tagName}.${box.className}: ${box.scrollWidth} px`)"""
        )
        assert wide == []

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._complaints.append(f"console: {message.text} {message.location.get('url')}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self._base}/", "blob:", "data:")):
            self._complaints.append(f"another host: {request.url}")

    def _on_failure(self, request: Request) -> None:
        # The page itself gives up a search that a newer one has overtaken.
        if request.failure == "net::ERR_ABORTED":
            self.given_up.append(request.url)
        else:
            self._complaints.append(f"failed: {request.url} {request.failure}")
