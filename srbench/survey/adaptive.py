"""Which pair to ask next: the one whose answer is expected to tell most.

Scores are held as a normal posterior of Thurstone's case V, which every answer updates in closed form; so the next pair
is known at once, after every answer, for any number of models.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import stats

from srbench.opinion.votes import Comparison, Floats

_PRIOR_VARIANCE = 4.0


@dataclass(frozen=True, eq=False)
class Belief:
    """What is known of the models' scores.

    Attributes:
        models: Names.
        mean: Of each score, in standard deviations of a difference, `(models,)`.
        covariance: Of the scores, `(models, models)`.
    """

    models: tuple[str, ...]
    mean: Floats
    covariance: Floats


def prior(models: Sequence[str]) -> Belief:
    """Nothing is known: independent scores with a variance of 4."""
    return Belief(tuple(models), np.zeros(len(models)), _PRIOR_VARIANCE * np.eye(len(models)))


def update(belief: Belief, answer: Comparison) -> Belief:
    """Learn from an answer, by matching the moments of the posterior; a tie moves both scores together.

    Source:
        Assumed-density filtering of a probit: Minka, A family of algorithms for approximate Bayesian inference, 2001,
        section 3; for a tie the answer is taken as a measured difference of 0 with a variance of 1.
    """
    contrast = np.zeros(len(belief.models))
    contrast[belief.models.index(answer.winner)] += 1
    contrast[belief.models.index(answer.loser)] -= 1
    lever = belief.covariance @ contrast
    spread = float(1 + contrast @ lever)
    gap = float(contrast @ belief.mean)
    if answer.tie:
        gain, shrink = -gap / spread, 1 / spread
    else:
        z = gap / np.sqrt(spread)
        ratio = float(np.exp(stats.norm.logpdf(z) - stats.norm.logcdf(z)))
        gain, shrink = ratio / np.sqrt(spread), ratio * (ratio + z) / spread
    mean = belief.mean + lever * gain
    return Belief(belief.models, mean, belief.covariance - shrink * np.outer(lever, lever))


def information(belief: Belief, first: str, second: str) -> float:
    """Bits that an answer on this pair is expected to give about the scores.

    The entropy of the answer less the entropy it would have if the scores were known.

    Source:
        Lindley, On a measure of the information provided by an experiment, Annals of Mathematical Statistics 27, 1956;
        Houlsby et al., Bayesian active learning for classification and preference learning, 2011, equation 3.
    """
    i, j = belief.models.index(first), belief.models.index(second)
    gap = belief.mean[i] - belief.mean[j]
    variance = belief.covariance[i, i] + belief.covariance[j, j] - 2 * belief.covariance[i, j]
    nodes, weights = np.polynomial.hermite_e.hermegauss(21)
    known = float((weights * _bits(stats.norm.cdf(gap + np.sqrt(variance) * nodes))).sum() / weights.sum())
    return float(_bits(stats.norm.cdf(gap / np.sqrt(1 + variance)))) - known


def _bits(chance: Floats | float) -> Floats:
    """Entropy of an answer that comes with this chance."""
    p = np.clip(chance, 1e-12, 1 - 1e-12)
    return np.asarray(-p * np.log2(p) - (1 - p) * np.log2(1 - p))


def next_pair(belief: Belief, asked: Sequence[frozenset[str]] = (), seed: int = 0) -> tuple[str, str]:
    """The pair that is expected to tell most, among those that were asked least.

    Args:
        belief: After the answers so far.
        asked: Pairs that this rater has answered on this content; each is asked once before any comes again.
        seed: Draws among equally good ones, and which of the two is first.
    """
    pairs = [frozenset(pair) for pair in combinations(belief.models, 2)]
    counts = {pair: list(asked).count(pair) for pair in pairs}
    least = min(counts.values())
    open_pairs = [pair for pair in pairs if counts[pair] == least]
    gains = [information(belief, *sorted(pair)) for pair in open_pairs]
    best = [pair for pair, gain in zip(open_pairs, gains, strict=True) if gain >= max(gains) - 1e-9]
    generator = np.random.default_rng(seed)
    chosen = sorted(best[int(generator.integers(len(best)))])
    return (chosen[0], chosen[1]) if generator.integers(2) else (chosen[1], chosen[0])
