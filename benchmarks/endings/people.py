"""People whom a panel sends, and the pages on which they end."""

from dataclasses import dataclass
from typing import Any, Literal

from benchmarks.walkthrough.rater import Rater, Walked
from benchmarks.walkthrough.window import Window, arrived, leaving, wait

End = Literal["completed", "screened-out", "over-quota", "refused", "closed"]
_FILL = "() => { for (const field of document.querySelectorAll('form select')) field.selectedIndex = 1; }"
_LAST = """() => ({heading: document.querySelector("h1").innerText,
  code: document.querySelector(".code")?.innerText ?? "", back: document.querySelector("a.main")?.href ?? ""})"""


@dataclass(frozen=True)
class Person:
    """One person of a panel.

    Attributes:
        id: The panel's id.
        browser: Browser.
        end: How the way is to end.
        plain: Whether the form without flicker is chosen.
    """

    id: str
    browser: Literal["Chromium", "Firefox"]
    end: End
    plain: bool = False


def come(person: Person, rater: Rater, address: str) -> dict[str, Any]:
    """Go from the panel's link to the last page; what that shows.

    Args:
        person: Who comes.
        rater: The person before a window.
        address: The panel's link.
    """
    window = rater.window
    window.open(address)
    if person.end == "refused":
        _press(window, "form button[name=refuse]")
    elif person.end == "screened-out":
        _press(window, "form button:not([name])")
        window.run(_FILL)
        window.click("form button:not([name])")  # the first time the page says what can still be changed
        wait(window, "() => [...document.querySelectorAll('[data-gate]')].some((one) => one.offsetParent)")
        _press(window, "form button:not([name])")
    elif person.end == "completed":
        if person.plain:
            _press(window, "form button[name=form]")
        rater.go_on(Walked(person.id))
    return {**window.run(_LAST), "url": window.url()}


def _press(window: Window, selector: str) -> None:
    leaving(window)
    window.click(selector)
    arrived(window)
