"""All figures of a study that its data allows."""

from srbench.ratings.analysis import Analysis
from srbench.ratings.pair_study import PairAnalysis
from srbench.report.ratings import plots_columns, plots_metrics, plots_pairs, plots_raters, plots_scores
from srbench.report.ratings.plots_canvas import Figure

__all__ = ["Figure", "figures"]


def figures(made: Analysis | PairAnalysis) -> list[Figure]:
    """Draw what the data allows, in the order of a report; the same input gives the same bytes."""
    if isinstance(made, PairAnalysis):
        drawn = [make(made) for make in (plots_pairs.scores, plots_pairs.wins, plots_pairs.agreement)]
    else:
        drawn = [
            make(made)
            for make in (
                plots_columns.by_model,
                plots_columns.by_stimulus,
                plots_columns.ranks,
                plots_scores.models,
                plots_scores.stimuli,
                plots_scores.relative,
                plots_metrics.metrics,
                plots_raters.consistency,
                plots_raters.agreement,
                plots_raters.effects,
            )
        ]
    return [figure for figure in drawn if figure is not None]
