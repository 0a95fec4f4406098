"""What a method asks, and what can be answered."""

from dataclasses import dataclass

from srbench.survey.design import Method


@dataclass(frozen=True)
class Button:
    """One answer.

    Attributes:
        value: As stored.
        key: Of the keyboard, as browsers name it.
        sign: Before the label.
        label: What it says.
    """

    value: str
    key: str
    sign: str
    label: str


@dataclass(frozen=True)
class Wording:
    """A method's words.

    Attributes:
        legend: The question.
        buttons: The answers, the worst first.
        keys: How to answer by keyboard.
        calibration: Above the two ends of the scale.
        side_by_side: Two pictures at once; otherwise they are toggled in place.
    """

    legend: str
    buttons: tuple[Button, ...]
    keys: str
    calibration: str
    side_by_side: bool = False


def _scale(*labels: str) -> tuple[Button, ...]:
    return tuple(Button(str(i), str(i), str(i), label) for i, label in enumerate(labels, start=1))


_QUALITY = Wording(
    "How good does this picture look?",
    _scale("bad", "poor", "fair", "good", "excellent"),
    "Keys 1 to 5 work too.",
    "A picture like the first deserves a 1, one like the second a 5.",
)
_WORDINGS: dict[Method, Wording] = {
    # Scales of ITU-T P.910: absolute category rating, and degradation category rating.
    "acr": _QUALITY,
    "acr-hr": _QUALITY,
    "dcr": Wording(
        "How do the differences from the original look?",
        _scale("very annoying", "annoying", "slightly annoying", "visible, not annoying", "not visible"),
        "Space shows the original; keys 1 to 5 answer.",
        "Set against the second picture, the first deserves a 1; one that cannot be told from it a 5.",
    ),
    "pair": Wording(
        "Which picture looks better?",
        (
            Button("first", "ArrowLeft", "\u2190", "left"),
            Button("tie", "ArrowDown", "\u2193", "no difference"),
            Button("second", "ArrowRight", "\u2192", "right"),
        ),
        "Arrow keys left, down and right work too.",
        "Pictures look as different as these two, or hardly at all.",
        side_by_side=True,
    ),
}


def wording(method: Method) -> Wording:
    """Of a method."""
    return _WORDINGS[method]
