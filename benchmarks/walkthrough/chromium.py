"""Chromium, by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Error

from benchmarks.walkthrough.window import HOST, LAPTOP, PHONE, decoded
from srbench.core.image import Array


class ChromiumWindow:
    """A page of Playwright."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def open(self, url: str) -> None:
        """Go to an address."""
        self.page.goto(url)

    def url(self) -> str:
        """Return the present address."""
        return str(self.page.url)

    def run(self, function: str, *values: Any) -> Any:
        """Return what a function returns; None while a page goes."""
        try:
            return self.page.evaluate(f"values => ({function})(...values)", list(values))
        except Error as error:
            if "navigat" in str(error):
                return None
            raise

    def pixels(self) -> Array:
        """Return a screenshot of the window."""
        return decoded(self.page.screenshot(scale="device"))

    def key(self, name: str) -> None:
        """Press a key."""
        self.page.keyboard.press(name)

    def hold(self, name: str) -> None:
        """Keep a key down; one that was down already is pressed anew."""
        self.page.keyboard.up(name)
        self.page.keyboard.down(name)

    def release(self, name: str) -> None:
        """Let a key go."""
        self.page.keyboard.up(name)

    def click(self, selector: str) -> None:
        """Press a button, without waiting for where it leads."""
        self.page.locator(selector).first.click(no_wait_after=True)

    def reload(self) -> None:
        """Load the page again."""
        self.page.reload()

    def resize(self, width: int, height: int) -> None:
        """Give the page this size in CSS pixels."""
        self.page.set_viewport_size({"width": width, "height": height})

    def second_tab(self) -> "ChromiumWindow":
        """Open another tab with the same cookies."""
        return ChromiumWindow(self.page.context.new_page())

    def close(self) -> None:
        """Close the tab."""
        self.page.close()

    def network(self, *, on: bool) -> None:
        """Take the network away, or give it back."""
        self.page.context.set_offline(not on)


class Chromium:
    """Chromium by Playwright; one process for each density, which the browser is told as a user's desktop tells it."""

    def __init__(self, playwright: Any, density: int = 1) -> None:
        path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        size = f"--window-size={LAPTOP[0]},{LAPTOP[1]}"
        told = [f"--force-device-scale-factor={density}", size] if density != 1 else []
        rules = f"--host-resolver-rules=MAP {HOST} 127.0.0.1"
        self.browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", rules, *told])
        self.density = density
        self.name = f"Chromium {self.browser.version.split('.')[0]}"

    @contextmanager
    def window(self, *, phone: bool = False) -> Iterator[ChromiumWindow]:
        """A new window without cookies."""
        how: dict[str, Any] = {"viewport": dict(zip(("width", "height"), PHONE if phone else LAPTOP, strict=True))}
        if phone:
            how |= {"is_mobile": True, "has_touch": True, "device_scale_factor": 1}
        if self.density != 1:
            how = {"no_viewport": True}
        context = self.browser.new_context(ignore_https_errors=True, **how)
        try:
            yield ChromiumWindow(context.new_page())
        finally:
            context.close()

    def close(self) -> None:
        """End the browser."""
        self.browser.close()
