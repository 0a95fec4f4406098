"""What raters are asked and told before they rate: consent, screen check, phones, the end of the session."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from srbench.errors import BadStudy
from srbench.survey.people import endings, gates
from srbench.survey.people import panel as panels
from srbench.survey.people.addresses import is_address
from srbench.survey.people.endings import CODE_PLACEHOLDER, PROLIFIC_RETURN, Ending, EndingKind, Exit
from srbench.survey.people.gates import Gate
from srbench.survey.people.panel import Panel
from srbench.survey.people.questionnaires import Item, of_part
from srbench.survey.plan.own_words import Words

ScreenQuestion = Literal["card", "distance", "acuity", "colour", "age"]
SCREEN_QUESTIONS: tuple[ScreenQuestion, ...] = get_args(ScreenQuestion)

_CARD_PX, _DISTANCE_CM, _PATCHES = (101.0, 2_000.0), (10.0, 1_000.0), (1.0, 8.0)
# A slider that nobody moved stands at 100.
_NUMBERS: dict[str, tuple[float, float]] = {"card": _CARD_PX, "distance": _DISTANCE_CM, "patches": _PATCHES}
ANSWERS: dict[str, tuple[str, ...]] = {
    "acuity": ("yes", "corrected", "no", "untold"),
    "colour": ("yes", "no", "unknown", "untold"),
    "age": ("18-24", "25-34", "35-44", "45-54", "55-64", "65+", "untold"),
}


_MEASURED = ("distance", "acuity")
_SINCE_0_1 = {"panel", "endings", "quota", "gates", "questions", "words"}


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
        panel: The panel that sends raters; None where none does.
        endings: Codes and addresses of the endings.
        quota: Whether newcomers are turned away once the wanted number of raters has finished or is at work.
        gates: Conditions that are recorded or required.
        questions: Questions before and after the trials.
        words: The study's own words, by language.
    """

    ask: tuple[ScreenQuestion, ...] = ()
    phones: bool = False
    keep_ip: bool = False
    consent: str = ""
    redirect: str = ""
    stop_half: float | None = None
    panel: Panel | None = None
    endings: tuple[Ending, ...] = ()
    quota: bool = False
    gates: tuple[Gate, ...] = ()
    questions: tuple[Item, ...] = ()
    words: tuple[Words, ...] = ()

    @property
    def steps(self) -> tuple[str, ...]:
        """Steps before the first trial, in their order."""
        before = ("before",) if of_part(self.questions, "before") else ()
        tested = any(gate.name in ("colour", "acuity") for gate in self.gates)
        return ("consent", *before, "screen", *(("vision",) if tested else ()), "calibration", "practice")

    def as_dict(self) -> dict[str, Any]:
        """Return the conditions as study.json holds them: what is off and newer than version 0.1 is left out."""
        stored = asdict(self)
        return {
            field.name: stored[field.name]
            for field in fields(self)
            if field.name not in _SINCE_0_1 or getattr(self, field.name) != field.default
        }

    def exit(self, kind: EndingKind, own_code: str, captured: Mapping[str, str]) -> Exit:
        """Return the code and the address that an ending leads to; both are empty where the study has none.

        Args:
            kind: The ending.
            own_code: The rater's own code, for endings whose code is not the same for all.
            captured: Ids by which the panel knows the rater.
        """
        given = next((ending for ending in self.endings if ending.kind == kind), None)
        if given is None and self.panel is None and kind != "completed":
            return Exit()
        ending = given or Ending(kind)
        redirect = ending.redirect or (self.redirect if kind == "completed" else "")
        if not redirect and ending.code and self.panel is not None and self.panel.kind == "prolific":
            redirect = PROLIFIC_RETURN
        names = self.panel.names if self.panel else ()
        return endings.exit_of(Ending(kind, ending.code, redirect), own_code, {**dict.fromkeys(names, ""), **captured})


def validated(participation: Participation) -> Participation:
    """Return the conditions unchanged.

    Raises:
        BadStudy: A check, a panel, an ending or a gate that does not exist, an address that is none, a width that
            cannot be reached, or a gate without the question that it needs.
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
    if participation.panel is not None:
        panels.require_sound(participation.panel)
    endings.require_sound(participation.endings, participation.panel.names if participation.panel else ())
    gates.require_sound(participation.gates)
    needing = [gate.name for gate in participation.gates if gate.name in _MEASURED]
    if needing and not {"card", "distance"} <= set(participation.ask):
        raise BadStudy(
            f"the gate {needing[0]} needs the size of the screen; give srbench survey create --ask card,distance"
        )
    return participation


def with_measures(ask: Sequence[ScreenQuestion], wanted: Sequence[Gate]) -> tuple[ScreenQuestion, ...]:
    """Return the questions of a screen check, with those that gates need: card and distance for sizes on the retina."""
    needed: tuple[ScreenQuestion, ...] = ("card", "distance") if any(gate.name in _MEASURED for gate in wanted) else ()
    return (*ask, *(question for question in needed if question not in ask))


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
