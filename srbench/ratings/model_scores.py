"""Means of models and draws over raters and images, by the chosen estimator."""

from dataclasses import dataclass, replace

from srbench.core.progress import NO_PROGRESS, Progress
from srbench.ratings import likelihood, mos
from srbench.ratings.chosen_scores import VotesAndScores
from srbench.ratings.likelihood_draws import LikelihoodDraws, draw_raters
from srbench.ratings.model_differences import draw_images, draw_raters_and_images
from srbench.ratings.options import Options
from srbench.ratings.rater_intervals import rater_intervals
from srbench.ratings.votes import Votes
from srbench.stats.two_way import TwoWayDraws


@dataclass(frozen=True, eq=False)
class Likelihood:
    """Maximum likelihood of votes, with intervals for raters like these.

    Attributes:
        estimate: The estimate; None where no rater has enough votes.
        draws: Draws behind the intervals of true scores; None where there are none.
    """

    estimate: likelihood.Estimate | None
    draws: LikelihoodDraws | None = None


def fit_likelihood(votes: Votes, options: Options, progress: Progress = NO_PROGRESS) -> Likelihood:
    """Fit true scores, biases and inconsistencies, and draw raters for the intervals.

    Args:
        votes: Votes, repeated ones treated.
        options: Options of the analyst. With fewer than 2 resamples the scores' intervals are 1.96 standard errors.
        progress: Shows a task with a step for each draw of the bootstrap.
    """
    found = likelihood.estimate(votes, least_votes=options.least_votes)
    if found is None or not found.usable:
        return Likelihood(found)
    bias, inconsistency = rater_intervals(votes, found)
    found = replace(found, bias_ci95=bias, inconsistency_ci95=inconsistency)
    if options.resamples < 2:
        return Likelihood(found)
    draws = draw_raters(votes, found, options.resamples, options.seed, progress)
    return Likelihood(replace(found, scores=replace(found.scores, half=draws.half_widths())), draws)


def draw(
    compared: VotesAndScores, fitted: Likelihood, options: Options, progress: Progress = NO_PROGRESS
) -> TwoWayDraws | None:
    """Draw raters and images; None without models or resamples.

    Args:
        compared: Scores by which models are compared, with the votes behind them.
        fitted: Maximum likelihood of these votes.
        options: Options of the analyst.
        progress: Shows a task with a step for each draw.
    """
    if not any(s.model for s in compared.scores.stimuli) or not options.resamples:
        return None
    if options.estimator == "mos":
        return draw_raters_and_images(compared.votes, compared.scores, options.resamples, options.seed, progress)
    return draw_images(fitted.draws.scores, fitted.draws.table, compared.scores, options.seed) if fitted.draws else None


def model_means(
    compared: VotesAndScores, fitted: Likelihood, options: Options, draws: TwoWayDraws | None
) -> list[mos.ModelMean]:
    """Compute means of models; their intervals are of the votes, which may still hold the raters' biases.

    Args:
        compared: Scores by which models are compared, with the votes behind them.
        fitted: Maximum likelihood of these votes.
        options: Options of the analyst.
        draws: Draws of raters and images.
    """
    means = mos.model_means(compared.scores, compared.votes if options.estimator == "mos" else None)
    members = mos.stimuli_by_model(compared.scores.stimuli)
    if options.estimator != "mos" and fitted.draws:
        means = [replace(m, half=fitted.draws.half_of_mean(members[m.model, m.dataset])) for m in means]
    if draws is None:
        return means
    step = compared.scores.scale.step
    both = [draws.interval(m.mean, members[m.model, m.dataset], step=step, least=m.half or 0.0) for m in means]
    return [replace(m, ci95_raters_images=interval) for m, interval in zip(means, both, strict=True)]
