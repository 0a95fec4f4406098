"""The design of a study: the settings that fix every rater's session, and the trials that sessions consist of."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from srbench.ratings.votes import Stimulus
from srbench.survey.plan.boost import Boost
from srbench.survey.plan.presentation import Presentation

TrialKind = Literal["practice", "trial", "repeat", "trap", "bias"]
PairSelection = Literal["full", "sparse", "blocks", "adaptive"]
Display = Literal["toggle", "side"]
REFERENCE = "hr"
"""Name of the originals among the models."""
_NEW = ("categories", "presentation", "boost")
CATEGORIES = (5, 7, 9, 11)
Content = tuple[str, str]
"""Data set and name of what a picture shows."""


@dataclass(frozen=True)
class Trial:
    """One question to a rater.

    Attributes:
        kind: Purpose of the trial; answers to practice trials and traps are no data. "bias" shows one picture twice.
        first: Name of the picture to rate; in pairs, of the picture on the left.
        second: Name of the picture beside it: the reference, or in pairs the picture on the right; empty where one
            picture is shown.
        others: Names of further pictures, where a trial shows more than two.
    """

    kind: TrialKind
    first: str
    second: str = ""
    others: tuple[str, ...] = ()

    @property
    def pictures(self) -> tuple[str, ...]:
        """Names of the pictures that the trial shows."""
        return tuple(filter(None, (self.first, self.second, *self.others)))


@dataclass(frozen=True)
class Design:
    """The settings that fix every rater's session.

    Attributes:
        method: Id of the test method, a module of `srbench.survey.methods`.
        seed: Seed of every random order.
        share: Share of the contents that a rater sees, each with all its models.
        repeats: Share of a rater's trials that are asked a second time, in the second half of the session.
        traps: Number of trap questions in a session.
        pairs: Pairs of models that are asked in paired comparisons: all; a connected ring in which each model meets
            four others; balanced blocks, in which each rater compares each model with four others and raters together
            compare all equally often; or as many as in the ring, chosen batch after batch by the expected information.
        display: How two pictures are shown: in turn at the same place, or side by side.
        categories: Number of categories of a scale of categories: 5, 7, 9 or 11.
        ties: Whether "no difference" is an answer in paired comparisons.
        trial_seconds: Expected duration of a trial in seconds.
        sitting_minutes: Longest sitting in minutes; longer sessions are split.
        break_minutes: Longest time between two breaks in minutes.
        screen: Rules that reject raters, named before anybody rates: what the analysis, the administrator's page and
            the rule that stops the study go by. None: the method's usual ones, in plans of older versions.
        presentation: How the pictures of a trial are presented.
        boost: How pictures are boosted, in boosted triplets.
    """

    method: str = "acr"
    seed: int = 0
    share: float = 1.0
    repeats: float = 0.0
    traps: int = 0
    pairs: PairSelection = "full"
    display: Display = "side"
    categories: int = 5
    ties: bool = True
    trial_seconds: float = 5.0
    sitting_minutes: float = 30.0
    break_minutes: float = 10.0
    screen: tuple[str, ...] | None = None
    presentation: Presentation = field(default_factory=Presentation)
    boost: Boost | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the design as study.json holds it: settings that version 0.1 did not have only where they are used."""
        usual = Design()
        return {
            name: value
            for name, value in asdict(self).items()
            if name not in _NEW or getattr(self, name) != getattr(usual, name)
        }


def content_label(stimulus: Stimulus) -> str:
    """Data set and content of a stimulus in one text, as the analysis of pairs names them."""
    return "/".join(filter(None, (stimulus.dataset, stimulus.content)))
