"""A headless Chromium: Debian's, or whichever the machine has."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> Path:
    """The installed browser; skips without one."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("needs a Chromium: apt-get install chromium")
    return Path(found)


@contextmanager
def launched() -> Iterator[Any]:
    """A browser, for many windows."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = chromium()
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def window(browser: Any, width: int, height: int = 900, scale: float = 1, **more: Any) -> Iterator[Any]:
    """A Playwright page in a window of this size in CSS pixels, without cookies of others."""
    context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=scale, **more)
    try:
        yield context.new_page()
    finally:
        context.close()


@contextmanager
def opened(width: int, height: int = 900, scale: float = 1, agent: str | None = None) -> Iterator[Any]:
    """A browser with one such window; `agent` is what it calls itself."""
    with launched() as browser, window(browser, width, height, scale, user_agent=agent) as page:
        yield page
