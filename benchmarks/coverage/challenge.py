"""Claims about the mean on real values: n of a challenge's 400 images are seen; the order of all 400 is the truth."""

from collections.abc import Iterator

import numpy as np
from scipy.stats import median_abs_deviation

from benchmarks.coverage.figures import AT_MOST_5, Figure, figure, pooled
from benchmarks.coverage.marks import gaps
from srbench.stats.arrays import Flags, Floats, Ints
from srbench.stats.corrections import LEVEL, holm
from srbench.stats.paired import lasting_p_each, mean_p_each, same_p

CEILINGS = {14: 0.24, 50: 0.21, 100: 0.11}
"""Share of tables with a false claim that must not be passed: what t + Holm was measured to have."""
KEPT = (0.8, 1.0)
MARK, SIGNS = "t + Holm + lasting (the mark)", "sign-flip + Holm + lasting"
MARGINS = (0.05, 0.1, 0.2)
_REGIME = "n of the challenge's 400 images"
_ALL_SIGNS = 20


def measured(trials: int, few: int, same: int, fixture: Floats) -> Iterator[Figure]:
    """Measure false and right claims of the marks, and false claims of "same".

    Args:
        trials: Number of tables.
        few: Number of tables in which the alternative with sign flips is tried.
        same: Number of tables in which "same" is tried.
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
        for margin in MARGINS:
            yield from _same([gaps(table) for table in tables[:same]], np.abs(gaps(fixture).mean(axis=0)), margin)


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


def _same(tables: list[Floats], size: Floats, margin: float) -> Iterator[Figure]:
    """Measure "same", as it is said, and where it has to stand without the outlying images of either side too."""
    column, regime = f"n = {len(tables[0])}", f"{_REGIME}, a margin of {margin:g} dB"
    said = [_said([same_p(gap, margin) for gap in table.T]) for table in tables]
    lasting = [_said([lasting_same_p(gap, margin) for gap in table.T]) for table in tables]
    for what, of in (('"same" (TOST + Holm)', said), ('"same" also without outlying images', lasting)):
        wrong = [float((one & (size >= margin)).any()) for one in of]
        yield figure(f"{what}: a false claim", regime, column, "false claims", wrong, AT_MOST_5)
    close = size < margin
    kept = [(int((one & close).sum()), int((of & close).sum())) for one, of in zip(lasting, said, strict=True)]
    what = '"same" also without outlying images: right claims of TOST + Holm kept'
    yield pooled(what, regime, column, "described", kept)


def _said(p_values: list[float]) -> Flags:
    return np.array(holm(p_values)) < LEVEL


def lasting_same_p(gap: Floats, margin: float) -> float:
    """Return the largest p value of equivalence of all images and of those without the far ones of either side.

    Far is what the marks call outlying: 2.5 robust standard deviations from the median.
    """
    median, deviation = np.median(gap), median_abs_deviation(gap, scale="normal")
    sides = [gap[gap <= median + 2.5 * deviation], gap[gap >= median - 2.5 * deviation]]
    return max(same_p(side, margin) for side in (gap, *sides))
