"""Rules for means of skewed values, beside Student's t: what each gains, and what it costs."""

from collections.abc import Callable, Iterator

import numpy as np
from scipy import stats

from benchmarks.coverage.figures import NORMAL_MEANS, Figure, figure
from benchmarks.coverage.means import SHAPES, SIZES, of_fixture
from srbench.stats.arrays import Floats
from srbench.stats.means import mean_interval
from srbench.stats.student import t_quantile


def _by(method: str) -> Callable[[Floats, float], bool]:
    def holds(values: Floats, truth: float) -> bool:
        ends = mean_interval(values, method)  # type: ignore[arg-type]
        return ends is not None and ends[0] <= truth <= ends[1]

    return holds


def johnson(values: Floats, truth: float) -> bool:
    """Whether Johnson's modified t of the true mean is within Student's quantiles.

    Source:
        Johnson, Journal of the American Statistical Association 73, 1978.
    """
    n, off, variance = len(values), float(values.mean()) - truth, float(values.var(ddof=1))
    third = float(stats.moment(values, 3)) * n**2 / ((n - 1) * (n - 2))
    modified = off + third / (6 * variance * n) + third / (3 * variance**2) * off**2
    return abs(modified) <= t_quantile(n - 1) * np.sqrt(variance / n)


def empirical_likelihood(values: Floats, truth: float) -> bool:
    """Whether the empirical likelihood ratio of the true mean is within the quantile of F(1, n - 1).

    Source:
        Owen, Empirical likelihood, 2001, sections 2.4 and 3.3.
    """
    rest, n = values - truth, len(values)
    if rest.min() >= 0 or rest.max() <= 0:
        return False
    low, high = -(1 - 1 / n) / rest.max(), -(1 - 1 / n) / rest.min()
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if (rest / (1 + middle * rest)).sum() > 0 else (low, middle)
    return bool(2 * np.log1p(low * rest).sum() <= stats.f.ppf(0.95, 1, n - 1))


RULES: dict[str, Callable[[Floats, float], bool]] = {
    "Student t (the default)": _by("t"),
    "Student t and Hall's transformation, the further end (--interval hall)": _by("hall"),
    "Johnson's modified t": johnson,
    "empirical likelihood": empirical_likelihood,
}


def measured(trials: int, fixture: Floats | None) -> Iterator[Figure]:
    """Measure every rule in every regime on the same samples.

    Args:
        trials: Number of samples.
        fixture: Real values, `(models, images)`; None where there are none.
    """
    for number, (regime, (draw, truth)) in enumerate(SHAPES.items()):
        for n in SIZES:
            generator = np.random.default_rng((25, number, n))
            yield from _of_rules(regime, [(draw(generator, n), truth) for _ in range(trials)])
    if fixture is not None:
        for n in SIZES:
            generator = np.random.default_rng((25, 9, n))
            samples = [of_fixture(generator, fixture, n, pair=True) for _ in range(trials)]
            yield from _of_rules("challenge, differences of two models", samples)


def _of_rules(regime: str, samples: list[tuple[Floats, float]]) -> Iterator[Figure]:
    for rule, holds in RULES.items():
        held = [float(holds(values, truth)) for values, truth in samples]
        yield figure(rule, regime, f"n = {len(samples[0][0])}", "interval", held, NORMAL_MEANS)
