"""Paired comparisons: Bradley-Terry and Thurstone scores with standard errors, ties, and what cannot be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import optimize, sparse, stats

from srbench.opinion.votes import Comparison, Floats

Link = Literal["bradley-terry", "thurstone"]
_MOST = 500


@dataclass(frozen=True, eq=False)
class PairScores:
    """Scores of stimuli or models that were compared with one another.

    Attributes:
        link: "bradley-terry": natural-log odds of winning. "thurstone": case V, standard deviations of the difference.
        items: What was compared.
        score: Of each, centred to mean 0; empty where there is no maximum of the likelihood.
        error: Standard error of each centred score, from the full covariance.
        covariance: Of the centred scores, `(items, items)`.
        threshold: Half-width of the zone in which answers are ties, in units of the score; None without ties.
        comparisons: Number of answers.
        ties: Number of them that are ties.
        wins: `wins[i, j]`: how often i was preferred to j.
        iterations: Of the optimiser.
        converged: The gradient vanished.
        loglikelihood: Of all answers.
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
    problem: str = ""


def fit(answers: Sequence[Comparison], link: Link = "bradley-terry") -> PairScores:
    """Maximum-likelihood scores.

    First is preferred with probability F(d - t), second with F(-d - t), neither with the rest, where d is the
    difference of the scores, F the logistic or the normal distribution function, and t >= 0 the threshold, which is 0
    when nobody answered with a tie.

    Args:
        answers: Of one content, or of several whose items have the same names.
        link: The distribution.

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
        nothing = np.empty(0)
        return PairScores(
            link,
            items,
            nothing,
            nothing,
            np.empty((0, 0)),
            None,
            len(answers),
            int(ties.sum()),
            wins,
            0,
            False,
            float("nan"),
            problem,
        )
    return _maximise(link, items, wins, ties)


def _maximise(link: Link, items: tuple[str, ...], wins: Floats, ties: Floats) -> PairScores:
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
    whole = likelihood.spread @ free
    covariance = likelihood.spread @ np.linalg.inv(information) @ likelihood.spread.T
    n = len(items)
    return PairScores(
        link=link,
        items=items,
        score=whole[:n],
        error=np.sqrt(np.diag(covariance)[:n]),
        covariance=covariance[:n, :n],
        threshold=float(np.exp(free[-1])) if ties.any() else None,
        comparisons=int(wins.sum() + ties.sum()),
        ties=int(ties.sum()),
        wins=wins,
        iterations=steps,
        converged=bool(np.abs(likelihood.gradient(free)).max() < 1e-6),
        loglikelihood=-likelihood.value(free),
    )


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
        ratio = self.won * np.exp(self.distribution.logpdf(d_won - t) - self.distribution.logcdf(d_won - t))
        np.add.at(whole, self.winner, ratio)
        np.add.at(whole, self.loser, -ratio)
        if len(self.tied):
            upper, lower = self.distribution.pdf(t - d_tied), self.distribution.pdf(-t - d_tied)
            share = self.tied / self._tie(d_tied, t)
            np.add.at(whole, self.left, share * (lower - upper))
            np.add.at(whole, self.right, share * (upper - lower))
            whole[-1] = t * ((share * (upper + lower)).sum() - ratio.sum())
        return -(self.spread.T @ whole)

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
