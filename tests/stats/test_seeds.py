"""Means over seeds and images: against scipy where there is one seed, and by simulation where there are several."""

import math

import numpy as np
import pytest
from scipy import stats

from srbench.stats.seeds import seed_mean


def test_with_one_seed_it_is_the_t_test() -> None:
    generator = np.random.default_rng(0)
    one, other = generator.normal(0.3, 1, (2, 12))
    found = seed_mean(one, other)
    expected = stats.ttest_rel(one, other)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-12)
    assert found.ci95 == pytest.approx(tuple(expected.confidence_interval()), rel=1e-12)
    assert seed_mean(one[None]).ci95 == pytest.approx(tuple(stats.ttest_1samp(one, 0).confidence_interval()), rel=1e-12)


def test_equivalence_is_two_one_sided_tests() -> None:
    gap = np.random.default_rng(1).normal(0.01, 0.02, 10)
    lower = stats.ttest_1samp(gap, -0.05, alternative="greater").pvalue
    upper = stats.ttest_1samp(gap, 0.05, alternative="less").pvalue
    assert seed_mean(gap).same_p(0.05) == pytest.approx(max(lower, upper), rel=1e-9)
    assert seed_mean(-gap).same_p(0.05) == pytest.approx(seed_mean(gap).same_p(0.05))
    assert seed_mean(gap + 1).same_p(0.05) > 0.99


@pytest.mark.parametrize(("seeds", "images"), [(3, 5), (3, 14), (5, 100)])
def test_intervals_hold_over_seeds_and_images(seeds: int, images: int) -> None:
    """2,000 trials: a share below 93.5 % would be three standard errors below 95 %. The seeds' own differences are as
    large as what images leave uncertain; an interval over images alone would hold in about 80 %.
    """
    generator = np.random.default_rng(2)
    held = 0
    for _ in range(2_000):
        seed = generator.normal(0, 1 / math.sqrt(images), (seeds, 1))
        values = generator.normal(0, 1, images) + seed + generator.normal(0, 0.3, (seeds, images))
        low, high = seed_mean(values).ci95 or (0.0, 0.0)
        held += low <= 0 <= high
    assert held >= 0.935 * 2_000


def test_the_error_is_that_of_images_and_of_seeds() -> None:
    """By hand: images have the means 0, 2, 4 (variance 4); seeds 1 and 3 (variance 2)."""
    found = seed_mean(np.array([[-1.0, 1.0, 3.0], [1.0, 3.0, 5.0]]))
    assert (found.mean, found.error) == (2.0, pytest.approx(math.sqrt(4 / 3 + 2 / 2)))
    assert found.df == pytest.approx((4 / 3 + 1) ** 2 / ((4 / 3) ** 2 / 2 + 1**2 / 1))


def test_values_that_do_not_vary_and_single_images() -> None:
    assert seed_mean(np.ones((2, 3))).ci95 == (1.0, 1.0)
    assert (seed_mean(np.ones(3)).p, seed_mean(np.zeros(3)).p) == (0.0, 1.0)
    assert seed_mean(np.ones((2, 1))).ci95 is None
    assert seed_mean(np.ones((2, 1))).p == 1.0
