"""Claims about the mean on real values: n of a challenge's 400 images are seen; the order of all 400 is the truth."""

from collections.abc import Iterator

import numpy as np

from benchmarks.coverage.figures import AT_MOST_5, Figure, figure, pooled
from benchmarks.coverage.marks import gaps
from srbench.stats.arrays import Floats, Ints
from srbench.stats.corrections import LEVEL, holm
from srbench.stats.paired import lasting_p_each, mean_p_each

CEILINGS = {14: 0.24, 50: 0.21, 100: 0.11}
"""Share of tables with a false claim that must not be passed: what t + Holm was measured to have."""
KEPT = (0.8, 1.0)
MARK, SIGNS = "t + Holm + lasting (the mark)", "sign-flip + Holm + lasting"
_REGIME = "n of the challenge's 400 images"
_ALL_SIGNS = 20


def measured(trials: int, few: int, fixture: Floats) -> Iterator[Figure]:
    """Measure false and right claims of the marks.

    Args:
        trials: Number of tables.
        few: Number of tables in which the alternative with sign flips is tried.
        fixture: Real values, `(models, images)`.
    """
    truth = np.sign(gaps(fixture).mean(axis=0))
    for n, ceiling in CEILINGS.items():
        generator = np.random.default_rng((19, n))
        tables = [fixture[:, generator.permutation(fixture.shape[1])[:n]] for _ in range(trials)]
        plain = [claims(table, mean_p_each(gaps(table))) for table in tables]
        yield _false("t + Holm", plain, truth, n)
        marked = [claims(table, lasting_p_each(gaps(table))) for table in tables]
        yield _false(MARK, marked, truth, n, ceiling)
        yield _false(MARK, marked, truth, n)
        yield _kept(MARK, marked, plain, truth, n)
        if n <= _ALL_SIGNS:
            signs = [claims(table, lasting_p_each(gaps(table), "sign-flip")) for table in tables[:few]]
            yield _false(SIGNS, signs, truth, n)
            yield _kept(SIGNS, signs, plain[:few], truth, n)


def claims(table: Floats, p_values: list[float]) -> Ints:
    """Return the direction of each claim, 0 where there is none, `(pairs,)`."""
    return np.asarray(np.sign(gaps(table).mean(axis=0)) * (np.array(holm(p_values)) < LEVEL), dtype=np.int64)


def _false(mark: str, claimed: list[Ints], truth: Floats, n: int, most: float = AT_MOST_5[1]) -> Figure:
    wrong = [float((claim * truth < 0).any()) for claim in claimed]
    what = f"{mark}: a false claim{'' if most == AT_MOST_5[1] else ', against what t + Holm had'}"
    return figure(what, _REGIME, f"n = {n}", "false claims", wrong, (0.0, most))


def _kept(mark: str, claimed: list[Ints], plain: list[Ints], truth: Floats, n: int) -> Figure:
    """Count the right claims of t + Holm that are made by the mark too."""
    kept = [
        (int(((one * truth > 0) & (of * truth > 0)).sum()), int((of * truth > 0).sum()))
        for one, of in zip(claimed, plain, strict=True)
    ]
    return pooled(f"{mark}: right claims of t + Holm kept", _REGIME, f"n = {n}", "right claims", kept, KEPT)
