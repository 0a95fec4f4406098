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
def opened(width: int, height: int = 900, scale: float = 1, agent: str | None = None) -> Iterator[Any]:
    """A Playwright page in a window of this size in CSS pixels; `agent` is what the browser calls itself."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = chromium()
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            window = {"width": width, "height": height}
            context = browser.new_context(viewport=window, device_scale_factor=scale, user_agent=agent)
            yield context.new_page()
        finally:
            browser.close()
