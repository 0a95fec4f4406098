"""Intervals of a mean, by all methods, on values of several shapes."""

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.coverage.figures import NORMAL_MEANS, Figure, figure
from srbench.stats.arrays import Floats
from srbench.stats.means import INTERVAL, INTERVAL_METHODS, IntervalMethod, interval_in_words, mean_interval

SIZES = (5, 14, 50, 100)
METHODS: tuple[IntervalMethod, ...] = tuple(one for one in INTERVAL_METHODS if one != "hall")
"""Methods of this part; Hall's transformation is among those for skewed values."""
_MANY = 14
Draw = Callable[[np.random.Generator, int], Floats]

SHAPES: dict[str, tuple[Draw, float]] = {
    "normal": (lambda generator, n: generator.normal(size=n), 0.0),
    "skewed (log-normal, 1)": (lambda generator, n: generator.lognormal(size=n), float(np.exp(0.5))),
    "heavy-tailed (t, 3 degrees of freedom)": (lambda generator, n: generator.standard_t(3, size=n), 0.0),
}
"""Draws of n values, with their true mean."""


def measured(trials: int, others: int, fixture: Floats | None) -> Iterator[Figure]:
    """Measure every method in every regime.

    Args:
        trials: Number of samples for the default method.
        others: Number of samples for each other method; a third of it for 50 images and more.
        fixture: Real values, `(models, images)`; None where there are none.
    """
    for number, (regime, (draw, truth)) in enumerate(SHAPES.items()):
        for n in SIZES:
            for method in METHODS:
                generator = np.random.default_rng((15, number, n))  # every method sees the same samples
                samples = [(draw(generator, n), truth) for _ in range(_count(method, n, trials, others))]
                yield of_method(method, f"{regime} values", samples)
    if fixture is None:
        return
    for regime, pair in (("challenge, values of a model", False), ("challenge, differences of two models", True)):
        for n in SIZES:
            for method in METHODS:
                generator = np.random.default_rng((15, 9, pair, n))
                count = _count(method, n, trials, others)
                yield of_method(method, regime, [of_fixture(generator, fixture, n, pair=pair) for _ in range(count)])


def _count(method: IntervalMethod, n: int, trials: int, others: int) -> int:
    """Return the number of samples: bootstraps of many images are slow."""
    if method == INTERVAL:
        return trials
    return others if n <= _MANY else max(others // 3, 2)


def of_method(method: IntervalMethod, regime: str, samples: list[tuple[Floats, float]]) -> Figure:
    """Measure how often intervals of one method hold the mean of what the samples were drawn from."""
    held = []
    for sample, truth in samples:
        ends = mean_interval(sample, method)
        held.append(float(ends is not None and ends[0] <= truth <= ends[1]))
    n = len(samples[0][0])
    return figure(interval_in_words(method), regime, f"n = {n}", "interval", held, NORMAL_MEANS)


def of_fixture(generator: np.random.Generator, fixture: Floats, n: int, *, pair: bool) -> tuple[Floats, float]:
    """Draw n images, each as often as chance has it, of one model or of the difference of two."""
    first, second = generator.permutation(len(fixture))[:2]
    values = fixture[first] - fixture[second] if pair else fixture[first]
    return generator.choice(values, n), float(values.mean())
