"""Marks of `compare --baseline` among equal models: one comparison for each other model."""

from collections.abc import Iterator

import numpy as np

from benchmarks.coverage.figures import AT_MOST_5, Figure, figure
from benchmarks.coverage.marks import EQUAL, MODELS, SIZES, exchanged, gaps
from srbench.stats.arrays import Floats
from srbench.stats.corrections import LEVEL, holm
from srbench.stats.paired import lasting_p_each, same_p

MARGIN = 0.5


def measured(trials: int, fixture: Floats | None) -> Iterator[Figure]:
    """Measure false claims against the first of six models, and false claims of "same".

    Args:
        trials: Number of tables.
        fixture: Real values, `(models, images)`; None where there are none.
    """
    regimes = dict(EQUAL)
    if fixture is not None:
        regimes["challenge, models' values dealt out anew on each image"] = exchanged(fixture)
    for number, (regime, draw) in enumerate(regimes.items()):
        for n in SIZES:
            generator = np.random.default_rng((23, number, n))
            tables = [gaps(draw(generator, n))[:, : MODELS - 1] for _ in range(trials)]
            wrong = [float(min(holm(lasting_p_each(table))) < LEVEL) for table in tables]
            yield figure("better or worse than the baseline", regime, f"n = {n}", "false claims", wrong, AT_MOST_5)
    for n in SIZES:
        generator = np.random.default_rng((24, n))
        apart = [gaps(EQUAL["normal"](generator, n))[:, : MODELS - 1] + MARGIN for _ in range(trials)]
        wrong = [float(min(holm([same_p(gap, MARGIN) for gap in table.T])) < LEVEL) for table in apart]
        regime = "normal, all the margin apart from the baseline"
        yield figure('"same" as the baseline (TOST)', regime, f"n = {n}", "false claims", wrong, AT_MOST_5)
