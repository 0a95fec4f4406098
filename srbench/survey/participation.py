"""What a study asks of its raters before they rate, and what it promises them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from srbench.errors import BadStudy

ScreenQuestion = Literal["card", "distance", "acuity", "colour", "age"]
SCREEN_QUESTIONS: tuple[ScreenQuestion, ...] = get_args(ScreenQuestion)
CARD_MM = 85.60  # ISO/IEC 7810, ID-1
CODE_PLACEHOLDER = "{code}"

_CARD_PX, _DISTANCE_CM, _PATCHES = (101.0, 2_000.0), (10.0, 1_000.0), (1.0, 8.0)
# A slider that nobody moved stands at 100.
_NUMBERS: dict[str, tuple[float, float]] = {"card": _CARD_PX, "distance": _DISTANCE_CM, "patches": _PATCHES}
ANSWERS: dict[str, tuple[str, ...]] = {
    "acuity": ("yes", "corrected", "no", "untold"),
    "colour": ("yes", "no", "unknown", "untold"),
    "age": ("18-24", "25-34", "35-44", "45-54", "55-64", "65+", "untold"),
}


@dataclass(frozen=True)
class Participation:
    """The conditions of taking part.

    Attributes:
        ask: Beyond window, pixel density and how many of eight grey patches can be told apart: "card" (a bank card's
            width on the screen), "distance" (to the screen), "acuity" and "colour" (what the rater says of their
            vision), "age" (a band).
        phones: Raters may use a phone.
        keep_ip: The address is stored with the consent, which says so.
        consent: Paragraphs of the study's own on the consent page: who asks, why, whom to write to.
        redirect: Where a rater goes at the end; {code} stands for the completion code.
        stop_half: The study closes to newcomers when the widest 95 % interval of a model's score is within plus or
            minus this; None: never by itself.
    """

    ask: tuple[ScreenQuestion, ...] = ()
    phones: bool = False
    keep_ip: bool = False
    consent: str = ""
    redirect: str = ""
    stop_half: float | None = None


def validated(terms: Participation) -> Participation:
    """The same terms.

    Raises:
        BadStudy: A check that does not exist, an address that is none, or a width that cannot be reached.
    """
    unknown = sorted(set(terms.ask) - set(SCREEN_QUESTIONS))
    if unknown:
        raise BadStudy(f"there is no check {', '.join(unknown)}; expected some of {', '.join(SCREEN_QUESTIONS)}")
    if terms.redirect and not is_address(terms.redirect.replace(CODE_PLACEHOLDER, "0")):
        raise BadStudy(
            f"the redirect '{terms.redirect}' is no address; expected https://... with {CODE_PLACEHOLDER} in it"
        )
    if terms.stop_half is not None and not 0 < terms.stop_half < math.inf:
        raise BadStudy(f"the interval to stop at is ± {terms.stop_half}; expected a number more than 0")
    return terms


def is_address(text: str) -> bool:
    """It begins with http:// or https:// and names a host."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    blank = not text.isprintable() or " " in text
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0 and not blank


def parse_screen_check(terms: Participation, form: Mapping[str, str]) -> dict[str, Any] | None:
    """What a rater says in the screen check.

    Args:
        terms: Of the study.
        form: Fields as sent.

    Returns:
        A value for each check of the terms, and "patches"; None where one is missing or cannot be.
    """
    found: dict[str, Any] = {}
    for check in ("patches", *terms.ask):
        value = form.get(check, "")
        if check in _NUMBERS:
            number = _number(value, *_NUMBERS[check])
            if number is None:
                return None
            found[check] = number
        elif value in ANSWERS[check]:
            found[check] = value
        else:
            return None
    return found


def _number(text: str, low: float, high: float) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if low <= value <= high else None


def pixels_per_degree(screen: Mapping[str, Any]) -> float | None:
    """Device pixels in one degree of the visual field, from what a rater told.

    Args:
        screen: "dpr" (device pixels in a CSS pixel), "card" (CSS pixels of a bank card's width) and "distance" (cm).

    Returns:
        Pixels; None where something is missing.
    """
    try:
        density, card, distance = (float(screen[name]) for name in ("dpr", "card", "distance"))
    except (KeyError, TypeError, ValueError):
        return None
    return 2 * distance * 10 * math.tan(math.radians(0.5)) * card * density / CARD_MM
