"""Corrections of p values for the number of tests."""

from collections.abc import Sequence

import numpy as np

LEVEL = 0.05
"""Level of every test: a corrected p value below it is called significant."""


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's step-down correction of p values, in the order given.

    Source:
        Holm, Scandinavian Journal of Statistics 6, 1979.
    """
    order = np.argsort(p_values, kind="stable")
    stepped = np.maximum.accumulate([(len(p_values) - step) * p_values[i] for step, i in enumerate(order)])
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(stepped, 1.0)
    return [float(p) for p in corrected]
