"""The cumulative-link mixed model (logit) with crossed random effects, by Laplace's approximation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, special

from srbench.core.progress import NO_PROGRESS, Progress
from srbench.stats.arrays import Floats, Ints
from srbench.stats.random_effects import Products, Solver, arrange

_LEAST_SD, _MOST_SD = 1e-3, 20.0
_SEARCH = 150
"""Computations of the likelihood that a search mostly takes."""
_LOGISTIC_SD = float(np.pi / np.sqrt(3))


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

    @property
    def singular(self) -> bool:
        """Whether a variance is estimated as 0, the end of its range."""
        return bool((self.sd == 0).any())


def fit_ordinal(
    category: Ints, design: Floats, groups: Sequence[Ints], progress: Progress = NO_PROGRESS
) -> OrdinalMixed:
    """Fit thresholds, fixed effects and variances.

    Args:
        category: Category of each observation, numbered from 0; every one occurs, `(n,)`.
        design: Design matrix of the fixed effects, `(n, p)`, without a column for the intercept.
        groups: Level of each observation, numbered from 0 without gaps, `(n,)`, for each factor; factors may cross.
        progress: Shows a task with a step for each computation of the likelihood. How many the search needs is not
            known beforehand: the total is what it mostly takes.

    Source:
        Agresti, Analysis of ordinal categorical data, 2nd edition 2010, section 10.1; Christensen, package ordinal.
    """
    problem = _Problem(category, design, groups)
    with progress.task("fitting the ordinal mixed model", _SEARCH + 2 * len(problem.start())) as task:

        def negative(parameters: Floats) -> tuple[float, Floats]:
            task.advance()
            return problem.negative(parameters)

        found = optimize.minimize(
            negative,
            problem.start(),
            jac=True,
            method="L-BFGS-B",
            bounds=problem.bounds(),
            options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-4},
        )
        loglikelihood = -problem.negative(found.x)[0]
        thresholds, fixed, sd = problem.parts(found.x)
        covariance = _covariance(problem, found.x, negative)
    return OrdinalMixed(
        thresholds=thresholds,
        fixed=fixed,
        covariance=covariance,
        sd=np.where(sd <= 1.01 * _LEAST_SD, 0.0, sd),
        loglikelihood=loglikelihood,
        converged=bool(found.success),
    )


def _covariance(problem: "_Problem", at: Floats, negative: Callable[[Floats], tuple[float, Floats]]) -> Floats:
    """Return the fixed effects' covariance from differences of gradients; variances at 0 stay there."""
    free = np.flatnonzero(at > np.array([low if low is not None else -np.inf for low, _ in problem.bounds()]) + 1e-6)
    step = 1e-4
    rows = []
    for i in free:
        shift = np.zeros(len(at))
        shift[i] = step
        rows.append((negative(at + shift)[1] - negative(at - shift)[1])[free] / (2 * step))
    hessian = (np.array(rows) + np.array(rows).T) / 2
    cuts, p = problem.cuts, problem.design.shape[1]
    inverse = linalg.pinvh(hessian)
    return np.asarray(inverse[cuts : cuts + p, cuts : cuts + p])


class _Problem:
    """The likelihood of parameters: first threshold, logarithms of the thresholds' gaps, fixed effects, log sds."""

    def __init__(self, category: Ints, design: Floats, groups: Sequence[Ints]) -> None:
        self.category, self.design = category, design
        self.factors = len(groups)
        self.layout = arrange(groups)
        self.products = Products(self.layout)
        self.z = self.products.indicators
        self.factor = self.layout.factor
        self.cuts = int(category.max())
        self.random = np.zeros(self.layout.places)

    def start(self) -> Floats:
        """Return parameters to begin with: those of a linear model of the categories, in log odds; sds of one half."""
        n, slopes = len(self.category), np.zeros(self.design.shape[1])
        rest = self.category - self.category.mean()
        if self.design.shape[1]:
            centred = self.design - self.design.mean(axis=0)
            slopes, *_ = np.linalg.lstsq(centred, rest, rcond=None)
            rest = rest - centred @ slopes
        ratio = _LOGISTIC_SD / max(float(rest.std()), 0.3)
        explained = max(0.3, float(rest.std()) / max(float(self.category.std()), 1e-9))
        thresholds = special.logit(np.cumsum(np.bincount(self.category))[:-1] / n) / explained
        thresholds = thresholds + self.design.mean(axis=0) @ slopes * ratio
        return np.concatenate(
            [thresholds[:1], np.log(np.diff(thresholds)), slopes * ratio, np.full(self.factors, np.log(0.5))]
        )

    def bounds(self) -> list[tuple[float | None, float | None]]:
        """Return the bounds of the parameters."""
        free: list[tuple[float | None, float | None]] = [(None, None)] * (self.cuts + self.design.shape[1])
        return free + [(float(np.log(_LEAST_SD)), float(np.log(_MOST_SD)))] * self.factors

    def parts(self, parameters: Floats) -> tuple[Floats, Floats, Floats]:
        """Return thresholds, fixed effects and standard deviations."""
        p = self.design.shape[1]
        first, gaps = parameters[:1], np.exp(parameters[1 : self.cuts])
        fixed, logs = parameters[self.cuts : self.cuts + p], parameters[self.cuts + p :]
        return np.cumsum(np.concatenate([first, gaps])), fixed, np.exp(logs)

    def negative(self, parameters: Floats) -> tuple[float, Floats]:
        """Return the negative log-likelihood and its gradient."""
        thresholds, fixed, sd = self.parts(parameters)
        # Empty places take no part: their effects stay at 0, with a variance of 1.
        spread = np.where(self.factor >= 0, sd[self.factor], 1.0)
        precision = 1 / spread**2
        solver, density = self._mode(thresholds, self.design @ fixed, precision)
        value = density.loglikelihood().sum() - 0.5 * (precision * self.random**2).sum()
        value -= np.log(spread).sum() + 0.5 * solver.logdet
        return -float(value), -self._gradient(parameters, density, precision, solver)

    def _ends(self, thresholds: Floats, eta: Floats) -> tuple[Floats, Floats]:
        edges = np.concatenate([[-np.inf], thresholds, [np.inf]])
        return edges[self.category + 1] - eta, edges[self.category] - eta

    def _mode(self, thresholds: Floats, line: Floats, precision: Floats) -> "tuple[Solver, _Density]":
        """Find the random effects' mode by Newton steps; return the factored curvature and the densities there."""

        def at(random: Floats) -> tuple[_Density, float]:
            density = _Density(*self._ends(thresholds, line + self.z @ random))
            return density, float(density.loglikelihood().sum() - 0.5 * (precision * random**2).sum())

        random = self.random
        density, height = at(random)
        for _ in range(100):
            step = self._factored(density, precision).solve(self.z.T @ density.slope() - precision * random)
            density, new = at(random + step)
            while new < height - 1e-9 * abs(height) and np.abs(step).max() > 1e-10:
                step = step / 2
                density, new = at(random + step)
            random, height = random + step, new
            if float(np.abs(step).max()) < 1e-7:
                break
        self.random = random
        return self._factored(density, precision), density

    def _factored(self, density: "_Density", precision: Floats) -> Solver:
        """Factor the curvature Z'WZ + D^-1."""
        return Solver(self.products.of(density.weight()).raised(precision))

    def _gradient(self, parameters: Floats, density: "_Density", precision: Floats, solver: Solver) -> Floats:
        """Differentiate Laplace's approximation, the shift of the mode included.

        The derivative of -1/2 log det(Z'WZ + D^-1) needs that of W along each parameter and the diagonal of Z H^-1 Z'.
        W depends on a parameter through both ends, and through the mode: along H^-1 times the pull of the parameter on
        it. That is linear, so one solution with the derivatives of W serves all parameters.
        """
        leverage, diagonal = solver.leverages(self.layout)
        upper, lower = density.slopes_of_ends()
        cross_upper, cross_lower = density.cross()
        by_upper, by_lower = (leverage * slope for slope in density.weight_slopes())
        by_eta = by_upper + by_lower
        shift = solver.solve(self.z.T @ by_eta)  # what a pull on the mode changes the determinant by
        along = self.z @ shift
        # What a shift of each observation's upper and lower end, or of its eta, changes the approximation by.
        of_upper = upper - 0.5 * by_upper + 0.5 * along * cross_upper
        of_lower = lower - 0.5 * by_lower + 0.5 * along * cross_lower
        of_eta = density.slope() + 0.5 * by_eta - 0.5 * along * density.weight()
        gaps = np.concatenate([[1.0], np.exp(parameters[1 : self.cuts])])
        by_threshold = np.array([of_upper[self.category == k].sum() for k in range(self.cuts)])
        by_threshold += [of_lower[self.category == k + 1].sum() for k in range(self.cuts)]
        thresholds = gaps * np.cumsum(by_threshold[::-1])[::-1]  # all thresholds from one on move with its gap
        squares = precision * self.random**2
        each = squares - 1 + precision * diagonal + shift * precision * self.random
        real = self.factor >= 0
        sds = np.bincount(self.factor[real], each[real], self.factors)
        return np.concatenate([thresholds, self.design.T @ of_eta, sds])


class _Density:
    """Log-likelihood of observations and its derivatives by eta, whose ends are threshold minus eta."""

    def __init__(self, upper: Floats, lower: Floats) -> None:
        ends = upper, lower
        below, above = [special.expit(x) for x in ends], [special.expit(-x) for x in ends]
        right = upper + lower > 0  # the side on which differences of logistics keep their digits
        gap = np.where(right, np.abs(above[0] - above[1]), np.abs(below[0] - below[1]))
        self.chance = np.maximum(gap, 1e-300)
        # Derivatives of the logistic at both ends, over the chance.
        densities = [p * q for p, q in zip(below, above, strict=True)]
        self._first = [f / self.chance for f in densities]
        self._second = [f * (q - p) for f, p, q in zip(self._first, below, above, strict=True)]
        self._third = [g * (1 - 6 * f) for g, f in zip(self._first, densities, strict=True)]

    def loglikelihood(self) -> Floats:
        """Return the logarithm of each observation's probability."""
        return np.asarray(np.log(self.chance))

    def slope(self) -> Floats:
        """Return the derivative by eta."""
        return self._first[1] - self._first[0]

    def weight(self) -> Floats:
        """Return minus the second derivative by eta, which is positive: the logistic is log-concave."""
        return self.slope() ** 2 - (self._second[0] - self._second[1])

    def slopes_of_ends(self) -> tuple[Floats, Floats]:
        """Return the derivatives by the upper and by the lower end."""
        return self._first[0], -self._first[1]

    def cross(self) -> tuple[Floats, Floats]:
        """Return the derivatives of `slope` by the upper and by the lower end."""
        slope, (upper, lower) = self.slope(), self.slopes_of_ends()
        return -self._second[0] - slope * upper, self._second[1] - slope * lower

    def weight_slopes(self) -> tuple[Floats, Floats]:
        """Return the derivatives of `weight` by the upper and by the lower end."""
        slope, curved = self.slope(), self._second[0] - self._second[1]
        by_upper, by_lower = self.slopes_of_ends()
        cross_upper, cross_lower = self.cross()
        upper = 2 * slope * cross_upper - self._third[0] + curved * by_upper
        lower = 2 * slope * cross_lower + self._third[1] + curved * by_lower
        return upper, lower
