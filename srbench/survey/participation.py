"""What raters are asked and told before they rate: consent, screen check, phones, the end of the session."""

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
    """The conditions of taking part in a study.

    Attributes:
        ask: Questions of the screen check beyond window, pixel density and how many of eight grey patches can be told
            apart: "card" (width of a bank card on the screen), "distance" (to the screen), "acuity" and "colour" (what
            raters say of their vision), "age" (a band).
        phones: Whether raters may use a phone.
        keep_ip: Whether the IP address is stored with the consent; the consent page says so.
        consent: Paragraphs of the study's own on the consent page: who asks, why, whom to write to.
        redirect: Address that raters are sent to at the end; {code} stands for the completion code.
        stop_half: Half of the 95 % interval: the study closes to newcomers when that of every model's score is at most
            this; None where it never closes by itself.
    """

    ask: tuple[ScreenQuestion, ...] = ()
    phones: bool = False
    keep_ip: bool = False
    consent: str = ""
    redirect: str = ""
    stop_half: float | None = None


def validated(participation: Participation) -> Participation:
    """Return the conditions unchanged.

    Raises:
        BadStudy: A check that does not exist, an address that is none, or a width that cannot be reached.
    """
    unknown = sorted(set(participation.ask) - set(SCREEN_QUESTIONS))
    if unknown:
        raise BadStudy(f"no screen check {', '.join(unknown)}; expected some of {', '.join(SCREEN_QUESTIONS)}")
    if participation.redirect and not is_address(participation.redirect.replace(CODE_PLACEHOLDER, "0")):
        raise BadStudy(
            f"the redirect '{participation.redirect}' is no address; expected https://... with {CODE_PLACEHOLDER} in it"
        )
    if participation.stop_half is not None and not 0 < participation.stop_half < math.inf:
        raise BadStudy(f"the interval to stop at is ± {participation.stop_half}; expected a number more than 0")
    return participation


def is_address(text: str) -> bool:
    """Return whether a text begins with http:// or https:// and names a host."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    blank = not text.isprintable() or " " in text
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0 and not blank


def parse_screen_check(participation: Participation, form: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the answers of a screen check.

    Args:
        participation: Conditions of the study.
        form: Fields of the form as they were sent.

    Returns:
        A value for each question, and "patches"; None where one is missing or impossible.
    """
    answers: dict[str, Any] = {}
    for check in ("patches", *participation.ask):
        value = form.get(check, "")
        if check in _NUMBERS:
            number = _number(value, *_NUMBERS[check])
            if number is None:
                return None
            answers[check] = number
        elif value in ANSWERS[check]:
            answers[check] = value
        else:
            return None
    return answers


def _number(text: str, low: float, high: float) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if low <= value <= high else None


def pixels_per_degree(screen: Mapping[str, Any]) -> float | None:
    """Return the device pixels in one degree of the visual field, from the answers of a screen check.

    Args:
        screen: Answers of the screen check: "dpr" (device pixels in a CSS pixel), "card" (CSS pixels of a bank card's
            width) and "distance" (to the screen, in cm).

    Returns:
        Pixels per degree; None where an answer is missing.
    """
    try:
        density, card, distance = (float(screen[name]) for name in ("dpr", "card", "distance"))
    except (KeyError, TypeError, ValueError):
        return None
    return 2 * distance * 10 * math.tan(math.radians(0.5)) * card * density / CARD_MM
