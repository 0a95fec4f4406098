"""All versions of a content on one page, the original open and hidden among them (after ITU-R BS.1534, MUSHRA)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np

from srbench.ratings.votes import Stimulus
from srbench.survey.method import required_reference
from srbench.survey.plan.design import REFERENCE, Content, Design, Trial
from srbench.survey.plan.wording import N_, Wording
from srbench.survey.responses import Part, Response
from srbench.survey.slider_method import QUALITY, SliderMethod


class ManyVersions(SliderMethod):
    """Every version of a content with a slider of its own, all at one place, switched at once and as often as wanted.

    The first picture of a trial is the open original. The hidden one has a key of its own, and stands anywhere among
    the others; the lower anchors are nearest neighbour and bicubic.

    Source:
        ITU-R BS.1534-3, for sound; here for pictures, with anchors of this field.
    """

    title = "all versions of a picture on one page, a slider for each, the original hidden among them (MUSHRA)"
    references = "hidden"
    anchors = ("nearest", "bicubic")
    pictures_per_trial = 2
    default_display = "toggle"
    stimulus_template = "versions.html"
    assets = ("sliders.js", "versions.js", "sliders.css")
    first_slider = 1

    def described(self, design: Design) -> str:
        """Name the standard, and what differs from it."""
        del design
        return (
            "Raters saw all versions of a content at one place and switched between them and the open original at "
            "will; the original was hidden among the versions too, with nearest neighbour and bicubic as lower "
            "anchors, and each had a slider from 0 to 100 without a value at first (after ITU-R BS.1534, MUSHRA, "
            "which is for sound)."
        )

    def wording(self, design: Design) -> Wording:
        """Return the question, and how to switch."""
        del design
        return Wording(
            task=N_(
                "You will see several versions of a picture beside its original, and set a slider to how good each one "
                "looks to you."
            ),
            legend=N_("How good is each version? One of them is the original."),
            buttons=(),
            keys=N_("Space shows the original, Tab goes to the next slider, arrow keys move it."),
            calibration=N_("A picture like the first belongs to the left end; a picture like the second to the right."),
            worst=QUALITY[0],
            best=N_("original"),
            names=(N_("The original"), N_("Version")),
        )

    def page(self, design: Design, shown: Sequence[Stimulus]) -> dict[str, Any]:
        """Return the letters of the versions."""
        letters = self.slider_names(len(shown) - self.first_slider)
        return {**super().page(design, shown), "letters": letters}

    def questions(self, design: Design, pictures: Mapping[Content, Sequence[Stimulus]]) -> dict[Content, list[Trial]]:
        """Return one trial for each content."""
        del design
        trials = {}
        for content, listed in pictures.items():
            reference = required_reference(content, listed, "mushra")
            trials[content] = [_page("trial", reference, [picture.name for picture in listed])]
        return trials

    def traps(self, design: Design, anchors: Sequence[Stimulus]) -> list[Trial]:
        """Return one page for each content of the anchors."""
        del design
        return _pages("trap", anchors)

    def practice(self, design: Design, calibration: Sequence[Stimulus]) -> list[Trial]:
        """Return one page for each content of the calibration pictures."""
        return [self.mirrored(design, trial, turn) for turn, trial in enumerate(_pages("practice", calibration))]

    def mirrored(self, design: Design, trial: Trial, turn: int) -> Trial:
        """Put the versions into an order of this turn."""
        versions = trial.pictures[self.first_slider :]
        order = np.random.default_rng((design.seed, 8, turn)).permutation(len(versions))
        return _page(trial.kind, trial.first, [versions[i] for i in order])

    def rated(self, trial: Trial, stimuli: Mapping[str, Stimulus]) -> tuple[str, ...]:
        """Return all versions."""
        del stimuli
        return trial.pictures[self.first_slider :]

    def scores(self, stimuli: Mapping[str, Stimulus], response: Response) -> list[tuple[str, float]]:
        """Return every version with its number."""
        del stimuli
        versions = response.pictures[self.first_slider :]
        return list(zip(versions, map(float, response.value.split()), strict=True))

    def parts(self, design: Design, stimuli: Mapping[str, Stimulus], response: Response) -> tuple[Part, ...]:
        """Return the open original, and every version with its number, by its letter."""
        del design, stimuli
        versions = response.pictures[self.first_slider :]
        numbers = response.value.split() or [""] * len(versions)
        names = self.slider_names(len(versions))
        return Part("reference", response.first, ""), *map(Part, names, versions, numbers)


def _page(kind: Any, reference: str, versions: Sequence[str]) -> Trial:
    return replace(Trial(kind, reference), second=versions[0], others=tuple(versions[1:]))


def _pages(kind: Any, pictures: Sequence[Stimulus]) -> list[Trial]:
    by_content = groupby(sorted(pictures, key=lambda s: s.content), key=lambda s: s.content)
    trials = []
    for _, listed in by_content:
        versions = list(listed)
        reference = next(s.name for s in versions if s.model == REFERENCE)
        trials.append(_page(kind, reference, [s.name for s in versions]))
    return trials


METHOD = ManyVersions()
