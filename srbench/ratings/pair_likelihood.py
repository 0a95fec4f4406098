"""The likelihood of answers to paired comparisons, with its derivatives."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from srbench.stats.arrays import Flags, Floats, Ints


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Outcomes of comparisons, answer by answer.

    Attributes:
        winner: Number of the item that was preferred, or of the first of two that are equally good, `(n,)`.
        loser: Number of the other item, `(n,)`.
        tie: Whether neither was preferred, `(n,)`.
    """

    winner: Ints
    loser: Ints
    tie: Flags


class PairLikelihood:
    """Minus the log-likelihood of wins and ties.

    Its parameters are the scores in a basis whose sum is 0, then the log of the threshold t where there is one.

    Args:
        wins: `wins[i, j]`: number of times that i was preferred to j.
        ties: `ties[i, j]`: number of ties of i and j, i < j.
        distribution: Distribution of the difference.
        threshold: Whether answers could be ties; True where some are.
        spread: Scores, and the log of t, as linear functions of the parameters, in place of the basis.
    """

    def __init__(
        self,
        wins: Floats,
        ties: Floats,
        distribution: "stats.rv_continuous",
        threshold: bool = False,
        spread: Floats | None = None,
    ) -> None:
        self.distribution = distribution
        self.threshold = threshold or bool(ties.any())
        self.winner, self.loser = np.nonzero(wins)
        self.won = wins[self.winner, self.loser]
        self.left, self.right = np.nonzero(ties)
        self.tied = ties[self.left, self.right]
        compared = np.triu(wins + wins.T + ties + ties.T)
        self.asked = np.nonzero(compared)
        self.answers = compared[self.asked]
        self.items = len(wins)
        self.spread = self._basis() if spread is None else spread

    def _basis(self) -> Floats:
        n, extra = self.items, int(self.threshold)
        spread = np.zeros((n + extra, n - 1 + extra))
        spread[:n, : n - 1] = np.linalg.qr(np.column_stack([np.ones(n), np.eye(n)[:, : n - 1]]))[0][:, 1:]
        if extra:
            spread[-1, -1] = 1.0
        return spread

    def start(self) -> Floats:
        """Return parameters to start from: equal scores, and a threshold of 0.5."""
        parameters = np.zeros(self.spread.shape[1])
        if self.threshold:
            parameters[-1] = np.log(0.5)
        return parameters

    def value(self, parameters: Floats) -> float:
        """Compute minus the log-likelihood."""
        d_won, d_tied, t = self._gaps(parameters)
        total = self.won @ self.distribution.logcdf(d_won - t)
        if self.threshold:
            total += self.tied @ np.log(self._tie(d_tied, t))
        return -float(total)

    def gradient(self, parameters: Floats) -> Floats:
        """Compute the gradient of `value`, `(parameters,)`."""
        d_won, d_tied, t = self._gaps(parameters)
        by_item = np.zeros(self.spread.shape[0])
        ratio = self.won * self._win_slope(d_won - t)
        np.add.at(by_item, self.winner, ratio)
        np.add.at(by_item, self.loser, -ratio)
        if self.threshold:
            by_gap, by_threshold = self._tie_slopes(d_tied, t)
            np.add.at(by_item, self.left, self.tied * by_gap)
            np.add.at(by_item, self.right, -self.tied * by_gap)
            by_item[-1] = t * (self.tied @ by_threshold - ratio.sum())
        return -(self.spread.T @ by_item)

    def gradients(self, parameters: Floats, outcomes: Outcomes, cluster: Ints, clusters: int = 0) -> Floats:
        """Compute the gradient of the log-likelihood of each cluster's answers; their sum is minus `gradient`.

        Args:
            parameters: Where.
            outcomes: All answers.
            cluster: Cluster of each answer, numbered from 0, `(n,)`.
            clusters: Number of clusters, some of which may have no answers here; by default as many as are seen.

        Returns:
            Gradients, `(clusters, parameters)`.
        """
        score = self.spread[: self.items] @ parameters
        t = float(np.exp(parameters[-1])) if self.threshold else 0.0
        gap = score[outcomes.winner] - score[outcomes.loser]
        by_gap = self._win_slope(gap - t)
        by_threshold = -by_gap
        if self.threshold:
            by_gap[outcomes.tie], by_threshold[outcomes.tie] = self._tie_slopes(gap[outcomes.tie], t)
        by_item = np.zeros((clusters or int(cluster.max()) + 1, len(self.spread)))
        np.add.at(by_item, (cluster, outcomes.winner), by_gap)
        np.add.at(by_item, (cluster, outcomes.loser), -by_gap)
        if self.threshold:
            np.add.at(by_item[:, -1], cluster, t * by_threshold)
        return np.asarray(by_item @ self.spread)

    def curvature(self, parameters: Floats) -> Floats:
        """Compute the observed information, which a sandwich needs where the model does not hold."""
        step = 1e-5
        ends = [step * row for row in np.eye(len(parameters))]
        slopes = np.array([self.gradient(parameters + end) - self.gradient(parameters - end) for end in ends])
        slopes = slopes / (2 * step)
        return np.asarray((slopes + slopes.T) / 2)

    def information(self, parameters: Floats) -> Floats:
        """Compute Fisher's expected information.

        For each pair it is the number of answers times the outcomes' slopes squared over their probabilities.
        """
        score = self.spread[: self.items] @ parameters
        t = float(np.exp(parameters[-1])) if self.threshold else 0.0
        gap = score[self.asked[0]] - score[self.asked[1]]
        up, down = self.distribution.pdf(gap - t), self.distribution.pdf(-gap - t)
        first, second = self.distribution.cdf(gap - t), self.distribution.cdf(-gap - t)
        slopes = [(up, -t * up, first), (-down, -t * down, second)]
        if self.threshold:
            slopes.append((down - up, t * (up + down), self._tie(gap, t)))
        by_item = np.zeros((len(self.spread), len(self.spread)))
        for by_gap, by_threshold, probability in slopes:
            rows = np.zeros((len(gap), len(self.spread)))
            rows[np.arange(len(gap)), self.asked[0]] += by_gap
            rows[np.arange(len(gap)), self.asked[1]] -= by_gap
            if self.threshold:
                rows[:, -1] = by_threshold
            by_item += (rows * (self.answers / np.maximum(probability, np.finfo(float).tiny))[:, None]).T @ rows
        return self.spread.T @ by_item @ self.spread

    def _gaps(self, parameters: Floats) -> tuple[Floats, Floats, float]:
        score = self.spread[: self.items] @ parameters
        t = float(np.exp(parameters[-1])) if self.threshold else 0.0
        return score[self.winner] - score[self.loser], score[self.left] - score[self.right], t

    def _win_slope(self, lead: Floats) -> Floats:
        return np.asarray(np.exp(self.distribution.logpdf(lead) - self.distribution.logcdf(lead)))

    def _tie_slopes(self, gap: Floats, t: float) -> tuple[Floats, Floats]:
        """Compute the slopes of the log of a tie's probability: by the gap, by the threshold."""
        upper, lower, probability = self.distribution.pdf(t - gap), self.distribution.pdf(-t - gap), self._tie(gap, t)
        return (lower - upper) / probability, (upper + lower) / probability

    def _tie(self, gap: Floats, t: float) -> Floats:
        wide = self.distribution.cdf(t - gap) - self.distribution.cdf(-t - gap)
        return np.maximum(wide, np.finfo(float).tiny)
