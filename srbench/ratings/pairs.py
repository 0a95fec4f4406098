"""Paired comparisons: Bradley-Terry and Thurstone scores with standard errors, ties, and what cannot be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import optimize, sparse, stats

from srbench.ratings import model_differences
from srbench.ratings.votes import Floats, Ints, PairAnswer

Link = Literal["bradley-terry", "thurstone"]
Cluster = Literal["rater", "content"]
_MOST = 500
_NOTHING = 1e-9
"""Of the variance of independent answers: less than this is a rounding error."""


@dataclass(frozen=True)
class ItemDifference:
    """Two items of one fit.

    Attributes:
        first: The item with the higher score.
        second: The other.
        difference: Of the scores, first minus second.
        standard_error: From the robust covariance.
        p: Two-sided, of Student's t with the fit's robust degrees of freedom, before correction.
        p_holm: After Holm's correction for all pairs of the fit.
    """

    first: str
    second: str
    difference: float
    standard_error: float
    p: float
    p_holm: float

    @property
    def significant(self) -> bool:
        """At 5 %, after correction."""
        return self.p_holm < model_differences.LEVEL


@dataclass(frozen=True, eq=False)
class PairScores:
    """Scores of stimuli or models that were compared with one another.

    Attributes:
        link: "bradley-terry": natural-log odds of winning. "thurstone": case V, standard deviations of the difference.
        items: What was compared.
        score: Of each, centred to mean 0; empty where there is no maximum of the likelihood.
        error: Standard error of each centred score, from the full covariance, if all answers were independent.
        covariance: Of the centred scores, `(items, items)`, if all answers were independent.
        threshold: Half-width of the zone in which answers are ties, in units of the score; None without ties.
        comparisons: Number of answers.
        ties: Number of them that are ties.
        wins: `wins[i, j]`: how often i was preferred to j.
        iterations: Of the optimiser.
        converged: The gradient vanished.
        loglikelihood: Of all answers.
        clusters: What the robust covariance is robust against, and how many of each there are.
        robust: Covariance of the centred scores where the answers of one cluster depend on one another; NaN with
            fewer than two clusters of a kind.
        robust_error: Standard error of each centred score from it.
        robust_df: Degrees of freedom for Student's t: the smallest number of clusters less 1; None where there is
            no robust covariance.
        problem: Why there are no scores; empty where there are.
    """

    link: Link
    items: tuple[str, ...]
    score: Floats
    error: Floats
    covariance: Floats
    threshold: float | None
    comparisons: int
    ties: int
    wins: Floats
    iterations: int
    converged: bool
    loglikelihood: float
    clusters: dict[Cluster, int]
    robust: Floats
    robust_error: Floats
    robust_df: int | None
    problem: str = ""

    @property
    def parameters(self) -> int:
        """Free ones: a score for all items but one, and the threshold."""
        return len(self.items) - 1 + (self.threshold is not None)

    @property
    def quantile(self) -> float:
        """How many robust standard errors a 95 % interval reaches; NaN without them."""
        return float("nan") if self.robust_df is None else float(stats.t.ppf(0.975, self.robust_df))

    @property
    def half(self) -> Floats:
        """Half of the 95 % interval of each score, for clusters like these; NaN where it cannot be told."""
        return np.asarray(self.quantile * self.robust_error)

    @property
    def order(self) -> list[int]:
        """Places of the items, best first."""
        return [int(i) for i in np.argsort(-self.score, kind="stable")]

    @cached_property
    def differences(self) -> tuple[ItemDifference, ...]:
        """Every pair of items, best first; none without a robust covariance."""
        if self.problem or self.robust_df is None:
            return ()
        pairs = list(combinations(self.order, 2))
        gaps = [float(self.score[i] - self.score[j]) for i, j in pairs]
        variance = [self.robust[i, i] + self.robust[j, j] - 2 * self.robust[i, j] for i, j in pairs]
        errors = [float(np.sqrt(value)) for value in variance]
        p = [2 * float(stats.t.sf(gap / error, self.robust_df)) for gap, error in zip(gaps, errors, strict=True)]
        return tuple(
            ItemDifference(self.items[i], self.items[j], *figures)
            for (i, j), *figures in zip(pairs, gaps, errors, p, model_differences.holm(p), strict=True)
        )

    @cached_property
    def letters(self) -> dict[str, str]:
        """Letters: items share one when no significant difference was found between them; empty without tests."""
        if not self.differences:
            return {}
        found = [
            model_differences.ModelDifference(
                "", d.first, d.second, 0, d.difference, None, d.p, d.p_holm, 0.0, 0.0, None
            )
            for d in self.differences
        ]
        return model_differences.letters([self.items[i] for i in self.order], found)


def fit(
    answers: Sequence[PairAnswer], link: Link = "bradley-terry", clusters: Sequence[Cluster] = ("rater",)
) -> PairScores:
    """Maximum-likelihood scores.

    First is preferred with probability F(d - t), second with F(-d - t), neither with the rest, where d is the
    difference of the scores, F the logistic or the normal distribution function, and t >= 0 the threshold, which is 0
    when nobody answered with a tie.

    Args:
        answers: Of one content, or of several whose items have the same names.
        link: The distribution.
        clusters: Answers of one rater, or on one content, depend on one another; given both, the robust covariance is
            two-way.

    Source:
        Bradley and Terry, Biometrika 39, 1952; Thurstone, Psychological Review 34, 1927; ties: Rao and Kupper, Journal
        of the American Statistical Association 62, 1967; Glenn and David, Biometrics 16, 1960; existence: Ford,
        American Mathematical Monthly 64, 1957.
    """
    items = tuple(sorted({name for answer in answers for name in (answer.winner, answer.loser)}))
    index = {name: i for i, name in enumerate(items)}
    wins, ties = np.zeros((len(items), len(items))), np.zeros((len(items), len(items)))
    for answer in answers:
        if answer.tie:
            low, high = sorted((index[answer.winner], index[answer.loser]))
            ties[low, high] += 1
        else:
            wins[index[answer.winner], index[answer.loser]] += 1
    problem = _unconnected(items, wins, ties)
    if problem:
        return _without_scores(link, items, wins, ties, problem)
    seen = _Seen(
        np.array([index[answer.winner] for answer in answers]),
        np.array([index[answer.loser] for answer in answers]),
        np.array([answer.tie for answer in answers]),
    )
    labels = {kind: _numbered([getattr(answer, kind) for answer in answers]) for kind in clusters}
    return _maximise(link, items, wins, ties, seen, labels)


def _numbered(names: Sequence[str]) -> Ints:
    return np.asarray(np.unique(np.array(names, dtype=object), return_inverse=True)[1])


def _without_scores(link: Link, items: tuple[str, ...], wins: Floats, ties: Floats, problem: str) -> PairScores:
    nothing, square = np.empty(0), np.empty((0, 0))
    return PairScores(
        link=link,
        items=items,
        score=nothing,
        error=nothing,
        covariance=square,
        threshold=None,
        comparisons=int(wins.sum() + ties.sum()),
        ties=int(ties.sum()),
        wins=wins,
        iterations=0,
        converged=False,
        loglikelihood=float("nan"),
        clusters={},
        robust=square,
        robust_error=nothing,
        robust_df=None,
        problem=problem,
    )


@dataclass(frozen=True, eq=False)
class _Seen:
    """Answer by answer: places of the two items, and whether they tie."""

    winner: Ints
    loser: Ints
    tie: npt.NDArray[np.bool_]


def _maximise(
    link: Link, items: tuple[str, ...], wins: Floats, ties: Floats, seen: _Seen, labels: dict[Cluster, Ints]
) -> PairScores:
    likelihood = _Likelihood(wins, ties, stats.logistic if link == "bradley-terry" else stats.norm)
    found = optimize.minimize(
        likelihood.value,
        likelihood.start(),
        jac=likelihood.gradient,
        method="BFGS",
        options={"gtol": 1e-9, "maxiter": _MOST},
    )
    free, steps = found.x, int(found.nit)
    information = likelihood.information(free)
    # A few scoring steps make the scores exact where BFGS stops short of rounding.
    for _ in range(5):
        free = free - np.linalg.solve(information, likelihood.gradient(free))
        information = likelihood.information(free)
        steps += 1
    n = len(items)
    whole = likelihood.spread @ free
    covariance = (likelihood.spread @ np.linalg.inv(information) @ likelihood.spread.T)[:n, :n]
    clusters = {kind: int(label.max()) + 1 for kind, label in labels.items()}
    enough = min(clusters.values(), default=0) > 1
    robust = _robust(likelihood, free, seen, list(labels.values()), covariance) if enough else np.full((n, n), np.nan)
    return PairScores(
        link=link,
        items=items,
        score=whole[:n],
        error=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        threshold=float(np.exp(free[-1])) if ties.any() else None,
        comparisons=int(wins.sum() + ties.sum()),
        ties=int(ties.sum()),
        wins=wins,
        iterations=steps,
        converged=bool(np.abs(likelihood.gradient(free)).max() < 1e-6),
        loglikelihood=-likelihood.value(free),
        clusters=clusters,
        robust=robust,
        robust_error=np.sqrt(np.diag(robust)),
        robust_df=min(clusters.values()) - 1 if enough else None,
    )


def _robust(
    likelihood: "_Likelihood", free: Floats, seen: _Seen, labels: Sequence[Ints], independent: Floats
) -> Floats:
    """Cluster-robust covariance of the scores: the sandwich, one-way or two-way.

    One-way: H^-1 B H^-1 G / (G - 1), where H is the curvature of the log-likelihood, B the sum over the G clusters of
    the outer product of their gradients. Two-way: by the first cluster plus by the second less by their cells, each
    with the factor of its own G. A two-way variance may be too small or negative; so each score, and each difference of
    two, has the largest of the two-way variance and both one-way ones.

    Source:
        Liang and Zeger, Biometrika 73, 1986; Cameron, Gelbach and Miller, Journal of Business and Economic Statistics
        29, 2011; on two-way variances that are too small: MacKinnon, Nielsen and Webb, arXiv 2406.08880, 2024.
    """
    bread = likelihood.spread[: likelihood.items] @ np.linalg.inv(likelihood.curvature(free))

    def one_way(label: Ints) -> Floats:
        number = int(label.max()) + 1
        gradients = likelihood.gradients(free, seen, label) @ bread.T
        return np.asarray(number / (number - 1) * gradients.T @ gradients)

    ways = [one_way(label) for label in labels]
    if len(labels) > 1:
        first, second = labels
        cell = np.unique(first * (int(second.max()) + 1) + second, return_inverse=True)[1]
        ways.append(ways[0] + ways[1] - one_way(cell))
    return _largest(ways, independent)


def _largest(covariances: Sequence[Floats], independent: Floats) -> Floats:
    """A covariance whose variances, of scores and of differences of two, are the largest of those given.

    Where all of them vanish, because all clusters gave the same answers, that of independent answers stands in.
    """
    scores = np.max([np.diag(one) for one in covariances], axis=0)
    gaps = np.max([_gaps(one) for one in covariances], axis=0)
    plain, plain_gaps = np.diag(independent), _gaps(independent)
    scores = np.where(scores > _NOTHING * plain, scores, plain)
    gaps = np.where(gaps > _NOTHING * plain_gaps, gaps, plain_gaps)
    np.fill_diagonal(gaps, 0.0)
    return (scores[:, None] + scores[None, :] - gaps) / 2


def _gaps(covariance: Floats) -> Floats:
    """Variance of the difference of every two scores."""
    own = np.diag(covariance)
    return np.asarray(own[:, None] + own[None, :] - covariance - covariance.T)


class _Likelihood:
    """Minus the log-likelihood; its parameters: scores in a basis whose sum is 0, then log t where there are ties."""

    def __init__(self, wins: Floats, ties: Floats, distribution: "stats.rv_continuous") -> None:
        self.distribution = distribution
        self.winner, self.loser = np.nonzero(wins)
        self.won = wins[self.winner, self.loser]
        self.left, self.right = np.nonzero(ties)
        self.tied = ties[self.left, self.right]
        both = np.triu(wins + wins.T + ties + ties.T)
        self.asked = np.nonzero(both)
        self.answers = both[self.asked]
        n = len(wins)
        basis = np.linalg.qr(np.column_stack([np.ones(n), np.eye(n)[:, : n - 1]]))[0][:, 1:]
        extra = int(len(self.tied) > 0)
        self.spread = np.zeros((n + extra, n - 1 + extra))
        self.spread[:n, : n - 1] = basis
        if extra:
            self.spread[-1, -1] = 1.0
        self.items = n

    def start(self) -> Floats:
        free = np.zeros(self.spread.shape[1])
        if len(self.tied):
            free[-1] = np.log(0.5)
        return free

    def value(self, free: Floats) -> float:
        d_won, d_tied, t = self._gaps(free)
        total = self.won @ self.distribution.logcdf(d_won - t)
        if len(self.tied):
            total += self.tied @ np.log(self._tie(d_tied, t))
        return -float(total)

    def gradient(self, free: Floats) -> Floats:
        d_won, d_tied, t = self._gaps(free)
        whole = np.zeros(self.spread.shape[0])
        ratio = self.won * self._win_slope(d_won - t)
        np.add.at(whole, self.winner, ratio)
        np.add.at(whole, self.loser, -ratio)
        if len(self.tied):
            by_gap, by_threshold = self._tie_slopes(d_tied, t)
            np.add.at(whole, self.left, self.tied * by_gap)
            np.add.at(whole, self.right, -self.tied * by_gap)
            whole[-1] = t * (self.tied @ by_threshold - ratio.sum())
        return -(self.spread.T @ whole)

    def gradients(self, free: Floats, seen: _Seen, cluster: Ints) -> Floats:
        """Of the log-likelihood of each cluster's answers, `(clusters, parameters)`; their sum is minus `gradient`."""
        score = self.spread[: self.items] @ free
        t = float(np.exp(free[-1])) if len(self.tied) else 0.0
        gap = score[seen.winner] - score[seen.loser]
        by_gap = self._win_slope(gap - t)
        by_threshold = -by_gap
        if len(self.tied):
            by_gap[seen.tie], by_threshold[seen.tie] = self._tie_slopes(gap[seen.tie], t)
        whole = np.zeros((int(cluster.max()) + 1, len(self.spread)))
        np.add.at(whole, (cluster, seen.winner), by_gap)
        np.add.at(whole, (cluster, seen.loser), -by_gap)
        if len(self.tied):
            np.add.at(whole[:, -1], cluster, t * by_threshold)
        return np.asarray(whole @ self.spread)

    def curvature(self, free: Floats) -> Floats:
        """Observed information, which a sandwich needs where the model does not hold: slopes of the gradient."""
        step = 1e-5
        ends = [step * row for row in np.eye(len(free))]
        slopes = np.array([self.gradient(free + end) - self.gradient(free - end) for end in ends]) / (2 * step)
        return np.asarray((slopes + slopes.T) / 2)

    def information(self, free: Floats) -> Floats:
        """Fisher's, expected: for each pair, answers x the outcomes' slopes squared over their chances."""
        score = self.spread[: self.items] @ free
        t = float(np.exp(free[-1])) if len(self.tied) else 0.0
        gap = score[self.asked[0]] - score[self.asked[1]]
        up, down = self.distribution.pdf(gap - t), self.distribution.pdf(-gap - t)
        first, second = self.distribution.cdf(gap - t), self.distribution.cdf(-gap - t)
        slopes = [(up, -t * up, first), (-down, -t * down, second)]
        if len(self.tied):
            slopes.append((down - up, t * (up + down), self._tie(gap, t)))
        whole = np.zeros((len(self.spread), len(self.spread)))
        for by_gap, by_threshold, chance in slopes:
            rows = np.zeros((len(gap), len(self.spread)))
            rows[np.arange(len(gap)), self.asked[0]] += by_gap
            rows[np.arange(len(gap)), self.asked[1]] -= by_gap
            if len(self.tied):
                rows[:, -1] = by_threshold
            whole += (rows * (self.answers / np.maximum(chance, np.finfo(float).tiny))[:, None]).T @ rows
        return self.spread.T @ whole @ self.spread

    def _gaps(self, free: Floats) -> tuple[Floats, Floats, float]:
        score = self.spread[: self.items] @ free
        t = float(np.exp(free[-1])) if len(self.tied) else 0.0
        return score[self.winner] - score[self.loser], score[self.left] - score[self.right], t

    def _win_slope(self, lead: Floats) -> Floats:
        return np.asarray(np.exp(self.distribution.logpdf(lead) - self.distribution.logcdf(lead)))

    def _tie_slopes(self, gap: Floats, t: float) -> tuple[Floats, Floats]:
        """Of the log of a tie's chance: by the gap, by the threshold."""
        upper, lower, chance = self.distribution.pdf(t - gap), self.distribution.pdf(-t - gap), self._tie(gap, t)
        return (lower - upper) / chance, (upper + lower) / chance

    def _tie(self, gap: Floats, t: float) -> Floats:
        wide = self.distribution.cdf(t - gap) - self.distribution.cdf(-t - gap)
        return np.maximum(wide, np.finfo(float).tiny)


def _unconnected(items: tuple[str, ...], wins: Floats, ties: Floats) -> str:
    """Why no maximum exists: an item, or a group, that was never compared with the rest, or never beaten by it."""
    beaten = sparse.csr_array(wins + ties + ties.T)
    pieces, label = sparse.csgraph.connected_components(beaten, directed=False)
    if pieces > 1:
        lists = [", ".join(name for name, own in zip(items, label, strict=True) if own == k) for k in range(pieces)]
        return f"{pieces} groups were never compared with one another: {' | '.join(lists)}"
    pieces, label = sparse.csgraph.connected_components(beaten, directed=True, connection="strong")
    if pieces > 1:
        tops = [k for k in range(pieces) if not beaten.toarray()[np.ix_(label != k, label == k)].any()]
        names = ", ".join(name for name, own in zip(items, label, strict=True) if own == tops[0])
        return f"never beaten by any of the others, so that the score has no upper bound: {names}"
    if ties.any() and _unbounded_with_ties(wins, ties):
        return "answers fit any distance between the items (too many ties against too few wins): scores have no bound"
    return ""


def _unbounded_with_ties(wins: Floats, ties: Floats) -> bool:
    """Whether scores and threshold can grow together for ever.

    They can where some scores v put every winner at least 1 above the loser and every tied pair at most 1 apart: then
    t v with the threshold t makes every answer certain as t grows.
    """
    winner, loser = np.nonzero(wins)
    left, right = np.nonzero(ties)
    rows = [*zip(loser, winner, [-1.0] * len(winner), strict=True), *zip(left, right, [1.0] * len(left), strict=True)]
    rows += list(zip(right, left, [1.0] * len(left), strict=True))
    limits = np.zeros((len(rows), len(wins)))
    for row, (plus, minus, _) in enumerate(rows):
        limits[row, plus], limits[row, minus] = 1.0, -1.0
    bounds = [bound for *_, bound in rows]
    found = optimize.linprog(np.zeros(len(wins)), A_ub=limits, b_ub=bounds, bounds=(None, None))
    return bool(found.status == 0)
