"""Which pair to ask next: the one whose answer is expected to tell most.

Scores are held as a normal posterior of Thurstone's case V, which every answer updates in closed form; so the next pair
is known at once, for any number of models. A rater's session is chosen when it begins, from all answers so far.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import special

from srbench.ratings.votes import PairAnswer
from srbench.stats.arrays import Floats

_PRIOR_VARIANCE = 4.0
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(21)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


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


def update(belief: Belief, answer: PairAnswer) -> Belief:
    """Learn from an answer, by matching the moments of the posterior; a tie moves both scores together.

    Source:
        Assumed-density filtering of a probit: Minka, A family of algorithms for approximate Bayesian inference, 2001,
        section 3; for a tie the answer is taken as a measured difference of 0 with a variance of 1.
    """
    contrast = _contrast(belief, answer.winner, answer.loser)
    lever = belief.covariance @ contrast
    spread = float(1 + contrast @ lever)
    gap = float(contrast @ belief.mean)
    if answer.tie:
        gain, shrink = -gap / spread, 1 / spread
    else:
        z = gap / float(np.sqrt(spread))
        ratio = _ratio(z)
        gain, shrink = ratio / float(np.sqrt(spread)), ratio * (ratio + z) / spread
    mean = belief.mean + lever * gain
    return Belief(belief.models, mean, belief.covariance - shrink * np.outer(lever, lever))


def anticipate(belief: Belief, first: str, second: str) -> Belief:
    """What will be known when this pair has been answered, whichever way: the mean stays, the scatter shrinks.

    So a whole session can be chosen at once, each question knowing those before it.
    """
    contrast = _contrast(belief, first, second)
    lever = belief.covariance @ contrast
    spread = float(1 + contrast @ lever)
    z = float(contrast @ belief.mean) / np.sqrt(spread)
    # Either answer comes with its own chance, and each shrinks the scatter by its own amount.
    shrink = sum(_chance(side) * _ratio(side) * (_ratio(side) + side) for side in (z, -z)) / spread
    return Belief(belief.models, belief.mean, belief.covariance - shrink * np.outer(lever, lever))


def _contrast(belief: Belief, first: str, second: str) -> Floats:
    contrast = np.zeros(len(belief.models))
    contrast[belief.models.index(first)] += 1
    contrast[belief.models.index(second)] -= 1
    return contrast


def _chance(z: float) -> float:
    return float(special.ndtr(z))


def _ratio(z: float) -> float:
    """Density over chance of a standard normal; by logarithms, for both vanish far out."""
    return float(np.exp(-z * z / 2 - special.log_ndtr(z)) / np.sqrt(2 * np.pi))


def information(belief: Belief, pairs: Sequence[tuple[str, str]]) -> Floats:
    """Bits that an answer on each of these pairs is expected to give about the scores, `(pairs,)`.

    The entropy of the answer less the entropy it would have if the scores were known.

    Source:
        Lindley, On a measure of the information provided by an experiment, Annals of Mathematical Statistics 27, 1956;
        Houlsby et al., Bayesian active learning for classification and preference learning, 2011, equation 3.
    """
    i, j = np.array([[belief.models.index(name) for name in pair] for pair in pairs]).T
    gap = belief.mean[i] - belief.mean[j]
    own = np.diag(belief.covariance)
    deviation = np.sqrt(np.maximum(own[i] + own[j] - 2 * belief.covariance[i, j], 0))
    known = _bits(special.ndtr(gap[:, None] + deviation[:, None] * _NODES)) @ _WEIGHTS
    return _bits(special.ndtr(gap / np.sqrt(1 + deviation**2))) - known


def _bits(chance: Floats) -> Floats:
    """Entropy of an answer that comes with this chance."""
    p = np.clip(chance, 1e-12, 1 - 1e-12)
    return np.asarray(-p * np.log2(p) - (1 - p) * np.log2(1 - p))


def next_pair(belief: Belief, asked: Sequence[frozenset[str]] = (), seed: Sequence[int] | int = 0) -> tuple[str, str]:
    """The pair that is expected to tell most, among those that were asked least.

    Args:
        belief: After the answers so far.
        asked: Pairs that this rater has answered on this content; each is asked once before any comes again.
        seed: Draws among equally good ones, and which of the two is first.
    """
    pairs = list(combinations(sorted(belief.models), 2))
    counts = [asked.count(frozenset(pair)) for pair in pairs]
    open_pairs = [pair for pair, count in zip(pairs, counts, strict=True) if count == min(counts)]
    gains = information(belief, open_pairs)
    best = np.flatnonzero(gains >= gains.max() - 1e-9)
    generator = np.random.default_rng(seed)
    first, second = open_pairs[int(generator.choice(best))]
    return (first, second) if generator.integers(2) else (second, first)
