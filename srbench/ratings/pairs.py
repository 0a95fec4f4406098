"""Scores of items from paired comparisons: Bradley-Terry and Thurstone, with ties and standard errors."""

from collections.abc import Sequence

import numpy as np
from scipy import optimize, stats

from srbench.ratings.pair_connection import why_unbounded, why_unconnected
from srbench.ratings.pair_likelihood import Outcomes, PairLikelihood
from srbench.ratings.pair_scores import Cluster, Link, PairScores
from srbench.ratings.votes import PairAnswer
from srbench.stats.arrays import Floats, Ints
from srbench.stats.clustered import clustered_covariance

DISTRIBUTIONS: dict[Link, "stats.rv_continuous"] = {
    "bradley-terry": stats.logistic,
    "thurstone": stats.norm,
    "jod": stats.norm(scale=1 / stats.norm.ppf(0.75)),
}
"""Distribution of a difference, in units of each link."""
PRIOR_WINS = 0.5
"""Wins each way that are added to every pair that was compared, where the likelihood alone has no maximum."""
_MOST_STEPS, _SCORING_STEPS = 500, 5


def fit(
    answers: Sequence[PairAnswer], link: Link = "bradley-terry", clusters: Sequence[Cluster] = ("rater",)
) -> PairScores:
    """Estimate scores by maximum likelihood.

    Where the likelihood has no maximum, as when an item never wins, half a win each way is added to every pair that was
    compared; the variances are then those of independent answers at least.

    First is preferred with probability F(d - t), second with F(-d - t), neither with the rest, where d is the
    difference of the scores, F the logistic or the normal distribution function, and t >= 0 the threshold, which is 0
    when nobody answered with a tie.

    Args:
        answers: Answers on one content, or on several whose items have the same names.
        link: Distribution of the difference: logistic ("bradley-terry") or normal ("thurstone", "jod").
        clusters: Kinds of clusters whose answers depend on one another, those of one rater or on one content; with
            both, the robust covariance is two-way.

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
    problem = why_unconnected(items, wins, ties)
    if problem:
        return _without_scores(link, items, wins, ties, problem)
    outcomes = Outcomes(
        winner=np.array([index[answer.winner] for answer in answers]),
        loser=np.array([index[answer.loser] for answer in answers]),
        tie=np.array([answer.tie for answer in answers]),
    )
    labels = {kind: _numbered([getattr(answer, kind) for answer in answers]) for kind in clusters}
    return _maximise(link, items, wins, ties, outcomes, labels)


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
        over_raters=nothing,
        problem=problem,
    )


def _maximise(
    link: Link, items: tuple[str, ...], wins: Floats, ties: Floats, outcomes: Outcomes, labels: dict[Cluster, Ints]
) -> PairScores:
    unbounded = why_unbounded(items, wins, ties)
    prior = PRIOR_WINS if unbounded else 0.0
    asked = (wins + wins.T + ties + ties.T) > 0
    likelihood = PairLikelihood(wins + prior * asked, ties, DISTRIBUTIONS[link])
    parameters, steps = _maximum(likelihood)
    n = len(items)
    estimates = likelihood.spread @ parameters
    inverse = np.linalg.inv(likelihood.information(parameters))
    covariance = (likelihood.spread @ inverse @ likelihood.spread.T)[:n, :n]
    clusters = {kind: int(label.max()) + 1 for kind, label in labels.items()}
    bread = likelihood.spread[:n] @ np.linalg.inv(likelihood.curvature(parameters))

    def robust_over(kinds: Sequence[Cluster]) -> Floats:
        if min((clusters[kind] for kind in kinds), default=0) < 2:
            return np.full((n, n), np.nan)
        return clustered_covariance(
            bread=bread,
            gradients=lambda label: likelihood.gradients(parameters, outcomes, label),
            labels=[labels[kind] for kind in kinds],
            independent=covariance,
            at_least=bool(prior),
        )

    robust = robust_over(list(labels))
    by_rater: list[Cluster] = ["rater"] if "rater" in labels else []
    return PairScores(
        link=link,
        items=items,
        score=estimates[:n],
        error=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        threshold=float(np.exp(parameters[-1])) if ties.any() else None,
        comparisons=int(wins.sum() + ties.sum()),
        ties=int(ties.sum()),
        wins=wins,
        iterations=steps,
        converged=bool(np.abs(likelihood.gradient(parameters)).max() < 1e-6),
        loglikelihood=-PairLikelihood(wins, ties, DISTRIBUTIONS[link]).value(parameters),
        clusters=clusters,
        robust=robust,
        robust_error=np.sqrt(np.diag(robust)),
        robust_df=None if np.isnan(robust).any() else min(clusters.values()) - 1,
        over_raters=np.sqrt(np.diag(robust_over(by_rater))),
        rater_df=clusters["rater"] - 1 if by_rater and clusters["rater"] > 1 else None,
        prior=prior,
        unbounded=unbounded,
    )


def _maximum(likelihood: PairLikelihood) -> tuple[Floats, int]:
    """Find the parameters of greatest likelihood; also returns the number of steps taken."""
    optimum = optimize.minimize(
        likelihood.value,
        likelihood.start(),
        jac=likelihood.gradient,
        method="BFGS",
        options={"gtol": 1e-9, "maxiter": _MOST_STEPS},
    )
    parameters = optimum.x
    # A few scoring steps make the scores exact where BFGS stops short of rounding.
    for _ in range(_SCORING_STEPS):
        information = likelihood.information(parameters)
        parameters = parameters - np.linalg.solve(information, likelihood.gradient(parameters))
    return parameters, int(optimum.nit) + _SCORING_STEPS
