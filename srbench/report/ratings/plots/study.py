"""All plots of a study that its data allows."""

from srbench.ratings.analysis import Analysis
from srbench.ratings.pair_study import PairAnalysis
from srbench.report.ratings.plots import distributions, metrics, pairs, raters, scores
from srbench.report.table import Plot


def plots(study: Analysis | PairAnalysis) -> list[Plot]:
    """Draw what the data allows, in the order of a report; the same input gives the same bytes."""
    if isinstance(study, PairAnalysis):
        drawn = [draw(study) for draw in (pairs.scores, pairs.wins, pairs.agreement)]
    else:
        drawn = [draw(study) for draw in _OF_A_SCALE]
    return [plot for plot in drawn if plot is not None]


_OF_A_SCALE = (
    distributions.by_model,
    distributions.by_stimulus,
    distributions.ranks,
    scores.models,
    scores.stimuli,
    scores.relative,
    metrics.metrics,
    raters.consistency,
    raters.agreement,
    raters.effects,
)
