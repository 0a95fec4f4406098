"""Answers to triplets as the analysis reads them."""

from collections.abc import Mapping

from srbench.ratings.triplets import ORIGINAL, Form, TripletAnswer
from srbench.ratings.votes import Stimulus
from srbench.survey.plan.boost import is_boosted, plain_name
from srbench.survey.plan.design import content_label
from srbench.survey.responses import Response


def answer(stimuli: Mapping[str, Stimulus], response: Response) -> TripletAnswer:
    """Return what a rater said of two pictures and their original, plain or boosted."""
    left, right = (stimuli[plain_name(name)] for name in (response.first, response.second))
    return TripletAnswer(
        content=content_label(left),
        rater=response.rater,
        left=_model(left),
        right=_model(right),
        answer=response.value,  # type: ignore[arg-type]
        form=form(response),
        kind=response.kind,
    )


def form(response: Response) -> Form:
    """Return the form in which a rater saw a trial: boosted where one of its pictures was."""
    return "boosted" if any(map(is_boosted, response.pictures)) else "plain"


def _model(stimulus: Stimulus) -> str:
    return ORIGINAL if stimulus.reference else stimulus.model
