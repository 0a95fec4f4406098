"""Marks of tables: false claims among equal models, and about the means of real models."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from benchmarks.coverage.figures import AT_MOST_5, Figure, figure
from srbench.stats.arrays import Floats
from srbench.stats.corrections import LEVEL, holm
from srbench.stats.paired import lasting_p_each, mean_p_each, same_p, wilcoxon
from srbench.stats.rank_summary import rank_models

SIZES = (5, 14, 50, 100)
MODELS = 6
_FAST_UP_TO, _SIGNS_UP_TO = 14, 50
Table = Callable[[np.random.Generator, int], Floats]


def _with_images(generator: np.random.Generator, noise: Floats) -> Floats:
    return np.asarray(generator.normal(28, 4, noise.shape[1]) + noise)


def _one_skewed(generator: np.random.Generator, n: int) -> Floats:
    noise = generator.normal(size=(MODELS, n))
    noise[0] = (generator.lognormal(size=n) - np.exp(0.5)) / np.sqrt((np.e - 1) * np.e)
    return _with_images(generator, noise)


EQUAL: dict[str, Table] = {
    "normal": lambda generator, n: _with_images(generator, generator.normal(size=(MODELS, n))),
    "skewed (log-normal, 1)": lambda generator, n: _with_images(generator, generator.lognormal(size=(MODELS, n))),
    "heavy-tailed (t, 3)": lambda generator, n: _with_images(generator, generator.standard_t(3, size=(MODELS, n))),
    "equal means, one model skewed": _one_skewed,
}
"""Values of models whose true means are the same, `(models, n)`."""


def exchanged(fixture: Floats) -> Table:
    """Return draws of real images on each of which the models' values are dealt out anew."""

    def draw(generator: np.random.Generator, n: int) -> Floats:
        return np.asarray(generator.permuted(fixture[:, generator.permutation(fixture.shape[1])[:n]], axis=0))

    return draw


def gaps(values: Floats) -> Floats:
    """Return the differences of every two models, `(n, pairs)`."""
    first, second = np.triu_indices(len(values), 1)
    return (values[first] - values[second]).T


MARKS: dict[str, Callable[[Floats], list[float]]] = {
    "t + Holm + lasting (the mark)": lambda table: holm(lasting_p_each(table)),
    "t + Holm": lambda table: holm(mean_p_each(table)),
    "t, not corrected": mean_p_each,
}
SIGNS = "sign-flip + Holm"
SLOW_MARKS: dict[str, Callable[[Floats], list[float]]] = {
    SIGNS: lambda table: holm(mean_p_each(table, "sign-flip")),
    "Wilcoxon + Holm": lambda table: holm([wilcoxon(gap) for gap in table.T]),
}


def measured(trials: int, slow: int, fixture: Floats | None) -> Iterator[Figure]:
    """Measure false claims among equal models, by each test.

    Args:
        trials: Number of tables.
        slow: Number of tables of 50 and more images for sign flips and Wilcoxon's test.
        fixture: Real values, `(models, images)`; None where there are none.
    """
    regimes = dict(EQUAL)
    if fixture is not None:
        regimes["challenge, models' values dealt out anew on each image"] = exchanged(fixture)
    for number, (regime, draw) in enumerate(regimes.items()):
        for n in SIZES:
            generator = np.random.default_rng((16, number, n))
            tables = [gaps(draw(generator, n)) for _ in range(trials)]
            for mark, p_values in MARKS.items():
                wrong = [float(min(p_values(table)) < LEVEL) for table in tables]
                yield figure(mark, regime, f"n = {n}", "false claims", wrong, AT_MOST_5 if "Holm" in mark else None)
            for mark, p_values in SLOW_MARKS.items():
                if n <= _SIGNS_UP_TO or mark != SIGNS:
                    few = tables if n <= _FAST_UP_TO else tables[:slow]
                    wrong = [float(min(p_values(table)) < LEVEL) for table in few]
                    yield figure(mark, regime, f"n = {n}", "false claims", wrong, AT_MOST_5)
    yield from _ranked(trials)
    yield from _same(trials)


def _ranked(trials: int) -> Iterator[Figure]:
    for n in SIZES:
        generator = np.random.default_rng((17, n))
        far, friedman = [], []
        for _ in range(trials):
            values: Mapping[str, Floats] = dict(zip("abcdef", EQUAL["heavy-tailed (t, 3)"](generator, n), strict=True))
            summary = rank_models(values, higher_is_better=True)
            ranks = list(summary.mean_ranks.values())
            far.append(float(ranks[-1] - ranks[0] > summary.critical_difference))
            friedman.append(float(summary.p < LEVEL))
        for what, wrong in (("Nemenyi's critical difference of ranks", far), ("Friedman's test of ranks", friedman)):
            yield figure(what, "heavy-tailed (t, 3)", f"n = {n}", "false claims", wrong, AT_MOST_5)


def _same(trials: int) -> Iterator[Figure]:
    """Measure "same": false where neighbours are the margin apart, right where models are equal."""
    margin = 0.5
    for n in SIZES:
        generator = np.random.default_rng((18, n))
        false, right = [], []
        for _ in range(trials):
            values = EQUAL["normal"](generator, n)
            apart = gaps(values + margin * np.arange(MODELS)[:, None])
            false.append(float(min(holm([same_p(gap, margin) for gap in apart.T])) < LEVEL))
            right.append(float(np.mean(np.array(holm([same_p(gap, margin) for gap in gaps(values).T])) < LEVEL)))
        regime = "normal, neighbours half a standard deviation (the margin) apart"
        yield figure('"same" (TOST + Holm)', regime, f"n = {n}", "false claims", false, AT_MOST_5)
        yield figure('"same" (TOST + Holm) is said', "normal, equal models", f"n = {n}", "described", right)
