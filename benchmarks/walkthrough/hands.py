"""How answers are given: by keys, and on a phone by touch."""

from typing import Protocol

from benchmarks.walkthrough.window import Window

_KEYS = {"first": "ArrowLeft", "tie": "ArrowDown", "second": "ArrowRight"}
_KEYS |= {"left": "ArrowLeft", "unsure": "ArrowDown", "right": "ArrowRight"}


class Give(Protocol):
    """Give an answer in a window."""

    def __call__(self, window: Window, answer: str, *, touch: bool) -> None: ...


def button(window: Window, answer: str, *, touch: bool) -> None:
    """Press the key of a category or of a side, or touch its button."""
    key = _KEYS.get(answer, answer)
    if touch:
        window.click(f'#answer button[data-key="{key}"]')
    else:
        window.key(key)


def sliders(window: Window, answer: str, *, touch: bool) -> None:
    """Set each slider by its tens and then by steps of one, and send."""
    for number, value in enumerate(map(int, answer.split())):
        tens = min(value // 10, 9)
        window.run("number => document.getElementById('slider' + number).focus()", number)
        window.key(str(tens))
        for _ in range(value - 10 * tens):
            window.key("ArrowRight")
    if touch:
        window.click("#send")
    else:
        window.key("Enter")
