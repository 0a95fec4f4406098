"""True scores, rater bias and rater inconsistency by maximum likelihood (ITU-T P.910, Annex E)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from srbench.ratings.votes import StimulusScores, Votes
from srbench.stats.arrays import Floats
from srbench.stats.student import Z95

FEWEST_VOTES = 3
"""Votes below which a rater has no bias and no inconsistency."""
_STOP, _MOST = 1e-8, 1_000
FLOOR = 1e-3
"""Smallest inconsistency of a rater, in units of the scale's length: at 0 the likelihood has no maximum."""

Spread = Literal["stimulus", "rater"]


@dataclass(frozen=True, eq=False)
class Estimate:
    """True scores, and biases and inconsistencies of raters, by maximum likelihood.

    Attributes:
        scores: True scores; `half` is 1.96 standard errors, or that of an interval for raters like these.
        raters: Raters with enough votes, in the order of `bias` and `inconsistency`.
        bias: Mean amount by which each rater votes above the truth.
        inconsistency: Standard deviation of each rater's votes around truth + bias.
        iterations: Number of sweeps.
        converged: Whether the last sweep moved the scores by less than 1e-8.
        left_out: Raters with too few votes for a bias and an inconsistency.
        least_votes: Number of votes below which they are too few.
        exact: Raters whose votes the model meets exactly; their inconsistency is held at a floor.
        votes_of_exact: Number of votes of each of these.
        usual_votes: Median number of votes of a rater.
        votes_of_stimulus: Median number of votes of a stimulus.
        bias_ci95: 95 % interval of each bias, `(raters, 2)`; None where they were not computed.
        inconsistency_ci95: 95 % interval of each inconsistency, `(raters, 2)`; None where they were not computed.
    """

    scores: StimulusScores
    raters: tuple[str, ...]
    bias: Floats
    inconsistency: Floats
    iterations: int
    converged: bool
    left_out: tuple[str, ...]
    least_votes: int
    exact: tuple[str, ...]
    votes_of_exact: tuple[int, ...]
    usual_votes: float
    votes_of_stimulus: float
    bias_ci95: Floats | None = None
    inconsistency_ci95: Floats | None = None

    @property
    def usable(self) -> bool:
        """Whether the fit has converged, and follows no single rater."""
        return self.converged and not self.exact


def estimate(
    votes: Votes, spread: Spread = "stimulus", most: int = _MOST, least_votes: int = FEWEST_VOTES
) -> Estimate | None:
    """Alternate between raters' bias and inconsistency and the stimuli's true scores until nothing moves.

    Vote = true score + bias + inconsistency x noise. A constant could move between scores and biases: the mean bias of
    the raters is 0.

    Args:
        votes: Votes of any design; repeated votes count as votes.
        spread: Source of the standard errors: the votes' scatter at each stimulus, or the raters' inconsistencies.
        most: Number of sweeps after which the search ends unconverged.
        least_votes: Number of votes, 3 or more, below which a rater is left out.

    Returns:
        None where no rater has that many votes.

    Source:
        ITU-T P.910 (2022), Annex E; Li and Bampis, Recover subjective quality scores from noisy measurements, DCC 2017;
        Li, Bampis, Krasula et al., A simple model for subject behavior in subjective experiments, HVEI 2020.
    """
    counts = np.bincount(votes.rater, minlength=len(votes.raters))
    few = [name for name, count in zip(votes.raters, counts, strict=True) if 0 < count < least_votes]
    used = votes.without(few)
    if not len(used):
        return None
    stimulus, rater, score = used.stimulus, used.rater, used.score
    stimuli, raters = len(used.stimuli), len(used.raters)
    floor = FLOOR * (used.scale.high - used.scale.low)
    n = np.bincount(stimulus, minlength=stimuli)
    theirs = np.maximum(np.bincount(rater, minlength=raters), 1)
    truth: Floats = np.bincount(stimulus, score, stimuli) / np.maximum(n, 1)
    sweeps, moved = 0, np.inf
    while moved >= _STOP and sweeps < most:
        bias = np.bincount(rater, score - truth[stimulus], raters) / theirs
        rest = score - truth[stimulus] - bias[rater]
        centre = np.bincount(rater, rest, raters) / theirs
        wide = np.sqrt(np.bincount(rater, (rest - centre[rater]) ** 2, raters) / theirs)
        inconsistency = np.maximum(wide, floor)
        weight: Floats = 1 / inconsistency[rater] ** 2
        total = np.asarray(np.bincount(stimulus, weight, stimuli), dtype=np.float64)
        new = np.bincount(stimulus, weight * (score - bias[rater]), stimuli) / np.where(total > 0, total, 1)
        moved = float(np.sqrt(((new - truth) ** 2).sum()))
        truth = new
        sweeps += 1
    enough = [i for i in range(raters) if counts[i] >= least_votes]
    shift = bias[enough].mean()
    truth, bias = truth + shift, bias - shift
    error = _error(used, truth, bias, weight, total, spread)
    rest = score - bias[rater] - truth[stimulus]
    std = np.sqrt(np.bincount(stimulus, rest**2, stimuli) / np.maximum(n - 1, 1))
    std[n < 2] = np.nan
    scores = StimulusScores(used.stimuli, truth, std, n, Z95 * error, used.scale)
    return Estimate(
        scores=scores.keep([i for i in range(stimuli) if n[i]]),
        raters=tuple(used.raters[i] for i in enough),
        bias=bias[enough],
        inconsistency=inconsistency[enough],
        iterations=sweeps,
        converged=moved < _STOP,
        left_out=tuple(few),
        least_votes=least_votes,
        exact=tuple(used.raters[i] for i in enough if wide[i] < floor),
        votes_of_exact=tuple(int(counts[i]) for i in enough if wide[i] < floor),
        usual_votes=float(np.median(counts[enough])),
        votes_of_stimulus=float(np.median(n[n > 0])),
    )


def vote_tables(votes: Votes, estimate: Estimate) -> tuple[Floats, Floats, Floats]:
    """Arrange what an estimate leaves of the votes: vote - true score - bias.

    Args:
        votes: Votes behind the estimate.
        estimate: Estimate, whose stimuli and raters are the rows and columns.

    Returns:
        Number of votes and sum of what is left, each `(stimuli, raters)`; each rater's sum of squares, `(raters,)`.
    """
    place = estimate.scores.by_name()
    number = {name: i for i, name in enumerate(estimate.raters)}
    stimulus = np.array([place.get(s.name, -1) for s in votes.stimuli], dtype=np.int64)[votes.stimulus]
    rater = np.array([number.get(name, -1) for name in votes.raters], dtype=np.int64)[votes.rater]
    used = rater >= 0
    stimulus, rater, score = stimulus[used], rater[used], votes.score[used]
    rest = score - estimate.scores.mean[stimulus] - estimate.bias[rater]
    seen, sums = np.zeros((len(place), len(number))), np.zeros((len(place), len(number)))
    np.add.at(seen, (stimulus, rater), 1)
    np.add.at(sums, (stimulus, rater), rest)
    return seen, sums, np.asarray(np.bincount(rater, rest**2, len(number)), dtype=np.float64)


def _error(votes: Votes, truth: Floats, bias: Floats, weight: Floats, total: Floats, spread: Spread) -> Floats:
    """Return the standard error of each true score."""
    safe = np.where(total > 0, total, 1)
    if spread == "rater":
        return 1 / np.sqrt(safe)
    rest = votes.score - bias[votes.rater] - truth[votes.stimulus]
    n = np.maximum(np.bincount(votes.stimulus, minlength=len(truth)), 1)
    mean = np.bincount(votes.stimulus, rest, len(truth)) / n
    scatter = np.bincount(votes.stimulus, (rest - mean[votes.stimulus]) ** 2, len(truth)) / n
    return np.sqrt(scatter / n)
