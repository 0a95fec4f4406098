"""Which pair to ask next: the one with the largest expected information.

Scores are held as a normal posterior of Thurstone's case V, which every answer updates in closed form; so the next pair
is known at once, for any number of models. A rater's session is chosen when it begins, from all answers so far.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import special

from srbench.ratings.votes import PairAnswer, Stimulus
from srbench.stats.arrays import Floats
from srbench.survey.design import Content, Trial

_PRIOR_VARIANCE = 4.0
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(21)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(frozen=True, eq=False)
class ScorePosterior:
    """Normal posterior distribution of the models' scores.

    Attributes:
        models: Ids of the models.
        mean: Mean of each score, in standard deviations of a difference, `(models,)`.
        covariance: Covariance of the scores, `(models, models)`.
    """

    models: tuple[str, ...]
    mean: Floats
    covariance: Floats


def prior(models: Sequence[str]) -> ScorePosterior:
    """Return the distribution before any answer: independent scores with a variance of 4."""
    return ScorePosterior(tuple(models), np.zeros(len(models)), _PRIOR_VARIANCE * np.eye(len(models)))


def update(posterior: ScorePosterior, answer: PairAnswer) -> ScorePosterior:
    """Return the posterior after an answer, by moment matching; a tie moves both scores together.

    Source:
        Assumed-density filtering of a probit: Minka, A family of algorithms for approximate Bayesian inference, 2001,
        section 3; for a tie the answer is taken as a measured difference of 0 with a variance of 1.
    """
    contrast = _contrast(posterior, answer.winner, answer.loser)
    lever = posterior.covariance @ contrast
    spread = float(1 + contrast @ lever)
    gap = float(contrast @ posterior.mean)
    if answer.tie:
        gain, shrink = -gap / spread, 1 / spread
    else:
        z = gap / float(np.sqrt(spread))
        ratio = _inverse_mills_ratio(z)
        gain, shrink = ratio / float(np.sqrt(spread)), ratio * (ratio + z) / spread
    mean = posterior.mean + lever * gain
    return ScorePosterior(posterior.models, mean, posterior.covariance - shrink * np.outer(lever, lever))


def anticipate(posterior: ScorePosterior, first: str, second: str) -> ScorePosterior:
    """Return the expected posterior after this pair is answered, either way: the mean stays, the covariance shrinks.

    So a whole session can be chosen at once, each question taking account of those before it.
    """
    contrast = _contrast(posterior, first, second)
    lever = posterior.covariance @ contrast
    spread = float(1 + contrast @ lever)
    z = float(contrast @ posterior.mean) / np.sqrt(spread)
    # Either answer has its own probability, and each shrinks the covariance by its own amount.
    shrink = (
        sum(_probability(side) * _inverse_mills_ratio(side) * (_inverse_mills_ratio(side) + side) for side in (z, -z))
        / spread
    )
    return ScorePosterior(posterior.models, posterior.mean, posterior.covariance - shrink * np.outer(lever, lever))


def _contrast(posterior: ScorePosterior, first: str, second: str) -> Floats:
    contrast = np.zeros(len(posterior.models))
    contrast[posterior.models.index(first)] += 1
    contrast[posterior.models.index(second)] -= 1
    return contrast


def _probability(z: float) -> float:
    return float(special.ndtr(z))


def _inverse_mills_ratio(z: float) -> float:
    """Density divided by distribution function of a standard normal; by logarithms, for both vanish far out."""
    return float(np.exp(-z * z / 2 - special.log_ndtr(z)) / np.sqrt(2 * np.pi))


def information(posterior: ScorePosterior, pairs: Sequence[tuple[str, str]]) -> Floats:
    """Return the expected information about the scores of an answer on each of these pairs, in bits, `(pairs,)`.

    The entropy of the answer less the entropy it would have if the scores were known.

    Source:
        Lindley, On a measure of the information provided by an experiment, Annals of Mathematical Statistics 27, 1956;
        Houlsby et al., Bayesian active learning for classification and preference learning, 2011, equation 3.
    """
    i, j = np.array([[posterior.models.index(name) for name in pair] for pair in pairs]).T
    gap = posterior.mean[i] - posterior.mean[j]
    variance = np.diag(posterior.covariance)
    deviation = np.sqrt(np.maximum(variance[i] + variance[j] - 2 * posterior.covariance[i, j], 0))
    known = _entropy_bits(special.ndtr(gap[:, None] + deviation[:, None] * _NODES)) @ _WEIGHTS
    return _entropy_bits(special.ndtr(gap / np.sqrt(1 + deviation**2))) - known


def _entropy_bits(probability: Floats) -> Floats:
    """Entropy in bits of an answer with this probability."""
    p = np.clip(probability, 1e-12, 1 - 1e-12)
    return np.asarray(-p * np.log2(p) - (1 - p) * np.log2(1 - p))


def next_pair(
    posterior: ScorePosterior, asked: Sequence[frozenset[str]] = (), seed: Sequence[int] | int = 0
) -> tuple[str, str]:
    """Return the pair with the largest expected information, among those that were asked least.

    Args:
        posterior: Scores after the answers so far.
        asked: Pairs that this rater has answered on this content; each is asked once before any comes again.
        seed: Seed of the draw among equally good pairs, and of which picture is first.
    """
    pairs = list(combinations(sorted(posterior.models), 2))
    counts = [asked.count(frozenset(pair)) for pair in pairs]
    open_pairs = [pair for pair, count in zip(pairs, counts, strict=True) if count == min(counts)]
    gains = information(posterior, open_pairs)
    best = np.flatnonzero(gains >= gains.max() - 1e-9)
    generator = np.random.default_rng(seed)
    first, second = open_pairs[int(generator.choice(best))]
    return (first, second) if generator.integers(2) else (second, first)


def adaptive_choice(
    seed: int, pictures: Mapping[Content, Sequence[Stimulus]], rater: int, known: ScorePosterior | None
) -> Callable[[Content, int], Trial]:
    """Return a function that chooses the trials of a session one by one, each by what those before it will tell.

    Args:
        seed: Seed of the study.
        pictures: Pictures of each content, one of each model.
        rater: Number of the session, from 0.
        known: Scores after the answers so far; the prior where it is None.
    """
    names = {content: {picture.model: picture.name for picture in listed} for content, listed in pictures.items()}
    turns = {content: i for i, content in enumerate(pictures)}
    posterior = known or prior(list(next(iter(names.values()))))
    asked: dict[Content, list[frozenset[str]]] = {content: [] for content in pictures}

    def choose(content: Content, number: int) -> Trial:
        nonlocal posterior
        first, second = next_pair(posterior, asked[content], (seed, 5, rater, number, turns[content]))
        posterior = anticipate(posterior, first, second)
        asked[content].append(frozenset((first, second)))
        return Trial("trial", names[content][first], names[content][second])

    return choose
