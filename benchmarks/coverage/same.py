"""Claims of "same" on real values: as they are made, and where far images may not carry them."""

from collections.abc import Iterator

import numpy as np
from scipy import stats

from benchmarks.coverage.challenge import CEILINGS
from benchmarks.coverage.figures import AT_MOST_5, Figure, figure, pooled
from benchmarks.coverage.marks import gaps
from srbench.stats.arrays import Flags, Floats
from srbench.stats.corrections import LEVEL, holm

MARGINS = (0.05, 0.1, 0.2)
_FAR = 2.5


def measured(trials: int, fixture: Floats) -> Iterator[Figure]:
    """Measure false claims of "same", and what the stricter rule costs of the right ones.

    Args:
        trials: Number of tables.
        fixture: Real values, `(models, images)`.
    """
    size = np.abs(gaps(fixture).mean(axis=0))
    for n in CEILINGS:
        generator = np.random.default_rng((19, n))
        tables = [gaps(fixture[:, generator.permutation(fixture.shape[1])[:n]]) for _ in range(trials)]
        for margin in MARGINS:
            yield from _of_margin(tables, size, margin)


def _of_margin(tables: list[Floats], size: Floats, margin: float) -> Iterator[Figure]:
    column, regime = f"n = {len(tables[0])}", f"n of the challenge's 400 images, a margin of {margin:g} dB"
    said, lasting = zip(*(_both(table, margin) for table in tables), strict=True)
    for what, of in (('"same" (TOST + Holm)', said), ('"same" also without far images', lasting)):
        wrong = [float((one & (size >= margin)).any()) for one in of]
        yield figure(f"{what}: a false claim", regime, column, "false claims", wrong, AT_MOST_5)
    close = size < margin
    kept = [(int((one & close).sum()), int((of & close).sum())) for one, of in zip(lasting, said, strict=True)]
    yield pooled('"same" also without far images: right claims kept', regime, column, "described", kept)


def _both(table: Floats, margin: float) -> tuple[Flags, Flags]:
    whole = same_p_each(table, np.ones(table.shape, dtype=bool), margin)
    median, reach = np.median(table, axis=0), _FAR * stats.median_abs_deviation(table, axis=0, scale="normal")
    sides = [same_p_each(table, kept, margin) for kept in (table <= median + reach, table >= median - reach)]
    strict = np.maximum(whole, np.maximum(*sides))
    return np.array(holm(whole.tolist())) < LEVEL, np.array(holm(strict.tolist())) < LEVEL


def same_p_each(table: Floats, kept: Flags, margin: float) -> Floats:
    """Return p values as `srbench.stats.paired.same_p` does, of the kept differences of many pairs, `(n, pairs)`."""
    n = kept.sum(axis=0)
    mean = np.where(kept, table, 0.0).sum(axis=0) / n
    squares = np.where(kept, (table - mean) ** 2, 0.0).sum(axis=0)
    return np.asarray(stats.t.sf((margin - np.abs(mean)) / np.sqrt(squares / (n - 1) / n), n - 1))
