"""On what a rater sees the pictures of a trial: window, screen, zoom, focus, language and browser."""

import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from srbench.survey.web.rater_forms import number, window

_NUMBERS = {
    "screen_width": 100_000.0,
    "screen_height": 100_000.0,
    "zoom": 100.0,
    "focus_lost": 100_000.0,
    "focus_lost_s": 1e6,
}
"""What else the script of a trial sends, and the largest number that is believed."""
_BROWSERS = (  # what a name contains that others contain too comes later
    ("Edge", r"Edg(?:e|A|iOS)?/(\d+)"),
    ("Opera", r"OPR/(\d+)"),
    ("Samsung Internet", r"SamsungBrowser/(\d+)"),
    ("Firefox", r"(?:Firefox|FxiOS)/(\d+)"),
    ("Chrome", r"(?:HeadlessChrome|Chrome|CriOS)/(\d+)"),
    ("Safari", r"Version/(\d+).*Safari/"),
)


def circumstances(request: Request, form: Mapping[str, str], language: str) -> dict[str, Any]:
    """Return what is stored beside a trial; of the browser its name and main version alone.

    Args:
        request: Request of the browser.
        form: Fields of the form as they were sent.
        language: Language of the page.
    """
    found: dict[str, Any] = dict(window(form))
    for name, most in _NUMBERS.items():
        if name in form and 0 <= (value := number(form[name])) < most:
            found[name] = value
    found["language"] = language
    if browser := browser_name(request.headers.get("user-agent", "")):
        found["browser"] = browser
    return found


def browser_name(user_agent: str) -> str:
    """Return name and main version of a browser, as "Firefox 140"; empty where it is none of the usual ones."""
    matches = ((name, re.search(pattern, user_agent)) for name, pattern in _BROWSERS)
    return next((f"{name} {match[1]}" for name, match in matches if match), "")
