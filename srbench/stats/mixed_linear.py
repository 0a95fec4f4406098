"""The linear mixed model with crossed random effects, by restricted maximum likelihood."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize

from srbench.core.progress import NO_PROGRESS, Progress
from srbench.stats.arrays import Floats, Ints
from srbench.stats.random_effects import Products, Solver, arrange

_SINGULAR = 1e-4
"""Ratio to the residual's standard deviation below which that of an effect is 0, as lme4's isSingular has it."""
_STEP = 1e-3
"""Step of numerical derivatives of the criterion, in units of the residual's standard deviation."""


@dataclass(frozen=True, eq=False)
class LinearMixed:
    """A fitted linear mixed model.

    Attributes:
        fixed: Fixed effects, `(p,)`.
        covariance: Their covariance, `(p, p)`.
        sd: Standard deviation of each random effect, `(factors,)`.
        residual: Standard deviation of the residuals.
        criterion: The REML criterion: -2 times the restricted log-likelihood.
        converged: Whether the search says that it has found the minimum.
        slopes: Derivatives of `covariance` by the parameters of the variances, `(k, p, p)`.
        information_inverse: Asymptotic covariance of these parameters, `(k, k)`.
    """

    fixed: Floats
    covariance: Floats
    sd: Floats
    residual: float
    criterion: float
    converged: bool
    slopes: Floats
    information_inverse: Floats

    @property
    def singular(self) -> bool:
        """Whether a variance is estimated as 0, the end of its range, as lme4's isSingular says it."""
        return bool((self.sd == 0).any())

    def contrast(self, weights: Floats) -> tuple[float, float, float]:
        """Return value, standard error, and Satterthwaite's degrees of freedom of a combination of fixed effects.

        Source:
            Kuznetsova, Brockhoff and Christensen, lmerTest package, Journal of Statistical Software 82, 2017.
        """
        variance = float(weights @ self.covariance @ weights)
        slope = np.einsum("i,kij,j->k", weights, self.slopes, weights)
        spread = float(slope @ self.information_inverse @ slope)
        return float(weights @ self.fixed), float(np.sqrt(variance)), 2 * variance**2 / spread if spread > 0 else np.inf


def fit_linear(y: Floats, design: Floats, groups: Sequence[Ints], progress: Progress = NO_PROGRESS) -> LinearMixed:
    """Fit y = design x fixed effects + one random effect for each factor + residual.

    Args:
        y: Observations, `(n,)`.
        design: Design matrix of the fixed effects, `(n, p)`, of full rank.
        groups: Level of each observation, numbered from 0 without gaps, `(n,)`, for each factor; factors may cross.
        progress: Shows a task with a step for each try of the variances; their number is not known beforehand.

    Source:
        Bates, Machler, Bolker and Walker, Fitting linear mixed-effects models using lme4, Journal of Statistical
        Software 67, 2015, equations 39 to 42.
    """
    problem = _Problem(y, design, groups)
    with progress.task("fitting the linear mixed model") as task:

        def criterion(theta: Floats) -> float:
            task.advance()
            return problem.solve(theta).criterion()

        found = optimize.minimize(
            criterion,
            np.ones(len(groups)),
            method="COBYQA",
            bounds=[(0, None)] * len(groups),
            options={"final_tr_radius": 1e-6, "maxfev": 500 * len(groups)},
        )
    theta = np.where(found.x < _SINGULAR, 0.0, found.x)
    best = problem.solve(theta)
    sigma = best.sigma()
    slopes, information_inverse = _derivatives(problem, theta, sigma)
    return LinearMixed(
        fixed=best.fixed(),
        covariance=best.covariance(sigma),
        sd=theta * sigma,
        residual=sigma,
        criterion=best.criterion(),
        converged=bool(found.success),
        slopes=slopes,
        information_inverse=information_inverse,
    )


@dataclass(frozen=True, eq=False)
class _Solution:
    """The Cholesky factor of the penalised least squares for given ratios of standard deviations.

    Attributes:
        factor: Upper factor of the fixed effects and the observations, `(p + 1, p + 1)`.
        logdet: Logarithm of the determinant of the random effects' part.
        n: Number of observations.
    """

    factor: Floats
    logdet: float
    n: int

    @property
    def df(self) -> int:
        """Observations less fixed effects."""
        return self.n - len(self.factor) + 1

    def sigma(self) -> float:
        """Return the residuals' standard deviation that fits best."""
        return float(abs(self.factor[-1, -1]) / np.sqrt(self.df))

    def criterion(self, sigma: float = 0.0) -> float:
        """Return -2 times the restricted log-likelihood; for the best sigma where none is given."""
        sigma = sigma or self.sigma()
        fixed = 2 * np.log(np.abs(np.diag(self.factor)[:-1])).sum()
        squares = self.factor[-1, -1] ** 2 / sigma**2
        return float(self.logdet + fixed + self.df * np.log(2 * np.pi * sigma**2) + squares)

    def fixed(self) -> Floats:
        """Return the fixed effects."""
        return np.asarray(linalg.solve_triangular(self.factor[:-1, :-1], self.factor[:-1, -1]))

    def covariance(self, sigma: float) -> Floats:
        """Return the fixed effects' covariance."""
        inverse = linalg.solve_triangular(self.factor[:-1, :-1], np.eye(len(self.factor) - 1))
        return np.asarray(sigma**2 * inverse @ inverse.T)


class _Problem:
    """Cross products of a model, arranged in blocks."""

    def __init__(self, y: Floats, design: Floats, groups: Sequence[Ints]) -> None:
        self.n, self.tail = len(y), design.shape[1] + 1
        self.layout = arrange(groups)
        self.products = Products(self.layout).bordered(np.column_stack([design, y]))

    def solve(self, theta: Floats) -> _Solution:
        """Solve for random effects whose standard deviations are these multiples of the residuals'."""
        place = np.where(self.layout.factor >= 0, theta[self.layout.factor], 0.0)
        solved = Solver(self.products.scaled(place, self.tail))
        shared = self.layout.shared
        logdet = solved.logdet_inner + 2 * np.log(np.diag(solved.corner)[:shared]).sum()
        return _Solution(solved.corner[shared:, shared:], float(logdet), self.n)


def _derivatives(problem: _Problem, theta: Floats, sigma: float) -> tuple[Floats, Floats]:
    """Return slopes of the fixed effects' covariance, and the covariance of the parameters that are inside the bounds.

    Parameters are the ratios of standard deviations that are not 0, and the residuals' standard deviation.
    """
    inside = np.flatnonzero(theta > 0)
    k = len(inside) + 1
    steps = np.append(np.full(k - 1, _STEP), _STEP * sigma)

    def at(shift: Floats) -> tuple[float, Floats]:
        moved = theta.copy()
        moved[inside] = np.abs(theta[inside] + shift[:-1] * steps[:-1])
        wide = sigma + shift[-1] * steps[-1]
        solution = problem.solve(moved)
        return solution.criterion(wide), solution.covariance(wide)

    unit = np.eye(k)
    middle = at(np.zeros(k))[0]
    ahead, behind = [at(unit[i]) for i in range(k)], [at(-unit[i]) for i in range(k)]
    slopes = np.array([(ahead[i][1] - behind[i][1]) / (2 * steps[i]) for i in range(k)])
    curvature = np.empty((k, k))
    for i in range(k):
        curvature[i, i] = (ahead[i][0] - 2 * middle + behind[i][0]) / steps[i] ** 2
        for j in range(i):
            corners = [a * b * at(a * unit[i] + b * unit[j])[0] for a in (1, -1) for b in (1, -1)]
            curvature[i, j] = curvature[j, i] = sum(corners) / (4 * steps[i] * steps[j])
    return slopes, np.asarray(2 * linalg.pinvh(curvature))
