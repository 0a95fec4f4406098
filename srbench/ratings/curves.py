"""Curves that map a metric to the scale of the scores, fitted by least squares."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy import optimize, special

from srbench.stats.arrays import Floats

Curve = Literal["logistic4", "logistic5", "cubic"]
PARAMETERS: dict[Curve, int] = {"logistic4": 4, "logistic5": 5, "cubic": 4}


class FittedCurve(NamedTuple):
    """A curve's parameters.

    Attributes:
        parameters: Parameters, for the metric as it is.
        converged: Whether at least one start reached a minimum.
    """

    parameters: tuple[float, ...]
    converged: bool


def curve(name: Curve, x: Floats, parameters: Sequence[float] | Floats) -> Floats:
    """Map a metric by a curve.

    logistic4: b + (a - b) / (1 + exp(-(x - c) / |d|)). logistic5: b1 (1/2 - 1 / (1 + exp(b2 (x - b3)))) + b4 x + b5.
    cubic: a x^3 + b x^2 + c x + d.
    """
    p = parameters
    if name == "cubic":
        return np.asarray(np.polyval(p, x))
    if name == "logistic4":
        return np.asarray(p[1] + (p[0] - p[1]) * special.expit((x - p[2]) / max(abs(p[3]), 1e-12)))
    return np.asarray(p[0] * (0.5 - special.expit(-p[1] * (x - p[2]))) + p[3] * x + p[4])


def fit_curve(name: Curve, x: Floats, y: Floats) -> FittedCurve:
    """Fit a curve by least squares; logistic ones from the best points of a grid, on the standardised metric.

    The cubic is monotonic between the least and the greatest value of the metric.
    """
    if name == "cubic":
        return _monotonic_cubic(x, y)
    centre, scale = float(x.mean()), float(x.std())
    z = (x - centre) / scale
    best = min((_solve(name, z, y, start) for start in _starts(name, z, y)), key=lambda result: float(result.cost))
    return FittedCurve(_unscaled(name, best.x, centre, scale), bool(best.success))


def _monotonic_cubic(x: Floats, y: Floats) -> FittedCurve:
    """Fit a third-order polynomial whose slope does not change its sign on the values.

    A quadratic that is not negative on [-1, 1] is (a + b u)^2 + c^2 (1 - u^2) for some a, b, c (Markov and Lukacs).

    Source:
        ITU-T P.1401 (2020), clause 7.3.
    """
    middle, reach = (x.max() + x.min()) / 2, np.ptp(x) / 2
    u = (x - middle) / reach
    free = np.polyfit(u, y, 3)
    found, converged = free, True
    if not _is_monotonic(free):
        tried = [_slopes(u, y, sign, start) for sign in (1.0, -1.0) for start in _SLOPES]
        found, _, converged = min(tried, key=lambda one: one[1])
    return FittedCurve(tuple(map(float, _moved(found, middle, reach))), converged)


def _is_monotonic(polynomial: Floats) -> bool:
    slope = np.polyder(polynomial)
    at = [-1.0, 1.0]
    if slope[0] != 0:
        at.append(float(np.clip(-slope[1] / (2 * slope[0]), -1, 1)))
    values = np.polyval(slope, at)
    return bool((values >= 0).all() or (values <= 0).all())


_SLOPES = [(1.0, 0.0, 0.1), (0.5, 0.5, 0.1), (0.5, -0.5, 0.1), (0.1, 1.0, 0.1), (0.1, 0.1, 1.0)]
"""Parameters a, b, c of the slope that the search starts from."""


def _slopes(u: Floats, y: Floats, sign: float, start: tuple[float, float, float]) -> tuple[Floats, float, bool]:
    """Fit by the parameters of the slope; also returns the squares that are left, and whether a minimum was reached."""
    size = float(np.sqrt(max(float(np.ptp(y)), 1e-12)))

    def polynomial(parameters: Floats) -> Floats:
        a, b, c = parameters * size
        return sign * np.array([(b**2 - c**2) / 3, a * b, a**2 + c**2, 0.0])

    def miss(parameters: Floats) -> Floats:
        rest = y - np.polyval(polynomial(parameters), u)
        return np.asarray(rest - rest.mean())

    found = optimize.least_squares(miss, np.array(start))
    best = polynomial(found.x)
    best[-1] = (y - np.polyval(best, u)).mean()
    return best, float(found.cost), bool(found.success)


def _moved(polynomial: Floats, middle: float, reach: float) -> Floats:
    """Return the polynomial of the metric as it is."""
    line = np.poly1d([1 / reach, -middle / reach])
    whole = np.poly1d(polynomial)(line)
    return np.concatenate([np.zeros(4 - len(whole.coeffs)), whole.coeffs])


def _solve(name: Curve, z: Floats, y: Floats, start: Floats) -> Any:
    def miss(parameters: Floats) -> Floats:
        return curve(name, z, parameters) - y

    return optimize.least_squares(miss, start, method="lm", max_nfev=4_000)


def _starts(name: Curve, z: Floats, y: Floats) -> list[Floats]:
    """Return the best of a grid of centres and slopes; given those, the other parameters are linear."""
    tried: list[tuple[float, Floats]] = []
    for centre in np.quantile(z, np.linspace(0.02, 0.98, 13)):
        for slope in (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2):
            bent = special.expit((z - centre) / slope)
            plain = [bent, 1 - bent] if name == "logistic4" else [bent - 0.5, z, np.ones_like(z)]
            linear, *_ = np.linalg.lstsq(np.column_stack(plain), y)
            squares = float(((np.column_stack(plain) @ linear - y) ** 2).sum())
            shape = (centre, slope) if name == "logistic4" else (1 / slope, centre)
            at = 2 if name == "logistic4" else 1
            tried.append((squares, np.insert(linear, at, shape)))
    return [start for _, start in sorted(tried, key=lambda pair: pair[0])[:3]]


def _unscaled(name: Curve, p: Floats, centre: float, scale: float) -> tuple[float, ...]:
    """Return the parameters for the metric as it is."""
    if name == "logistic4":
        return float(p[0]), float(p[1]), float(p[2] * scale + centre), float(abs(p[3]) * scale)
    tilt = p[3] / scale
    return float(p[0]), float(p[1] / scale), float(p[2] * scale + centre), float(tilt), float(p[4] - tilt * centre)
