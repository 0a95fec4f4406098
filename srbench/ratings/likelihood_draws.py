"""Maximum likelihood fitted anew to raters drawn with replacement: intervals for raters like those who voted."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from srbench.core.progress import NO_PROGRESS, Progress
from srbench.ratings.likelihood import FLOOR, Estimate, vote_tables
from srbench.ratings.votes import Votes
from srbench.stats.arrays import Floats
from srbench.stats.student import t_quantile

_BATCH = 250


@dataclass(frozen=True, eq=False)
class LikelihoodDraws:
    """True scores by maximum likelihood for drawn raters.

    Attributes:
        scores: True scores in each draw, NaN where none of the raters drawn has rated it, `(stimuli, draws)`.
        table: Votes with their noise scaled by the weight that they have in the true score over that in a plain mean,
            NaN where there is none, `(stimuli, raters)`.
    """

    scores: Floats
    table: Floats

    def half_widths(self) -> Floats:
        """Return half of each true score's 95 % interval, `(stimuli,)`; NaN for a single rater.

        Student's t with the draws' standard deviation. Drawing among n raters shrinks the variance by (n - 1) / n,
        which is taken off again; degrees of freedom are n - 1, n the raters of the stimulus.
        """
        n = (~np.isnan(self.table)).sum(axis=1)
        half = np.full(len(n), np.nan)
        several = n > 1
        reach = stats.t.ppf(0.975, n[several] - 1) * np.sqrt(n[several] / (n[several] - 1))
        half[several] = reach * _std(self.scores[several])
        return half

    def half_of_mean(self, members: list[int]) -> float | None:
        """Return half of the 95 % interval of the mean of these true scores, over raters; None for a single rater."""
        raters = int((~np.isnan(self.table[members])).any(axis=0).sum())
        if raters < 2:
            return None
        scores = self.scores[members]
        with np.errstate(invalid="ignore"):
            means = np.nansum(scores, axis=0) / (~np.isnan(scores)).sum(axis=0)
        return t_quantile(raters - 1) * float(_std(means[None])[0] * np.sqrt(raters / (raters - 1)))


def draw_raters(
    votes: Votes, estimate: Estimate, resamples: int = 2_000, seed: int = 0, progress: Progress = NO_PROGRESS
) -> LikelihoodDraws:
    """Fit anew to raters drawn with replacement; a rater drawn twice counts twice.

    Each draw takes two of the sweeps of `likelihood.estimate` from its solution, so that inconsistencies are estimated
    anew once. More of them let the fit collapse onto a rater drawn several times: of 24 raters in a fifth of the draws.
    The mean bias of the raters drawn is 0, so that true scores move with the biases of who is drawn.

    Args:
        votes: Votes behind the estimate.
        estimate: A usable estimate.
        resamples: Number of draws, 2 or more.
        seed: Seed of the draws.
        progress: Shows a task with a step for each draw.

    Source:
        Efron and Tibshirani, An introduction to the bootstrap, 1993, chapters 6 and 12. In simulated studies of 12 to
        50 raters such intervals hold the truth in 94 to 96 of 100.
    """
    seen, rest, squares = vote_tables(votes, estimate)
    generator = np.random.default_rng(seed)
    raters = len(estimate.raters)
    floor = FLOOR * (votes.scale.high - votes.scale.low)
    moved = np.empty((len(seen), resamples))
    with progress.task("drawing raters", resamples) as task:
        for start in range(0, resamples, _BATCH):
            size = min(_BATCH, resamples - start)
            times = generator.multinomial(raters, np.full(raters, 1 / raters), size=size).T.astype(np.float64)
            moved[:, start : start + size] = _refit(seen, rest, squares, times, estimate, floor)
            task.advance(size)
    weight = seen / estimate.inconsistency**2
    share = weight / weight.sum(axis=1, keepdims=True) * (seen > 0).sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        table = estimate.scores.mean[:, None] + estimate.bias + rest / seen * share
    return LikelihoodDraws(estimate.scores.mean[:, None] + moved, table)


def _refit(seen: Floats, rest: Floats, squares: Floats, times: Floats, estimate: Estimate, floor: float) -> Floats:
    """Return how far two sweeps move the true scores, `(stimuli, draws)`, for raters drawn that many times.

    Votes are sums for each stimulus and rater, less true score and bias.
    """
    n = seen.sum(axis=0)[:, None]
    first = _scores(seen, rest, times / estimate.inconsistency[:, None] ** 2, np.zeros_like(times))
    moved = np.nan_to_num(first)
    bias = (rest.sum(axis=0)[:, None] - seen.T @ moved) / n
    around = (squares[:, None] - 2 * rest.T @ moved + seen.T @ moved**2) / n - bias**2
    moved = _scores(seen, rest, times / np.maximum(around, floor**2), bias)
    bias = estimate.bias[:, None] + (rest.sum(axis=0)[:, None] - seen.T @ np.nan_to_num(moved)) / n
    return np.asarray(moved + (times * bias).sum(axis=0) / times.sum(axis=0))


def _scores(seen: Floats, rest: Floats, weight: Floats, bias: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((rest @ weight - seen @ (weight * bias)) / (seen @ weight))


def _std(drawn: Floats) -> Floats:
    """Return the standard deviation, ddof 1, of the known values of each row."""
    known = (~np.isnan(drawn)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        rest = drawn - np.nansum(drawn, axis=1, keepdims=True) / known[:, None]
        return np.asarray(np.sqrt(np.nansum(rest**2, axis=1) / (known - 1)))
