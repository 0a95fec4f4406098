"""What a plan of boosted triplets shows: how much was clipped, and which questions exceed WCAG 2.3.1."""

from dataclasses import dataclass

import numpy as np

from srbench.survey.plan.boost import Boost, changes_per_second
from srbench.survey.plan.planning import by_content, practice
from srbench.survey.study import Study


@dataclass(frozen=True)
class Flicker:
    """Boosted pictures of a study, and the questions that they are shown in.

    Attributes:
        boost: How pictures are boosted.
        pictures: Number of boosted pictures; 0 where the study is not written.
        clipped_mean: Mean share of the pixels of a boosted picture that were clipped.
        clipped_most: Largest share.
        questions: Number of different questions, traps and practice among them.
        slowed: Number of those that flash more than WCAG 2.3.1 allows, so that they change more slowly.
    """

    boost: Boost
    pictures: int
    clipped_mean: float
    clipped_most: float
    questions: int
    slowed: int


def flicker(study: Study) -> Flicker | None:
    """Return what a plan shows; None for a method that boosts nothing."""
    method, design = study.method, study.design
    boost = method.boost(design)
    if boost is None:
        return None
    boosted = {picture.stimulus.name: picture for picture in study.pictures if picture.form == "boosted"}
    shares = [(p.clipped_px or 0) / (p.width_px * p.height_px) for p in boosted.values()] or [0.0]
    asked = [trial for of in method.questions(design, by_content(study.stimuli())).values() for trial in of]
    ends = [stimulus for stimulus in study.stimuli() if stimulus.expected is not None]
    asked += [*(method.traps(design, ends) if design.traps else ()), *practice(design, study.calibration())]
    slowed = 0
    for trial in method.shown_to(asked, {}):
        flashing_px = sum(boosted[name].flashing_px or 0 for name in trial.pictures if name in boosted)
        slowed += changes_per_second(boost, flashing_px) < boost.changes_per_second
    return Flicker(boost, len(boosted), float(np.mean(shares)), max(shares), len(asked), slowed)
