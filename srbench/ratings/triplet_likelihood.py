"""The likelihood of answers to triplets by raters who are sometimes absent, and its greatest value."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from srbench.ratings.triplets import CHOICES, ORIGINAL, TripletAnswer
from srbench.stats.arrays import Floats, Ints
from srbench.stats.clustered import clustered_covariance

SIGMA = float(1 / stats.norm.ppf(0.75))
PRIOR_JND = 10.0
"""Standard deviation of a normal prior of distances, which keeps those finite that nobody ever doubted."""
_LEAST_EVEN, _MOST_EVEN = 0.5, 50.0
_MOST_STEPS, _TOLERANCE = 300, 5e-4
_TINY = 1e-12


class Problem:
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

    def estimate(self) -> "Estimate":
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
                return Estimate(parameters, lapse, weights, absent, converged=True)
        return Estimate(parameters, lapse, weights, absent, converged=False)

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

    def covariance(self, found: "Estimate") -> Floats:
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
class Estimate:
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
