"""The Mann-Whitney test by counting every arrangement."""

from itertools import combinations

import numpy as np
import pytest

from srbench.stats.ranks import mann_whitney


def test_mann_whitney_equals_full_enumeration() -> None:
    first, second = np.array([1.2, 3.4, 5.6, 2.2]), np.array([4.1, 6.3, 7.7, 8.8, 2.9])
    values = np.concatenate([first, second])

    def statistic(members: tuple[int, ...]) -> int:
        others = [x for i, x in enumerate(values) if i not in members]
        return sum(x > y for x in values[list(members)] for y in others)

    counts = np.array([statistic(members) for members in combinations(range(9), 4)])
    observed = statistic((0, 1, 2, 3))
    expected = 2 * min((counts <= observed).mean(), (counts >= observed).mean())
    assert mann_whitney(first, second) == pytest.approx(expected, rel=1e-12)
    assert mann_whitney(second, first) == pytest.approx(expected, rel=1e-12)


def test_equal_samples_are_not_told_apart() -> None:
    values = np.arange(30.0)
    assert mann_whitney(values, values + 0.001) > 0.5
    assert mann_whitney(values, values + 40) < 1e-6
