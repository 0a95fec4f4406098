"""The words of a test method: its question, its answers and the help around them.

Texts are marked with `N_` and translated where a page shows them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from srbench.ratings.votes import Scale


@dataclass(frozen=True)
class Button:
    """A button with one answer.

    Attributes:
        value: The answer as it is stored.
        key: Key of the keyboard that chooses it, as browsers name it.
        sign: Sign before the label: the number of a category, or an arrow.
        label: Text of the button.
    """

    value: str
    key: str
    sign: str
    label: str


@dataclass(frozen=True)
class Wording:
    """The words of a test method.

    Attributes:
        task: What raters are to do, on the first page.
        legend: The question above the answers.
        buttons: The answers, the worst first.
        keys: How to answer by keyboard.
        calibration: Text above the two ends of the scale.
        worst: Caption of the worst calibration picture.
        best: Caption of the best calibration picture.
        names: Captions of the two pictures of a trial; empty where one is shown.
        show_second: Text of the button that shows the second of two pictures in place of the first, where they come in
            turn; empty where one is shown.
        show_first: Text of the same button while the second picture is shown.
    """

    task: str
    legend: str
    buttons: tuple[Button, ...]
    keys: str
    calibration: str
    worst: str
    best: str
    names: tuple[str, str] = ("", "")
    show_second: str = ""
    show_first: str = ""


def N_(text: str) -> str:  # noqa: N802 gettext's own name for a mark
    """Mark a text for translation."""
    return text


def categories(*labels: str, first: int = 1) -> tuple[Button, ...]:
    """Return buttons for the categories of a scale, answered by their numbers.

    Args:
        labels: Labels of the categories, the worst first.
        first: Number of the first category.
    """
    return tuple(Button(str(i), key_of(i), str(i), label) for i, label in enumerate(labels, start=first))


KEYS = {
    5: N_("Keys 1 to 5 work too."),
    7: N_("Keys 1 to 7 work too."),
    9: N_("Keys 1 to 9 work too."),
    11: N_("Keys 0 to 9 work too, and x for 10."),
}
"""How to answer by keyboard, by the number of categories."""


def spoken(scale: Scale) -> str:
    """Return the categories of a scale in words, for reports."""
    return f"{len(scale.categories())} categories, {scale.low:g} to {scale.high:g}"


def key_of(number: int) -> str:
    """Return the key that answers with a number: its digit, or for 10 the x of the Romans."""
    return "x" if number == 10 else str(number)


def spread(labels: Sequence[str], number: int) -> tuple[Button, ...]:
    """Return a scale of more categories than five labels: each keeps its place, and numbers stand between them.

    Args:
        labels: The five labels of the scale, the worst first.
        number: Number of categories. Of 9 (1 to 9) and 11 (0 to 10) every odd one has a label, as in ITU-T P.910,
            Annex B; of 7 (1 to 7) both ends and the middle have one.
    """
    places = {5: (1, 2, 3, 4, 5), 7: (1, 0, 4, 0, 7), 9: (1, 3, 5, 7, 9), 11: (1, 3, 5, 7, 9)}[number]
    named = dict(zip(places, labels, strict=True))
    first = 0 if number == 11 else 1
    texts = ["" if i == 0 else named.get(i, "") for i in range(first, first + number)]
    return categories(*texts, first=first)
