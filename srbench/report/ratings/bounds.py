"""The bounds of what intervals of models are about: none reaches where no mean can be."""

import math

from srbench.ratings import mos
from srbench.ratings.analysis import Analysis

Ends = tuple[float, float]


def of_means(study: Analysis) -> Ends:
    """Return what no mean of a model can pass: the ends of the scale.

    Returns:
        Infinite bounds for scores relative to references, without raters' biases, and by maximum likelihood, which pass
        the ends.
    """
    votes, scale = study.votes, study.scores.scale
    inside = votes is None or (study.options.estimator == "mos" and mos.within(votes))
    if study.options.relative == "none" and inside:
        return scale.low, scale.high
    return -math.inf, math.inf


def of_differences(study: Analysis) -> Ends:
    """Return what no difference of two means can pass: the length of the scale."""
    low, high = of_means(study)
    return low - high, high - low


def said(study: Analysis) -> str:
    """Say whether intervals of models and of their differences are cut."""
    if math.isfinite(of_means(study)[0]):
        return "Intervals are cut at the ends of the scale, which no mean can pass."
    return "Intervals may pass the ends of the scale."
