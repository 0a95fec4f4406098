"""The cumulative-link mixed model (logit) with crossed random effects, by Laplace's approximation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, sparse, special

from srbench.stats.arrays import Floats, Ints

_LEAST_SD, _MOST_SD = 1e-3, 20.0
_NUDGE = 1e-5


@dataclass(frozen=True, eq=False)
class OrdinalMixed:
    """A fitted cumulative-link mixed model: logit P(category <= k) = threshold k - (fixed + random effects).

    Attributes:
        thresholds: Thresholds between categories, `(categories - 1,)`.
        fixed: Fixed effects, `(p,)`.
        covariance: Covariance of the fixed effects, `(p, p)`.
        sd: Standard deviation of each random effect, `(factors,)`, in log odds.
        loglikelihood: Laplace's approximation of the log-likelihood.
        converged: Whether the search says that it has found the maximum.
    """

    thresholds: Floats
    fixed: Floats
    covariance: Floats
    sd: Floats
    loglikelihood: float
    converged: bool


def fit_ordinal(category: Ints, design: Floats, groups: Sequence[Ints]) -> OrdinalMixed:
    """Fit thresholds, fixed effects and variances.

    Args:
        category: Category of each observation, numbered from 0; every one occurs, `(n,)`.
        design: Design matrix of the fixed effects, `(n, p)`, without a column for the intercept.
        groups: Level of each observation, numbered from 0 without gaps, `(n,)`, for each factor; factors may cross.

    Source:
        Agresti, Analysis of ordinal categorical data, 2nd edition 2010, section 10.1; Christensen, package ordinal.
    """
    problem = _Problem(category, design, groups)
    found = optimize.minimize(
        problem.negative,
        problem.start(),
        jac=True,
        method="L-BFGS-B",
        bounds=problem.bounds(),
        options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-4},
    )
    loglikelihood = -problem.negative(found.x)[0]
    thresholds, fixed, sd = problem.parts(found.x)
    return OrdinalMixed(
        thresholds=thresholds,
        fixed=fixed,
        covariance=_covariance(problem, found.x),
        sd=np.where(sd <= 1.01 * _LEAST_SD, 0.0, sd),
        loglikelihood=loglikelihood,
        converged=bool(found.success),
    )


def _covariance(problem: "_Problem", at: Floats) -> Floats:
    """Return the fixed effects' covariance from differences of gradients; variances at 0 stay there."""
    free = np.flatnonzero(at > np.array([low if low is not None else -np.inf for low, _ in problem.bounds()]) + 1e-6)
    step = 1e-4
    rows = []
    for i in free:
        shift = np.zeros(len(at))
        shift[i] = step
        rows.append((problem.negative(at + shift)[1] - problem.negative(at - shift)[1])[free] / (2 * step))
    hessian = (np.array(rows) + np.array(rows).T) / 2
    cuts, p = problem.cuts, problem.design.shape[1]
    inverse = linalg.pinvh(hessian)
    return np.asarray(inverse[cuts : cuts + p, cuts : cuts + p])


class _Problem:
    """The likelihood of parameters: first threshold, logarithms of the thresholds' gaps, fixed effects, log sds."""

    def __init__(self, category: Ints, design: Floats, groups: Sequence[Ints]) -> None:
        self.category, self.design = category, design
        self.levels = [int(group.max()) + 1 for group in groups]
        starts = np.cumsum([0, *self.levels])
        self.columns = np.stack([group + start for group, start in zip(groups, starts, strict=False)], axis=1)
        n, factors = self.columns.shape
        self.z = sparse.csr_array(
            (np.ones(n * factors), (np.repeat(np.arange(n), factors), self.columns.ravel())), shape=(n, starts[-1])
        )
        self.factor = np.repeat(np.arange(factors), self.levels)
        self.cuts = int(category.max())
        self.random = np.zeros(starts[-1])

    def start(self) -> Floats:
        """Return parameters to begin with: thresholds of all observations together, nothing else, sds of one half."""
        shares = np.cumsum(np.bincount(self.category))[:-1] / len(self.category)
        thresholds = special.logit(shares)
        fixed = np.zeros(self.design.shape[1])
        return np.concatenate(
            [thresholds[:1], np.log(np.diff(thresholds)), fixed, np.full(len(self.levels), np.log(0.5))]
        )

    def bounds(self) -> list[tuple[float | None, float | None]]:
        """Return the bounds of the parameters."""
        free: list[tuple[float | None, float | None]] = [(None, None)] * (self.cuts + self.design.shape[1])
        return free + [(float(np.log(_LEAST_SD)), float(np.log(_MOST_SD)))] * len(self.levels)

    def parts(self, parameters: Floats) -> tuple[Floats, Floats, Floats]:
        """Return thresholds, fixed effects and standard deviations."""
        p = self.design.shape[1]
        first, gaps = parameters[:1], np.exp(parameters[1 : self.cuts])
        fixed, logs = parameters[self.cuts : self.cuts + p], parameters[self.cuts + p :]
        return np.cumsum(np.concatenate([first, gaps])), fixed, np.exp(logs)

    def negative(self, parameters: Floats) -> tuple[float, Floats]:
        """Return the negative log-likelihood and its gradient."""
        thresholds, fixed, sd = self.parts(parameters)
        precision = 1 / sd[self.factor] ** 2
        line = self.design @ fixed
        inverse, logdet, ends = self._mode(thresholds, line, precision)
        density = _Density(*ends)
        value = density.loglikelihood().sum() - 0.5 * (precision * self.random**2).sum()
        value -= np.log(sd[self.factor]).sum() + 0.5 * logdet
        return -float(value), -self._gradient(parameters, density, precision, inverse)

    def _ends(self, thresholds: Floats, eta: Floats) -> tuple[Floats, Floats]:
        edges = np.concatenate([[-np.inf], thresholds, [np.inf]])
        return edges[self.category + 1] - eta, edges[self.category] - eta

    def _mode(self, thresholds: Floats, line: Floats, precision: Floats) -> tuple[Floats, float, tuple[Floats, Floats]]:
        """Find the random effects' mode by Newton steps; return inverse and log determinant of the curvature there."""

        def height(random: Floats) -> float:
            ends = self._ends(thresholds, line + self.z @ random)
            return float(_Density(*ends).loglikelihood().sum() - 0.5 * (precision * random**2).sum())

        random, now = self.random, height(self.random)
        for _ in range(100):
            density = _Density(*self._ends(thresholds, line + self.z @ random))
            gradient = self.z.T @ density.slope() - precision * random
            factor = linalg.cho_factor(self._curvature(density, precision), check_finite=False)
            step = linalg.cho_solve(factor, gradient)
            while (new := height(random + step)) < now - 1e-9 * abs(now) and np.abs(step).max() > 1e-10:
                step = step / 2
            random, now = random + step, new
            if float(np.abs(step).max()) < 1e-7:
                break
        self.random = random
        ends = self._ends(thresholds, line + self.z @ random)
        factor = linalg.cho_factor(self._curvature(_Density(*ends), precision), check_finite=False)
        inverse = linalg.cho_solve(factor, np.eye(len(random)), check_finite=False)
        return inverse, float(2 * np.log(np.diag(factor[0])).sum()), ends

    def _curvature(self, density: "_Density", precision: Floats) -> Floats:
        weighted = self.z.T @ (self.z * density.weight()[:, None])
        return np.asarray(weighted.toarray() + np.diag(precision))

    def _gradient(self, parameters: Floats, density: "_Density", precision: Floats, inverse: Floats) -> Floats:
        """Differentiate Laplace's approximation, the shift of the mode included.

        The derivative of -1/2 log det(Z'WZ + D^-1) needs that of W along each parameter, taken numerically, and the
        diagonal of Z H^-1 Z'.
        """
        n, p = len(self.category), self.design.shape[1]
        leverage = inverse[self.columns[:, :, None], self.columns[:, None, :]].sum(axis=(1, 2))
        upper, lower = density.slopes_of_ends()
        cross_upper, cross_lower = density.cross()
        gaps = np.exp(parameters[1 : self.cuts])
        gradient = np.empty(len(parameters))
        for k in range(len(parameters)):
            da, db, deta = np.zeros(n), np.zeros(n), np.zeros(n)
            pull = np.zeros(len(precision))
            direct = 0.0
            if k < self.cuts:  # all thresholds from this one on move
                amount = 1.0 if k == 0 else gaps[k - 1]
                da[(self.category >= k) & (self.category < self.cuts)] = amount
                db[self.category > k] = amount
                direct = float((upper * da + lower * db).sum())
                pull = self.z.T @ (cross_upper * da + cross_lower * db)
            elif k < self.cuts + p:
                deta = self.design[:, k - self.cuts]
                direct = float((density.slope() * deta).sum())
                pull = -(self.z.T @ (density.weight() * deta))
            else:
                own = self.factor == k - self.cuts - p
                squares = precision[own] * self.random[own] ** 2
                pull[own] = 2 * precision[own] * self.random[own]
                direct = float(squares.sum() - own.sum() + (precision[own] * np.diag(inverse)[own]).sum())
            deta = deta + self.z @ (inverse @ pull)
            change = density.weight_along(da - deta, db - deta)
            gradient[k] = direct - 0.5 * float(leverage @ change)
        return gradient


class _Density:
    """Log-likelihood of observations and its derivatives by eta, whose ends are threshold minus eta."""

    def __init__(self, upper: Floats, lower: Floats) -> None:
        self.upper, self.lower = upper, lower
        sign = np.where(upper + lower > 0, -1.0, 1.0)  # the side on which differences of logistics keep their digits
        gap = np.abs(special.expit(sign * upper) - special.expit(sign * lower))
        self.chance = np.maximum(gap, 1e-300)

    def loglikelihood(self) -> Floats:
        """Return the logarithm of each observation's probability."""
        return np.asarray(np.log(self.chance))

    def slope(self) -> Floats:
        """Return the derivative by eta."""
        return -(_first(self.upper) - _first(self.lower)) / self.chance

    def weight(self) -> Floats:
        """Return minus the second derivative by eta, which is positive: the logistic is log-concave."""
        return self.slope() ** 2 - (_second(self.upper) - _second(self.lower)) / self.chance

    def slopes_of_ends(self) -> tuple[Floats, Floats]:
        """Return the derivatives by the upper and by the lower end."""
        return _first(self.upper) / self.chance, -_first(self.lower) / self.chance

    def cross(self) -> tuple[Floats, Floats]:
        """Return the derivatives of `slope` by the upper and by the lower end."""
        upper, lower = self.slopes_of_ends()
        slope = self.slope()
        return -_second(self.upper) / self.chance - slope * upper, _second(self.lower) / self.chance - slope * lower

    def weight_along(self, upper: Floats, lower: Floats) -> Floats:
        """Return the derivative of `weight` along a direction of both ends."""
        size = max(float(np.abs(upper).max()), float(np.abs(lower).max()), 1e-12)
        step = _NUDGE / size
        ahead = _Density(self.upper + step * upper, self.lower + step * lower).weight()
        behind = _Density(self.upper - step * upper, self.lower - step * lower).weight()
        return (ahead - behind) / (2 * step)


def _first(x: Floats) -> Floats:
    p = special.expit(x)
    return np.asarray(p * special.expit(-x))


def _second(x: Floats) -> Floats:
    return np.asarray(_first(x) * (special.expit(-x) - special.expit(x)))
