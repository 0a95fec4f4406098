"""The way of one rater through a study, from the link to the completion code."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.walkthrough.opinions import Opinion
from benchmarks.walkthrough.pictures import Recognition, Shown
from benchmarks.walkthrough.ways import Way
from benchmarks.walkthrough.window import PATIENCE_S, Window, arrived, leaving, wait
from srbench.core.image import Array

_KIND = """() => document.querySelector(".code") ? "thanks" : document.querySelector("#answer")
  ? (document.querySelector("#answer input[name=position]") ? "trial" : "practice") : "form" """
_POSITION = """() => Number(document.querySelector("#answer input[name=position]").value)"""
_PAINTED = """() => ({density: devicePixelRatio,
  boxes: [...document.querySelectorAll("#stimulus img, img#stimulus")].map((image, number) => {
    const {left, top, width, height} = image.getBoundingClientRect();
    return {number, left, top, width, height};
  }).filter((box) => box.width)})"""
_OFFERED = """id => { const button = document.getElementById(id); return button !== null && button.offsetWidth > 0; }"""
_FLICKERING = """() => document.querySelector("[data-changes]") ? {density: devicePixelRatio,
  boxes: [...document.querySelectorAll("[data-picture]")].map((image) => {
    const {left, top, width, height} = image.getBoundingClientRect();
    return {left, top, width, height};
  })} : null"""
_VERSIONS = """() => document.querySelectorAll("[data-version]").length"""
_FILL = """() => { for (const select of document.querySelectorAll("form select")) select.selectedIndex = 1; }"""
_CODE = """() => document.querySelector(".code").innerText"""
_MOST_PAGES = 400


@dataclass
class Walked:
    """What a rater saw and answered.

    Attributes:
        token: The invitation's token.
        code: The completion code that the last page showed.
        given: Pictures and answer of each trial, by its position.
        seen_again: Positions of trials that were loaded twice.
    """

    token: str
    code: str = ""
    given: dict[int, tuple[tuple[Shown, ...], str]] = field(default_factory=dict)
    seen_again: set[int] = field(default_factory=set)


@dataclass
class Rater:
    """A rater before a window.

    Attributes:
        window: The window.
        known: Pictures that the rater can recognise.
        way: Method of the study.
        opinion: What the rater thinks of pictures.
        incidents: What happens to the rater at a position, before the answer is given there.
        touch: Whether buttons are touched, and no keys pressed.
    """

    window: Window
    known: Recognition
    way: Way
    opinion: Opinion
    incidents: dict[int, Callable[["Rater", Walked, int], bool]] = field(default_factory=dict)
    touch: bool = False

    def walk(self, address: str, token: str) -> Walked:
        """Go the whole way.

        Args:
            address: Address of the study.
            token: Token of the invitation.
        """
        self.window.open(f"{address}/i/{token}")
        return self.go_on(Walked(token))

    def go_on(self, walked: Walked) -> Walked:
        """Go from the present page to the last one."""
        for _ in range(_MOST_PAGES):
            kind = self.window.run(_KIND)
            if kind == "thanks":
                walked.code = str(self.window.run(_CODE))
                return walked
            if kind == "trial":
                self.trial(walked)
            elif kind == "practice":
                self.give(self.way.answer(self.opinion, self.look()))
            else:
                self.window.run(_FILL)
                leaving(self.window)
                self.window.click("form button:not([name])")
                arrived(self.window)
        raise AssertionError(f"the way has no end: {self.window.run('() => document.body.innerText')}")

    def trial(self, walked: Walked) -> None:
        """Look, and answer; at some positions something happens in between."""
        position = int(self.window.run(_POSITION))
        incident = self.incidents.pop(position, None)
        seen = self.look()
        shown, answer = walked.given.get(position) or (seen, self.way.answer(self.opinion, seen))
        assert shown == seen, f"trial {position} showed {shown}, and then {seen}"
        walked.given[position] = shown, answer
        if incident is None or incident(self, walked, position):
            self.give(answer)

    def give(self, answer: str) -> None:
        """Give an answer, and wait for the next page."""
        wait(self.window, "() => !document.body.classList.contains('waiting')")
        leaving(self.window)
        self.way.give(self.window, answer, touch=self.touch)
        arrived(self.window)

    def look(self) -> tuple[Shown, ...]:
        """Return the pictures that are painted: from left to right, or one after the other."""
        if versions := self.window.run(_VERSIONS):
            return tuple(self._version(number) for number in range(versions))
        if page := self.window.run(_FLICKERING):
            return self._both_states(page)
        here, numbers = self._painted()
        if self.window.run(_OFFERED, "original"):
            return here + self._held(numbers)
        if not self.window.run(_OFFERED, "toggle"):
            return here
        self._turn(numbers)
        there, _ = self._painted()
        self._turn(set(range(2)) - numbers)
        return here + there

    def _held(self, shown: set[int]) -> tuple[Shown, ...]:
        """Return the original, which stands in both places as long as a key is held."""
        self._until_other(shown, lambda: self.window.hold(" "))
        originals, there = self._painted()
        self._until_other(there, lambda: self.window.release(" "))
        assert len(originals) == 2
        assert len(set(originals)) == 1
        return originals[:1]

    def _both_states(self, page: dict[str, Any]) -> tuple[Shown, ...]:
        """Look until both states of a flickering page have been painted: the pictures, and their original."""
        pictures, originals = None, None
        limit = time.monotonic() + PATIENCE_S
        while pictures is None or originals is None:
            assert time.monotonic() < limit, f"painted were {pictures} and {originals}"
            whole = self.window.pixels()
            shown = tuple(self._cut(box, page["density"], whole) for box in page["boxes"])
            if all(picture and picture.model == "hr" for picture in shown):
                originals = shown
            elif all(shown):
                pictures = shown
            else:
                page = self.window.run(_FLICKERING)
        assert originals[0] == originals[1]
        return tuple(filter(None, (*pictures, originals[0])))

    def _version(self, number: int) -> Shown:
        self._painted()
        self.window.click(f'[data-version="{number}"]')
        (shown,), numbers = self._painted()
        assert numbers == {number}
        return shown

    def _turn(self, shown: set[int]) -> None:
        """Show the other of two."""
        self._until_other(shown, lambda: self.window.click("#toggle"))

    def _until_other(self, shown: set[int], act: Callable[[], None]) -> None:
        """Do something, again where it was too early, until other pictures than these are shown."""
        limit = time.monotonic() + PATIENCE_S
        while self._boxes()[1] == shown:
            assert time.monotonic() < limit, "the other picture is never shown"
            act()

    def _boxes(self) -> tuple[dict[str, Any], set[int]]:
        page = self.window.run(_PAINTED) or {"boxes": []}
        return page, {box["number"] for box in page["boxes"]}

    def _painted(self) -> tuple[tuple[Shown, ...], set[int]]:
        """Wait until what is painted can be recognised."""
        limit = time.monotonic() + PATIENCE_S
        while time.monotonic() < limit:
            page, numbers = self._boxes()
            found = [self._cut(box, page["density"]) for box in sorted(page["boxes"], key=lambda box: box["left"])]
            shown = tuple(picture for picture in found if picture is not None)
            if shown and len(shown) == len(found):
                return shown, numbers
            time.sleep(0.03)
        raise AssertionError(f"no picture of the study is painted at {page}")

    def _cut(self, box: dict[str, float], density: float, whole: Array | None = None) -> Shown | None:
        top, left, height, width = (round(box[side] * density) for side in ("top", "left", "height", "width"))
        whole = self.window.pixels() if whole is None else whole
        return self.known.of(whole[max(top, 0) : top + height, max(left, 0) : left + width])
