"""Holm's correction against statsmodels and against the closed test."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from srbench.stats.corrections import holm


@pytest.mark.parametrize("n", [1, 2, 6, 15])
def test_holm_equals_statsmodels(n: int) -> None:
    # Of hundredths some are equal. statsmodels collects garbage in each call, which is slow.
    p = (np.random.default_rng(n).integers(0, 30, n) / 100).tolist()
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1].tolist(), abs=1e-15)


@settings(max_examples=100)
@given(st.lists(st.integers(0, 1_000), max_size=12))
def test_holm_is_bonferronis_correction_of_every_group_that_holds_the_pair(steps: list[int]) -> None:
    """The closed test: the largest of them all; of the groups of one size the one with the largest other p."""
    p = [step / 1_000 for step in steps]
    expected = []
    for i, own in enumerate(p):
        others = sorted((x for j, x in enumerate(p) if j != i), reverse=True)
        groups = [[own, *others[:size]] for size in range(len(p))]
        expected.append(max(min(1.0, len(group) * min(group)) for group in groups))
    assert holm(p) == pytest.approx(expected, abs=1e-12)
