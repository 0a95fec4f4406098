"""The methods: how a planted opinion becomes an answer, how it is given, and what scores follow from all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.walkthrough import hands, scores
from benchmarks.walkthrough.opinions import Opinion
from benchmarks.walkthrough.pictures import Shown

Scored = Callable[[Sequence[Shown], str], list[tuple[Shown, float]]]
_TIE = 0.05


@dataclass(frozen=True)
class Way:
    """A method.

    Attributes:
        method: Its name.
        options: What `srbench survey create` is told beside it.
        answer: What a rater of this opinion answers to the pictures of a trial.
        give: How an answer is given in a window.
        scores: What the models' scores must be, from the answers of raters who count.
        within: How near the analysis must come to them.
    """

    method: str
    options: tuple[str, ...]
    answer: Callable[[Opinion, Sequence[Shown]], str]
    give: hands.Give
    scores: Callable[[scores.Answers], dict[str, float]]
    within: float = 1e-4

    @property
    def name(self) -> str:
        """Return the method with its options."""
        return " ".join((self.method, *self.options))


def _category(low: int, high: int) -> Callable[[Opinion, Sequence[Shown]], str]:
    return lambda opinion, shown: str(round(low + (high - low) * opinion.of(_judged(shown))))


def _judged(shown: Sequence[Shown]) -> Shown:
    """The picture that is asked about: not the open original, where there is one."""
    return next((picture for picture in shown if picture.model != "hr"), shown[0])


def _preference(opinion: Opinion, shown: Sequence[Shown]) -> str:
    first, second = map(opinion.of, shown)
    return "tie" if abs(first - second) < _TIE else "first" if first > second else "second"


def _difference(opinion: Opinion, shown: Sequence[Shown]) -> str:
    left, right = map(opinion.of, shown[:2])
    return "unsure" if abs(left - right) < _TIE else "left" if left < right else "right"


def _numbers(opinion: Opinion, shown: Sequence[Shown]) -> str:
    return " ".join(str(round(100 * opinion.of(picture))) for picture in shown)


def _of_judged(shown: Sequence[Shown], answer: str) -> list[tuple[Shown, float]]:
    return [(_judged(shown), float(answer))]


def _of_versions(shown: Sequence[Shown], answer: str) -> list[tuple[Shown, float]]:
    return list(zip(shown[1:], map(float, answer.split()), strict=True))


def _from_original(shown: Sequence[Shown], answer: str) -> list[tuple[Shown, float]]:
    number = dict(zip(shown, map(float, answer.split()), strict=True))
    (original,) = (picture for picture in shown if picture.model == "hr")
    return [(_judged(shown), 100 + number[_judged(shown)] - number[original])]


WAYS = (
    Way("acr", (), _category(1, 5), hands.button, scores.means(_of_judged)),
    Way("acr-hr", ("--categories", "9"), _category(1, 9), hands.button, scores.means(_of_judged)),
    Way("dcr", (), _category(1, 5), hands.button, scores.means(_of_judged)),
    Way("pair", (), _preference, hands.button, scores.bradley_terry),
    Way("pair", ("--pairs", "adaptive"), _preference, hands.button, scores.bradley_terry),
    Way("slider", (), _numbers, hands.sliders, scores.means(_of_judged)),
    Way("dscqs", (), _numbers, hands.sliders, scores.means(_from_original)),
    Way("mushra", (), lambda o, shown: _numbers(o, shown[1:]), hands.sliders, scores.means(_of_versions)),
    Way("triplet", (), _difference, hands.button, scores.jnd, 0.01),
    Way("triplet-boosted", (), _difference, hands.button, scores.jnd, 0.01),
)
