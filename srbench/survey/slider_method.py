"""Methods that ask for a number from 0 to 100 by sliders, one for each picture that is scored."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from srbench.ratings.votes import Scale, Stimulus
from srbench.survey.category_method import CategoryMethod
from srbench.survey.plan.design import Design, Trial
from srbench.survey.plan.wording import N_
from srbench.survey.simulation.rater import SimulatedRater

_NUMBERS = re.compile(r"(\d|[1-9]\d|100)( (\d|[1-9]\d|100))*", re.ASCII)
QUALITY = (N_("bad"), N_("poor"), N_("fair"), N_("good"), N_("excellent"))
"""Labels of the five equal parts of a slider, from 0 to 100, as in ITU-R BT.500."""
TRACK = Scale(0, 100)


class SliderMethod(CategoryMethod):
    """A method whose answers are numbers from 0 to 100, one for each slider; no slider has a value at first.

    An answer is the numbers in the order of the trial's pictures, with a space between them.

    Attributes:
        first_slider: Number of the picture of a trial that has the first slider; those before it have none.
    """

    options = frozenset()
    score_unit = "points"
    answer_template = "sliders.html"
    assets: ClassVar[tuple[str, ...]] = ("sliders.js", "sliders.css")
    first_slider: ClassVar[int] = 0

    def scale(self, design: Design) -> Scale:
        """Return 0 to 100."""
        del design
        return TRACK

    def values(self, design: Design) -> tuple[str, ...]:
        """Return the numbers of one slider."""
        del design
        return tuple(map(str, TRACK.categories()))

    def accepts(self, design: Design, value: str, pictures: int = 0) -> bool:
        """Return whether there is a number from 0 to 100 for every slider."""
        del design
        sliders = pictures - self.first_slider
        return bool(_NUMBERS.fullmatch(value)) and (not pictures or len(value.split()) == sliders)

    def expected_answer(self, design: Design) -> str:
        """Return how answers look."""
        del design
        return "a whole number from 0 to 100 for each slider, with a space between two of them"

    def page(self, design: Design, shown: Sequence[Stimulus]) -> dict[str, Any]:
        """Return the labels of the sliders, and the words along each of them."""
        del design
        count = len(shown) - self.first_slider
        return {"sliders": self.slider_names(count), "track": QUALITY}

    def slider_names(self, count: int) -> tuple[str, ...]:
        """Return the names of so many sliders."""
        return tuple(letter(number) for number in range(count))

    def simulated_answer(self, design: Design, trial: Trial, rater: SimulatedRater) -> str:
        """Return a number for each picture that has a slider; careless raters set any."""
        del design
        return " ".join(str(_number(picture, rater)) for picture in trial.pictures[self.first_slider :])


def _number(picture: str, rater: SimulatedRater) -> int:
    if rater.careless:
        return int(rater.generator.integers(101))
    return int(np.clip(np.rint(100 * rater.sees(picture)), 0, 100))


def letter(number: int) -> str:
    """Return the letter of a picture by its number from 0: A to Z, then A2 and so on."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    turn, at = divmod(number, len(letters))
    return letters[at] + (str(turn + 1) if turn else "")
