"""What a method asks, and what can be answered. Words are marked with N_ and translated where a page shows them."""

from dataclasses import dataclass, replace

from srbench.survey.design import Design


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
        task: What is to be done, on the first page.
        legend: The question.
        buttons: The answers, the worst first.
        keys: How to answer by keyboard.
        calibration: Above the two ends of the scale.
        worst: Under the first of them.
        best: Under the second.
        names: Of the two pictures of a trial.
        turn: On the button that shows the second of two in place of the first.
        back: On it while the second is shown.
    """

    task: str
    legend: str
    buttons: tuple[Button, ...]
    keys: str
    calibration: str
    worst: str
    best: str
    names: tuple[str, str] = ("", "")
    turn: str = ""
    back: str = ""


def N_(text: str) -> str:  # noqa: N802 gettext's own name for a mark
    """Mark a text for translation."""
    return text


def _scale(*labels: str) -> tuple[Button, ...]:
    return tuple(Button(str(i), str(i), str(i), label) for i, label in enumerate(labels, start=1))


# Scales of ITU-T P.910: absolute category rating, and degradation category rating.
_QUALITY = Wording(
    N_("You will see pictures, one after the other, and say how good each one looks to you."),
    N_("How good does this picture look?"),
    _scale(N_("bad"), N_("poor"), N_("fair"), N_("good"), N_("excellent")),
    N_("Keys 1 to 5 work too."),
    N_("A picture like the first deserves a 1, one like the second a 5."),
    N_("bad"),
    N_("excellent"),
)
_DEGRADATION = Wording(
    N_("You will see pictures and their originals, and say how much the differences annoy you."),
    N_("How do the differences from the original look?"),
    _scale(
        N_("very annoying"),
        N_("annoying"),
        N_("slightly annoying"),
        N_("perceptible but not annoying"),
        N_("imperceptible"),
    ),
    N_("Space shows the original; keys 1 to 5 answer."),
    N_("Set against the second picture, the first deserves a 1; one that cannot be told from it a 5."),
    N_("very annoying"),
    N_("original"),
    (N_("Picture to rate"), N_("The original")),
    N_("Show the original"),
    N_("Back to the picture"),
)
_PAIR = Wording(
    N_("You will see two pictures at a time, and say which one looks better to you."),
    N_("Which picture looks better?"),
    (
        Button("first", "ArrowLeft", "\u2190", N_("left")),
        Button("tie", "ArrowDown", "\u2193", N_("no difference")),
        Button("second", "ArrowRight", "\u2192", N_("right")),
    ),
    N_("Arrow keys work too."),
    N_("Some pairs differ as much as these two, others hardly at all."),
    N_("worst"),
    N_("best"),
    (N_("Left picture"), N_("Right picture")),
)
_PAIR_IN_TURN = replace(
    _PAIR,
    buttons=(
        Button("first", "1", "1", N_("the first")),
        Button("tie", "0", "0", N_("no difference")),
        Button("second", "2", "2", N_("the second")),
    ),
    keys=N_("Space shows the other picture; the numbers answer."),
    names=(N_("First picture"), N_("Second picture")),
    turn=N_("Show the other picture"),
    back=N_("Show the other picture"),
)

CHECKS: dict[str, tuple[str, dict[str, str]]] = {
    "acuity": (
        N_("Do you see well at this distance?"),
        {
            "yes": N_("yes, without glasses or contact lenses"),
            "corrected": N_("yes, with glasses or contact lenses"),
            "no": N_("no"),
            "untold": N_("I would rather not say"),
        },
    ),
    "colour": (
        N_("Is your colour vision normal?"),
        {
            "yes": N_("yes"),
            "no": N_("no"),
            "unknown": N_("I do not know"),
            "untold": N_("I would rather not say"),
        },
    ),
    "age": (
        N_("How old are you?"),
        {
            "18-24": N_("18 to 24"),
            "25-34": N_("25 to 34"),
            "35-44": N_("35 to 44"),
            "45-54": N_("45 to 54"),
            "55-64": N_("55 to 64"),
            "65+": N_("65 or older"),
            "untold": N_("I would rather not say"),
        },
    ),
}
"""Questions of the screen check and their answers, by the values of `terms.ANSWERS`."""


def wording(design: Design) -> Wording:
    """What raters read in a study of this design."""
    if design.method == "dcr":
        return _DEGRADATION if design.display == "toggle" else replace(_DEGRADATION, keys=_QUALITY.keys, turn="")
    if design.method != "pair":
        return _QUALITY
    words = _PAIR_IN_TURN if design.display == "toggle" else _PAIR
    return replace(words, buttons=tuple(b for b in words.buttons if b.value != "tie" or design.ties))
