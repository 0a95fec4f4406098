"""Answers to triplets as the analysis reads them."""

from collections.abc import Mapping

from srbench.ratings.triplets import ORIGINAL, TripletAnswer
from srbench.ratings.votes import Stimulus
from srbench.survey.plan.design import content_label
from srbench.survey.responses import Response


def answer(stimuli: Mapping[str, Stimulus], response: Response) -> TripletAnswer:
    """Return what a rater said of two pictures and their original."""
    left, right = stimuli[response.first], stimuli[response.second]
    return TripletAnswer(
        content=content_label(left),
        rater=response.rater,
        left=_model(left),
        right=_model(right),
        answer=response.value,  # type: ignore[arg-type]
        kind=response.kind,
    )


def _model(stimulus: Stimulus) -> str:
    return ORIGINAL if stimulus.reference else stimulus.model
