"""What browsers send in the forms of raters: the token that proves the form, and numbers that may be anything."""

import math
from collections.abc import Mapping

from starlette.requests import Request

from srbench.survey.web.security import Cookies

_REQUIRED = ("dpr", "width", "height")
_WINDOW = (*_REQUIRED, "in_turn", "zoomed")
_MAX_WINDOW = 100_000.0
_MOST_FIELDS = 40


async def read_form(request: Request, cookies: Cookies) -> tuple[str | None, dict[str, str]]:
    """Return the rater and the fields of a form; neither where the form's token is not the rater's."""
    rater = cookies.rater(request)
    async with request.form(max_files=0, max_fields=_MOST_FIELDS) as sent:
        form = {name: value for name, value in sent.items() if isinstance(value, str)}
    if rater is None or not cookies.genuine(rater, form.get("token", "")):
        return None, {}
    return rater, form


def window(form: Mapping[str, str]) -> dict[str, float]:
    """Return size and density of the window, as numbers, since they are exported; what is no number is left out.

    "in_turn" is 1 where a narrow screen showed in turn what the design shows side by side; "zoomed" is the largest zoom
    that was used, where any was.
    """
    numbers = {name: number(form.get(name, "")) for name in _WINDOW}
    return {name: value for name, value in numbers.items() if 0 < value < _MAX_WINDOW}


def painted(form: Mapping[str, str]) -> bool:
    """Return whether a script of the page has told the window, and how long the pictures had been on the screen.

    Without scripts nobody knows whether a picture was shown at its size, or at all.
    """
    return number(form.get("seconds", "")) > 0 and window_known(form)


def window_known(form: Mapping[str, str]) -> bool:
    """Return whether a script of the page has told size and density of the window."""
    return window(form).keys() >= set(_REQUIRED)


def measured(form: Mapping[str, str]) -> dict[str, float]:
    """Return zoom in percent and whether the window fills the screen (0 or 1), where gates have them measured."""
    numbers = {name: number(form[name]) for name in ("zoom", "fullscreen") if name in form}
    return {name: value for name, value in numbers.items() if 0 <= value < _MAX_WINDOW}


def number(text: str) -> float:
    """Return the number that a browser sent; 0 where it is none."""
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0
