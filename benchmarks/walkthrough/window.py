"""A window of a browser: what a rater can do in it, and what is painted."""

import io
import time
from typing import Any, Protocol

import numpy as np
from PIL import Image

from srbench.core.image import Array

HOST = "study.test"
"""Name of this machine in both browsers: no name of a local machine, which browsers treat as safe over HTTP."""
LAPTOP, PHONE = (1366, 625), (390, 844)
PATIENCE_S = 30.0
_LEFT = "data-left"


class Window(Protocol):
    """A window of a browser, with cookies of its own."""

    def open(self, url: str) -> None:
        """Go to an address."""

    def url(self) -> str:
        """Return the present address."""

    def run(self, function: str, *values: Any) -> Any:
        """Return what a function of JavaScript returns for these values."""

    def pixels(self) -> Array:
        """Return what is painted: `(H, W, 3)` device pixels."""

    def key(self, name: str) -> None:
        """Press a key, named as in JavaScript."""

    def hold(self, name: str) -> None:
        """Press a key, and keep it down."""

    def release(self, name: str) -> None:
        """Let it go."""

    def click(self, selector: str) -> None:
        """Press the first button that this selector finds."""

    def reload(self) -> None:
        """Load the page again."""

    def resize(self, width: int, height: int) -> None:
        """Give the page this size in CSS pixels."""


def decoded(png: bytes) -> Array:
    """Return a screenshot's pixels: `(H, W, 3)`."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def leaving(window: Window) -> None:
    """Mark the page, so that `arrived` knows the next one."""
    window.run(f"() => document.documentElement.setAttribute('{_LEFT}', '')")


def arrived(window: Window) -> None:
    """Wait for the page after the marked one."""
    wait(window, f"() => document.readyState === 'complete' && !document.documentElement.hasAttribute('{_LEFT}')")


def wait(window: Window, condition: str, *values: Any) -> None:
    """Wait until a function of JavaScript says true.

    Raises:
        TimeoutError: It does not.
    """
    limit = time.monotonic() + PATIENCE_S
    while not window.run(condition, *values):
        if time.monotonic() > limit:
            raise TimeoutError(f"{condition} at {window.url()}: {window.run('() => document.body.innerText')}")
        time.sleep(0.02)
