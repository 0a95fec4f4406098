"""The rater's language: five catalogues of gettext, and which one a browser asks for."""

import gettext
import io
from collections.abc import Mapping
from functools import cache
from importlib import resources

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import Request

from srbench.survey.plan.own_words import LANGUAGES

__all__ = ["COOKIE", "LANGUAGES", "preferred_language", "translations"]

COOKIE = "srbench-language"


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the catalogue of a language; that of English is empty, since the pages are in English."""
    if language == "en":
        return gettext.NullTranslations()
    source = (resources.files("srbench.survey.web") / "locale" / f"{language}.po").read_bytes()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source), locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def preferred_language(request: Request, offered: Mapping[str, str] = LANGUAGES) -> str:
    """Return the language that was chosen on the page, or the best that the browser asks for.

    Args:
        request: Request of the browser.
        offered: Languages of the study.

    Returns:
        One of those that are offered; where none fits, English if it is among them, else the first.
    """
    chosen = request.cookies.get(COOKIE, "")
    if chosen in offered:
        return chosen
    asked = [_weighted(part) for part in request.headers.get("accept-language", "").split(",")]
    ordered = sorted((item for item in asked if item[1] > 0), key=lambda item: -item[1])
    return next((name for name, _ in ordered if name in offered), "en" if "en" in offered else next(iter(offered)))


def _weighted(part: str) -> tuple[str, float]:
    """A language without its region, and its quality value (RFC 9110, section 12.4.2)."""
    name, _, weight = part.strip().partition(";q=")
    try:
        return name.split("-")[0].lower(), float(weight or 1)
    except ValueError:
        return name, 0.0
