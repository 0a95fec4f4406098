"""Which pairs to ask next: batches that are spanning trees of the models, chosen by their expected information.

Scores are held as a normal posterior of Thurstone's case V. A batch is chosen when a rater comes to it, from all
answers so far of everybody: a tree reaches every model, so raters who answer at the same time cannot all be sent to one
pair.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from srbench.core.deferred import deferred
from srbench.ratings.votes import PairAnswer, Stimulus
from srbench.stats.arrays import Floats
from srbench.survey.plan.design import Content, Trial

if TYPE_CHECKING:
    from scipy.sparse import csgraph
else:
    csgraph = deferred("scipy.sparse.csgraph")

_PRIOR_VARIANCE = 4.0
_STEPS = 50
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


def posterior(models: Sequence[str], answers: Sequence[PairAnswer]) -> ScorePosterior:
    """Return the distribution after these answers, in whatever order they came; a tie is half a win each way.

    Args:
        models: Ids of all models.
        answers: Answers on any contents.

    Source:
        Laplace's approximation of a probit: the most probable scores, and the inverse of the curvature there.
    """
    index = {model: i for i, model in enumerate(models)}
    wins = np.zeros((len(index), len(index)))
    for answer in answers:
        i, j = index[answer.winner], index[answer.loser]
        wins[i, j] += 0.5 if answer.tie else 1.0
        wins[j, i] += 0.5 if answer.tie else 0.0
    mean = np.zeros(len(index))
    for _ in range(_STEPS):
        gradient, curvature = _slopes(wins, mean)
        step = np.linalg.solve(curvature, gradient)
        mean = np.asarray(mean + step)
        if np.abs(step).max() < 1e-9:
            break
    return ScorePosterior(tuple(models), mean, np.asarray(np.linalg.inv(_slopes(wins, mean)[1])))


def _slopes(wins: Floats, mean: Floats) -> tuple[Floats, Floats]:
    """Gradient of the log of the posterior density, and minus its second derivatives."""
    gap = mean[:, None] - mean[None, :]
    ratio = np.exp(-gap * gap / 2 - special.log_ndtr(gap)) / np.sqrt(2 * np.pi)
    push, stiffness = wins * ratio, wins * ratio * (ratio + gap)
    between = stiffness + stiffness.T
    curvature = np.diag(between.sum(axis=1)) - between + np.eye(len(mean)) / _PRIOR_VARIANCE
    return np.asarray(push.sum(axis=1) - push.sum(axis=0) - mean / _PRIOR_VARIANCE), np.asarray(curvature)


def anticipate(belief: ScorePosterior, first: str, second: str) -> ScorePosterior:
    """Return the expected posterior after this pair is answered, either way: the mean stays, the covariance shrinks.

    So a session is planned to its end before it begins, each batch taking account of those before it.

    Source:
        Assumed-density filtering of a probit: Minka, A family of algorithms for approximate Bayesian inference, 2001,
        section 3, averaged over both answers.
    """
    contrast = np.zeros(len(belief.models))
    contrast[belief.models.index(first)] += 1
    contrast[belief.models.index(second)] -= 1
    lever = belief.covariance @ contrast
    spread = float(1 + contrast @ lever)
    z = np.array([1, -1]) * float(contrast @ belief.mean) / np.sqrt(spread)
    ratio = np.exp(-z * z / 2 - special.log_ndtr(z)) / np.sqrt(2 * np.pi)  # by logarithms, for both vanish far out
    shrink = float(special.ndtr(z) @ (ratio * (ratio + z))) / spread
    return ScorePosterior(belief.models, belief.mean, belief.covariance - shrink * np.outer(lever, lever))


def information(belief: ScorePosterior, pairs: Sequence[tuple[str, str]]) -> Floats:
    """Return the expected information about the scores of an answer on each of these pairs, in bits, `(pairs,)`.

    The entropy of the answer less the entropy it would have if the scores were known.

    Source:
        Lindley, On a measure of the information provided by an experiment, Annals of Mathematical Statistics 27, 1956;
        Houlsby et al., Bayesian active learning for classification and preference learning, 2011, equation 3.
    """
    i, j = np.array([[belief.models.index(name) for name in pair] for pair in pairs]).T
    gap = belief.mean[i] - belief.mean[j]
    variance = np.diag(belief.covariance)
    deviation = np.sqrt(np.maximum(variance[i] + variance[j] - 2 * belief.covariance[i, j], 0))
    known = _entropy_bits(special.ndtr(gap[:, None] + deviation[:, None] * _NODES)) @ _WEIGHTS
    return _entropy_bits(special.ndtr(gap / np.sqrt(1 + deviation**2))) - known


def _entropy_bits(probability: Floats) -> Floats:
    """Entropy in bits of an answer with this probability."""
    p = np.clip(probability, 1e-12, 1 - 1e-12)
    return np.asarray(-p * np.log2(p) - (1 - p) * np.log2(1 - p))


def spanning_tree(belief: ScorePosterior, seed: Sequence[int]) -> list[tuple[str, str]]:
    """Return the pairs of a batch in random order, each with a random one first: a spanning tree of all models.

    Of all trees it has the largest sum of expected information.

    Args:
        belief: Scores after the answers so far.
        seed: Seed of the order, of the sides, and of the draw among equally good pairs.

    Source:
        Ye and Doermann, Active sampling for subjective image quality assessment, CVPR 2014 (information); Li, Mantiuk,
        Wang, Ling and Le Callet, Hybrid-MST: a hybrid active sampling strategy for pairwise preference aggregation,
        NeurIPS 2018, section 3.3 (trees).
    """
    generator = np.random.default_rng(seed)
    pairs = list(combinations(range(len(belief.models)), 2))
    gains = information(belief, [(belief.models[i], belief.models[j]) for i, j in pairs])
    # Costs have to be above 0; what is added is far below any difference that matters.
    costs = gains.max() - gains + 1e-6 * (1 + generator.random(len(pairs)))
    matrix = np.zeros((len(belief.models), len(belief.models)))
    matrix[tuple(np.array(pairs).T)] = costs
    tree = csgraph.minimum_spanning_tree(matrix).tocoo()
    edges = [(belief.models[i], belief.models[j]) for i, j in zip(tree.row, tree.col, strict=True)]
    return [edges[k] if generator.integers(2) else edges[k][::-1] for k in generator.permutation(len(edges))]


def adaptive_choice(
    seed: int,
    pictures: Mapping[Content, Sequence[Stimulus]],
    rater: int,
    known: ScorePosterior | None,
    begun: Sequence[Trial] = (),
) -> Callable[[Content, int], Trial]:
    """Return a function that chooses the trials of a session one by one, tree after tree.

    No pair comes twice on one content while another is left.

    Args:
        seed: Seed of the study.
        pictures: Pictures of each content, one of each model.
        rater: Number of the session, from 0.
        known: Scores after the answers so far; the prior where it is None.
        begun: The first trials of the session, which stay as they are.
    """
    names = {content: {picture.model: picture.name for picture in listed} for content, listed in pictures.items()}
    models = {picture.name: picture.model for listed in pictures.values() for picture in listed}
    belief = known or prior(list(next(iter(names.values()))))
    asked: dict[Content, set[frozenset[str]]] = {content: set() for content in pictures}
    waiting: list[tuple[str, str]] = []
    number = 0

    def choose(content: Content, _: int) -> Trial:
        nonlocal belief, number, waiting
        number += 1
        if number <= len(begun):
            trial = begun[number - 1]
            asked[content].add(frozenset((models[trial.first], models[trial.second])))
            return trial
        waiting = waiting or spanning_tree(belief, (seed, 5, rater, number))
        pair = _first_new(waiting, asked[content]) or _most_telling(belief, asked[content])
        if pair in waiting:
            waiting.remove(pair)
        belief = anticipate(belief, *pair)
        asked[content].add(frozenset(pair))
        return Trial("trial", names[content][pair[0]], names[content][pair[1]])

    return choose


def _first_new(pairs: Sequence[tuple[str, str]], asked: set[frozenset[str]]) -> tuple[str, str] | None:
    return next((pair for pair in pairs if frozenset(pair) not in asked), None)


def _most_telling(belief: ScorePosterior, asked: set[frozenset[str]]) -> tuple[str, str]:
    """The pair with the largest expected information among those that were not asked; among all where none is left."""
    pairs = list(combinations(belief.models, 2))
    open_pairs = [pair for pair in pairs if frozenset(pair) not in asked] or pairs
    return open_pairs[int(np.argmax(information(belief, open_pairs)))]
