"""Scores in just noticeable differences (JND) from triplets, by a model of raters who are sometimes absent.

ISO/IEC 29170-3 (JPEG AIC-3) has Thurstone's case V on answers of which "not sure" counts half each way. Real panels
prefer a side and answer at random now and then, so that this scale is too short, and too uneven to order pictures where
raters differ. Here, in the notation of `fit`:

    P(left) = (1 - l) F(d + b - t) + l q(left),  P(right) = (1 - l) F(-d - b - t) + l q(right),

where d is the distance of the left picture from the original less that of the right one, F a normal distribution whose
quartile is 1, so that a distance of 1 is seen by half of the raters and right in 75 % of forced choices, b the bias to
the left, t the threshold of "not sure", l the rater's own share of absent answers and q what absent raters press.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from srbench.ratings.triplets import CHOICES, ORIGINAL, TripletAnswer
from srbench.stats.arrays import Floats, Ints
from srbench.stats.clustered import clustered_covariance
from srbench.stats.student import t_quantile

SIGMA = float(1 / stats.norm.ppf(0.75))
PRIOR_JND = 10.0
"""Standard deviation of a normal prior of distances, which keeps those finite that nobody ever doubted."""
_LEAST_EVEN, _MOST_EVEN = 0.5, 50.0
_MOST_STEPS, _TOLERANCE = 300, 5e-4
_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class JndScores:
    """Distances from the original.

    Attributes:
        items: Content and model of each distance.
        score: Distance of each in JND; larger is worse, the original has 0, `(items,)`.
        half: Half of each distance's 95 % interval over raters like these, NaN with fewer than two, `(items,)`.
        covariance: Covariance of the distances over raters, `(items, items)`.
        raters: Names of the raters.
        lapse: Share of absent answers of each rater, `(raters,)`.
        absent: What absent raters press: left, not sure, right, `(3,)`.
        bias: Bias to the left in JND.
        threshold: Threshold of "not sure" in JND.
        answers: Number of answers that were used, traps and bias questions among them.
        converged: Whether the estimates stopped to change.
    """

    items: tuple[tuple[str, str], ...]
    score: Floats
    half: Floats
    covariance: Floats
    raters: tuple[str, ...]
    lapse: Floats
    absent: Floats
    bias: float
    threshold: float
    answers: int
    converged: bool

    def difference_error(self, first: str, second: str) -> float:
        """Return the standard error of the difference of two models' mean distances."""
        weight = np.array([float(name == first) for _, name in self.items])
        other = np.array([float(name == second) for _, name in self.items])
        contrast = weight / weight.sum() - other / other.sum()
        return float(_roots(contrast @ self.covariance @ contrast))

    def means(self) -> list[tuple[str, float, float]]:
        """Return each model with its mean distance over the contents and half of its interval, the nearest first."""
        found = []
        for model in dict.fromkeys(model for _, model in self.items):
            weight = np.array([float(name == model) for _, name in self.items])
            weight /= weight.sum()
            error = float(_roots(weight @ self.covariance @ weight))
            found.append((model, float(weight @ self.score), _quantile(len(self.raters)) * error))
        return sorted(found, key=lambda row: row[1])


def _roots(variances: Floats) -> Floats:
    """Square roots; a variance that rounding has made negative is 0."""
    return np.asarray(np.sqrt(np.maximum(variances, 0.0)))


def _quantile(raters: int) -> float:
    return float(t_quantile(raters - 1)) if raters > 1 else float("nan")


def fit(answers: Sequence[TripletAnswer]) -> JndScores:
    """Estimate distances, bias, threshold and the raters' absence together, by maximum likelihood.

    EM steps, in which the raters' shares of absence have a beta distribution (its parameters are estimated too, and the
    shares are integrated out by a mean-field approximation).

    Intervals are Student t intervals from the sandwich covariance with raters as clusters; the raters' shares of absent
    answers are held at their estimates.

    Args:
        answers: Answers of one form, plain or boosted; traps and bias questions are used too.

    Source:
        Thurstone, Psychological Review 34, 1927; threshold: Glenn and David, Biometrics 16, 1960; shares of lapses:
        Wichmann and Hill, Perception and Psychophysics 63, 2001; EM: Dempster, Laird and Rubin, JRSS B 39, 1977;
        beta shares: Blei, Kucukelbir and McAuliffe, Journal of the American Statistical Association 112, 2017.
    """
    problem = _Problem(answers)
    found = problem.estimate()
    count, parameters = len(problem.items), found.parameters
    covariance = problem.covariance(found)[:count, :count]
    return JndScores(
        items=problem.items,
        score=parameters[:count],
        half=_quantile(len(problem.raters)) * _roots(np.diag(covariance)),
        covariance=covariance,
        raters=problem.raters,
        lapse=found.lapse,
        absent=found.absent,
        bias=float(parameters[count]),
        threshold=float(np.exp(parameters[count + 1])),
        answers=len(answers),
        converged=found.converged,
    )


class _Problem:
    """Answers as numbers: which distance is added and which is taken away, by whom, and what was said."""

    def __init__(self, answers: Sequence[TripletAnswer]) -> None:
        data = [answer for answer in answers if answer.kind != "trap"]
        self.items = tuple(sorted({(a.content, m) for a in data for m in (a.left, a.right) if m != ORIGINAL}))
        self.raters = tuple(dict.fromkeys(answer.rater for answer in answers))
        index = {item: i for i, item in enumerate(self.items)}
        rater = {name: i for i, name in enumerate(self.raters)}
        none = len(self.items)  # the original, whose distance is 0
        self.left = np.array([index.get((a.content, a.left), none) for a in data], dtype=np.int64)
        self.right = np.array([index.get((a.content, a.right), none) for a in data], dtype=np.int64)
        self.said = np.array([CHOICES.index(a.answer) for a in data], dtype=np.int64)
        self.rater = np.array([rater[a.rater] for a in data], dtype=np.int64)
        traps = [answer for answer in answers if answer.kind == "trap"]
        self.trap_said = np.array([CHOICES.index(a.answer) for a in traps], dtype=np.int64)
        self.trap_rater = np.array([rater[a.rater] for a in traps], dtype=np.int64)
        self.trap_right = np.array([not a.missed for a in traps], dtype=np.float64)
        cells = np.stack([self.left, self.right, self.said])
        self.cells, self.cell = np.unique(cells, axis=1, return_inverse=True)
        self.cell = self.cell.reshape(-1)

    def start(self) -> Floats:
        """Return equal distances, no bias, and a threshold of a third."""
        return np.array([0.0] * len(self.items) + [0.0, np.log(0.3)])

    def estimate(self) -> "_Estimate":
        """Return the estimates of all that is not known."""
        parameters, absent = self.start(), np.full(3, 1 / 3)
        missed = 1 - self.trap_right.mean() if len(self.trap_right) else 0.1
        lapse = np.full(len(self.raters), min(0.9, 0.01 + 1.5 * missed))
        weights = 1 - lapse, lapse
        for _ in range(_MOST_STEPS):
            present, trap_present = self._present(parameters, weights, absent)
            gone: Floats = np.bincount(self.rater, 1 - present, len(lapse)).astype(np.float64)
            gone += np.bincount(self.trap_rater, 1 - trap_present, len(lapse))
            asked = np.bincount(self.rater, minlength=len(lapse)) + np.bincount(self.trap_rater, minlength=len(lapse))
            prior = _prior(lapse)
            lapse = (gone + prior[0]) / (asked + sum(prior))
            weights = _weights(np.asarray(gone + prior[0]), np.asarray(asked - gone + prior[1]))
            pressed = np.bincount(self.said, 1 - present, 3) + np.bincount(self.trap_said, 1 - trap_present, 3)
            absent = (pressed + 1) / (pressed.sum() + 3)
            before = parameters
            counting = np.bincount(self.cell, present, self.cells.shape[1])
            parameters = self._maximised(parameters, np.asarray(counting, dtype=np.float64))
            if np.abs(parameters - before).max() < _TOLERANCE:
                return _Estimate(parameters, lapse, weights, absent, converged=True)
        return _Estimate(parameters, lapse, weights, absent, converged=False)

    def _present(self, parameters: Floats, weights: tuple[Floats, Floats], absent: Floats) -> tuple[Floats, Floats]:
        """Probability that each answer was given by looking, of trials and of traps."""
        here, away = weights
        looked = here[self.rater] * self._probability(parameters)[0][self.cell]
        trap = here[self.trap_rater] * self.trap_right
        return (
            looked / (looked + away[self.rater] * absent[self.said]),
            trap / (trap + away[self.trap_rater] * absent[self.trap_said]),
        )

    def _probability(self, parameters: Floats) -> tuple[Floats, Floats, Floats]:
        """Probability of the answer of each cell by raters who look, with its slopes by d + b and by t."""
        left, right, said = self.cells
        score = np.append(parameters[: len(self.items)], 0.0)
        shift = score[left] - score[right] + parameters[len(self.items)]
        t = np.exp(parameters[-1])
        high, low = (shift - t) / SIGMA, (shift + t) / SIGMA
        more, less = stats.norm.cdf(high), stats.norm.cdf(-low)
        by_more, by_less = stats.norm.pdf(high) / SIGMA, stats.norm.pdf(low) / SIGMA
        probability = np.choose(said, [more, stats.norm.cdf(low) - more, less])
        by_shift = np.choose(said, [by_more, by_less - by_more, -by_less])
        by_threshold = np.choose(said, [-by_more, by_more + by_less, -by_less])
        return np.maximum(probability, _TINY), by_shift, by_threshold

    def _maximised(self, start: Floats, weight: Floats) -> Floats:
        """Parameters of the greatest likelihood of answers that count so much each."""
        left, right, _ = self.cells

        def cost(parameters: Floats) -> tuple[float, Floats]:
            probability, by_shift, by_threshold = self._probability(parameters)
            score = parameters[: len(self.items)]
            value = -weight @ np.log(probability) + score @ score / (2 * PRIOR_JND**2)
            slopes = np.zeros(len(self.items) + 1)
            np.add.at(slopes, left, weight * by_shift / probability)
            np.add.at(slopes, right, -weight * by_shift / probability)
            gradient = np.empty(len(parameters))
            gradient[: len(score)] = score / PRIOR_JND**2 - slopes[:-1]
            gradient[-2] = -(weight @ (by_shift / probability))
            gradient[-1] = -np.exp(parameters[-1]) * (weight @ (by_threshold / probability))
            return float(value), gradient

        bounds = [(None, None)] * (len(start) - 1) + [(-6.0, 2.0)]
        return np.asarray(optimize.minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds).x)

    def covariance(self, found: "_Estimate") -> Floats:
        """Sandwich covariance of the parameters with raters as clusters."""
        parameters = found.parameters
        if len(self.raters) < 2:
            return np.full((len(parameters), len(parameters)), np.nan)

        def by_cluster(at: Floats, label: Ints) -> Floats:
            present, _ = self._present(at, found.weights, found.absent)
            probability, by_shift, by_threshold = (of[self.cell] for of in self._probability(at))
            pull = present * by_shift / probability
            rows = np.zeros((int(label.max()) + 1, len(self.items) + 1))
            np.add.at(rows, (label, self.left), pull)
            np.add.at(rows, (label, self.right), -pull)
            extra = np.zeros((len(rows), 2))
            np.add.at(extra[:, 0], label, pull)
            np.add.at(extra[:, 1], label, np.exp(at[-1]) * present * by_threshold / probability)
            return np.column_stack([rows[:, :-1], extra])

        everybody = np.zeros(len(self.rater), dtype=np.int64)
        curvature = np.zeros((len(parameters), len(parameters)))
        step = 1e-4
        for i in range(len(parameters)):
            end = np.zeros(len(parameters))
            end[i] = step
            curvature[i] = (by_cluster(parameters - end, everybody) - by_cluster(parameters + end, everybody))[0]
        curvature = (curvature + curvature.T) / (4 * step)
        curvature[np.diag_indices(len(self.items))] += 1 / PRIOR_JND**2
        bread = np.asarray(np.linalg.pinv(curvature, hermitian=True), dtype=np.float64)
        return clustered_covariance(bread, lambda label: by_cluster(parameters, label), [self.rater], bread)


@dataclass(frozen=True, eq=False)
class _Estimate:
    """What is estimated: parameters, shares of absent answers, their weights, and what absent raters press."""

    parameters: Floats
    lapse: Floats
    weights: tuple[Floats, Floats]
    absent: Floats
    converged: bool


def _weights(gone: Floats, looked: Floats) -> tuple[Floats, Floats]:
    """Weights of looking and of absence under beta distributions of the shares: exponentials of their mean logarithms.

    Plain means would find a little absence in every rater who has none, which stretches the scale.
    """
    both = special.digamma(gone + looked)
    return np.exp(special.digamma(looked) - both), np.exp(special.digamma(gone) - both)


def _prior(lapse: Floats) -> tuple[float, float]:
    """Parameters of the beta distribution with the mean and variance of these shares."""
    mean, variance = float(lapse.mean()), float(lapse.var())
    evenness = np.clip(mean * (1 - mean) / max(variance, _TINY) - 1, _LEAST_EVEN, _MOST_EVEN)
    return mean * float(evenness), (1 - mean) * float(evenness)


@dataclass(frozen=True)
class Mapping:
    """Boosted distances as plain ones: plain = factor * boosted ** power, from stimuli that have both.

    Attributes:
        factor: Plain distance at a boosted one of 1 JND.
        power: Exponent, above 0: the order of the stimuli stays.
        shared: Number of stimuli that have both.
        correlation: Spearman's correlation of both over them.
    """

    factor: float
    power: float
    shared: int
    correlation: float

    def apply(self, boosted: Floats) -> Floats:
        """Return boosted distances on the plain scale."""
        return np.asarray(np.sign(boosted) * self.factor * np.abs(boosted) ** self.power)


FEWEST_SHARED = 6
"""Stimuli with both scores below which boosted scores stay as they are, and are labelled so."""


def mapping(plain: JndScores, boosted: JndScores) -> Mapping | None:
    """Fit the mapping by least squares, weighted by the plain errors; None with fewer than six shared stimuli."""
    at = {item: i for i, item in enumerate(boosted.items)}
    shared = [(i, at[item]) for i, item in enumerate(plain.items) if item in at]
    if len(shared) < FEWEST_SHARED:
        return None
    i, j = np.array(shared).T
    x, y = np.maximum(boosted.score[j], 0.0), plain.score[i]
    error = _roots(np.diag(plain.covariance))[i]
    error = np.where(np.isfinite(error) & (error > 0), error, 1.0)

    def misfit(parameters: Floats) -> Floats:
        return np.asarray((np.exp(parameters[0]) * x ** np.exp(parameters[1]) - y) / error)

    found = optimize.least_squares(misfit, [np.log(0.5), 0.0], bounds=([-6, -2], [4, 2])).x
    correlation = float(stats.spearmanr(x, y).statistic)
    return Mapping(float(np.exp(found[0])), float(np.exp(found[1])), len(shared), correlation)
