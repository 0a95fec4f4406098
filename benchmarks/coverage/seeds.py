"""Methods that were trained several times, and timings: intervals, and false claims."""

from collections.abc import Iterator

import numpy as np

from benchmarks.coverage.figures import AT_MOST_5, INTERVALS, NORMAL_MEANS, Figure, figure
from srbench.core.timing import TimeBudget, is_known
from srbench.speed.ab_comparison import judge
from srbench.speed.ab_record import MARGIN
from srbench.stats.arrays import Floats
from srbench.stats.bootstrap import bootstrap_ratio_of_medians
from srbench.stats.seeds import seed_mean

IMAGES = (5, 14, 100)
SPREADS = (0.0, 0.1, 0.5)
ROUNDS = (5, 20, 100)
_CALL_MS = 20.0


def measured(trials: int, timings: int) -> Iterator[Figure]:
    """Measure seeds over so many tables, and timings over so many measurements."""
    for seeds in (3, 5):
        for spread in SPREADS:
            for n in IMAGES:
                yield from of_seeds(seeds, spread, n, trials)
    for share in (0.0, 0.05):
        yield from _medians(share, timings)
        for rounds in ROUNDS:
            yield from _ratios(share, rounds, timings)


def of_seeds(seeds: int, spread: float, n: int, trials: int) -> Iterator[Figure]:
    """Measure a method's mean and its difference to a model that was trained once, which is as good on average.

    Images differ by 1 in what the two gain there, seeds by `spread`, single values by 0.3.
    """
    held, wrong = [], []
    for trial in range(trials):
        generator = np.random.default_rng((51, seeds, round(10 * spread), n, trial))
        gap = generator.normal(0, spread, (seeds, 1)) + generator.normal(size=n)
        gap = gap + generator.normal(0, 0.3, (seeds, n))
        other = generator.normal(28, 4, n)
        found = seed_mean(gap + other, other)
        held.append(float(found.ci95 is not None and found.ci95[0] <= 0 <= found.ci95[1]))
        wrong.append(float(found.p < 0.05))
    regime = f"{seeds} seeds that differ by {spread:g}"
    yield figure("mean difference over seeds and images", regime, f"n = {n}", "interval", held, NORMAL_MEANS)
    yield figure("a difference of equal methods", regime, f"n = {n}", "false claims", wrong, AT_MOST_5)


def times(generator: np.random.Generator, calls: int, share: float) -> Floats:
    """Draw times of calls in ms: 3 % of spread, and a share of calls that others delay by half on average."""
    slow = (generator.random(calls) < share) * generator.exponential(0.5, calls)
    return np.asarray(_CALL_MS * generator.lognormal(0, 0.03, calls) * (1 + slow))


def _true_median(share: float) -> float:
    return float(np.median(times(np.random.default_rng(52), 1_000_000, share)))


def _medians(share: float, trials: int) -> Iterator[Figure]:
    """Measure the promise that repetition ends where the median is known within 2 %."""
    truth = _true_median(share)
    near = []
    for trial in range(trials):
        drawn = times(np.random.default_rng((53, trial)), 600, share).tolist()
        enough = next(n for n in range(5, 600) if is_known(drawn[:n], TimeBudget(0.2, 10.0)))
        near.append(float(abs(np.median(drawn[:enough]) - truth) <= 0.02 * truth))
    what = "median of latency, known within 2 % where repetition ends"
    yield figure(what, _regime(share), "holds the truth", "right claims", near, (0.95, 1.0))


def _ratios(share: float, rounds: int, trials: int) -> Iterator[Figure]:
    """Measure the interval of an A/B ratio, and the test, where a round slows both by 5 %."""
    held, wrong = [], []
    for trial in range(trials):
        generator = np.random.default_rng((54, rounds, trial))
        shared = generator.lognormal(0, 0.05, rounds)
        one, other = (shared * times(generator, rounds, share) for _ in range(2))
        low, high = bootstrap_ratio_of_medians(1.1 * one, other, resamples=2_000)
        held.append(float(low <= 1.1 <= high))
        wrong.append(float(judge(one, other, MARGIN) in ("faster", "slower")))
    regime = f"{_regime(share)}, {rounds} rounds"
    yield figure("A/B ratio of medians", regime, "holds the truth", "interval", held, INTERVALS)
    yield figure("two equal models, A/B verdict", regime, "false claims", "false claims", wrong, AT_MOST_5)


def _regime(share: float) -> str:
    return f"{100 * share:.0f} % slow calls" if share else "no slow calls"
