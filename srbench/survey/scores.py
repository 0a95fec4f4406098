"""What a study says while it runs or before: scores of models, and what screening would change."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ModelScore:
    """The score of a model from the answers so far.

    Attributes:
        name: Id of the model.
        score: Mean opinion score, or the Bradley-Terry score in log odds.
        half: Half of the 95 % interval over raters (pairs: raters and contents); None where it cannot be computed yet.
    """

    name: str
    score: float
    half: float | None


@dataclass(frozen=True)
class ScreeningOutcome:
    """Scores that a screening rule alone leads to.

    Attributes:
        name: Name of the rule; "none" for all raters.
        rejected: Ids of the raters whom it would reject.
        models: Scores without these raters, in the order of the models; None where nobody is left.
        reason: Why the rule cannot be used; empty where it can.
    """

    name: str
    rejected: tuple[str, ...]
    models: tuple[float | None, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class ExpectedWidths:
    """Widths of intervals that simulated panels lead to.

    Attributes:
        stimulus: Half of the 95 % interval of a picture's score; None where there is none.
        model: Half of the 95 % interval of a model's score; None where so few raters do not allow one.
        panels: Number of simulated panels.
        difference_error: Standard error of the difference of two models in them; None where it was not simulated.
        difference_df: Degrees of freedom of its t test.
    """

    stimulus: float | None
    model: float | None
    panels: int
    difference_error: float | None = None
    difference_df: int | None = None


def scores_in_order(models: Sequence[ModelScore], others: Sequence[ModelScore]) -> tuple[float | None, ...]:
    """Return the scores of `others` in the order of `models`; None where a model is missing."""
    scores = {model.name: model.score for model in others}
    return tuple(scores.get(model.name) for model in models)


def finite_mean(values: Sequence[float | None]) -> float | None:
    """Return the mean of the finite values; None where there are none."""
    finite = [value for value in values if value is not None and np.isfinite(value)]
    return float(np.mean(finite)) if finite else None
