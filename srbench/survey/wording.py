"""The words of a test method: its question, its answers and the help around them.

Texts are marked with `N_` and translated where a page shows them.
"""

from dataclasses import dataclass


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
        show_second: Text of the button that shows the second of two pictures in place of the first; empty where there
            is no such button.
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
    return tuple(Button(str(i), str(i), str(i), label) for i, label in enumerate(labels, start=first))
