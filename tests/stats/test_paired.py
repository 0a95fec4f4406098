"""Tests of paired differences against full enumeration and against scipy."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from srbench.stats.means import mean_interval
from srbench.stats.paired import (
    lasting_p_each,
    mean_p,
    outlying,
    rank_biserial,
    same_p,
    sign_flip,
    smallest_p,
    standardised_mean,
    wilcoxon,
)


def _all_signs(gap: np.ndarray, statistic: str) -> float:
    """Two-sided p by counting every pattern of signs: twice the smaller tail."""
    if statistic == "ranks":
        gap = gap[gap != 0]
    weight = stats.rankdata(np.abs(gap)) if statistic == "ranks" else np.abs(gap)
    if not len(gap) or not weight.any():
        return 1.0
    signs = np.array(list(product([1, -1], repeat=len(gap))))
    sums, seen = signs @ weight, np.sign(gap) @ weight
    # A billionth keeps equal sums equal that were added in another order.
    tails = (sums >= seen - 1e-9).mean(), (sums <= seen + 1e-9).mean()
    return min(1.0, 2 * min(tails))


@pytest.mark.parametrize("n", [3, 6, 12, 25, 60, 200])
def test_signed_ranks_equal_scipys_exact_test_without_ties(n: int) -> None:
    gap = np.random.default_rng(n).normal(0.2, 1, n)
    assert wilcoxon(gap) == pytest.approx(stats.wilcoxon(gap, method="exact").pvalue, rel=1e-9)


@settings(max_examples=150)
@given(st.lists(st.integers(-4, 4), min_size=1, max_size=11))
def test_signed_ranks_with_ties_and_zeros_equal_full_enumeration(steps: list[int]) -> None:
    gap = np.array(steps) / 3
    assert wilcoxon(gap) == pytest.approx(_all_signs(gap, "ranks"), rel=1e-12)


def test_beyond_200_images_the_normal_approximation_is_near() -> None:
    """At 200 the exact p stands; at 201 the approximation, which differs by less than 2 % of itself there."""
    gap = np.random.default_rng(0).normal(0.15, 1, 201)
    approximate, exact = wilcoxon(gap), stats.wilcoxon(gap, method="exact").pvalue
    assert approximate != exact
    assert approximate == pytest.approx(exact, rel=0.02)


def test_rounding_errors_of_means_do_not_decide_ties() -> None:
    """0.1 + 0.2 - 0.3 is not 0, and 1.1 - 1.0 is not 0.1."""
    assert wilcoxon(np.array([0.1 + 0.2 - 0.3] * 6)) == 1.0
    clean = np.array([0.1, -0.1, 0.1, 0.2, 0.3])
    noisy = clean + np.array([0, 1, -1, 2, -3]) * 1e-16
    assert wilcoxon(noisy) == wilcoxon(clean)
    assert rank_biserial(noisy) == rank_biserial(clean)


@settings(max_examples=40)
@given(st.lists(st.integers(-6, 6), min_size=2, max_size=10))
def test_permutation_equals_full_enumeration(steps: list[int]) -> None:
    gap = np.array(steps) / 3
    assert sign_flip(gap) == pytest.approx(_all_signs(gap, "mean"), rel=1e-9)


def test_permutation_of_many_images_is_drawn_and_reproducible() -> None:
    gap = np.random.default_rng(1).normal(0.35, 1, 25)
    one, again, other = (sign_flip(gap, seed) for seed in (0, 0, 1))
    assert one == again
    assert one != other
    # 100,000 draws: the standard error of p = 0.05 is 0.0007, and the t test is near for normal differences.
    assert one == pytest.approx(other, abs=0.005)
    assert one == pytest.approx(stats.ttest_1samp(gap, 0).pvalue, abs=0.01)


def test_rank_biserial_by_hand() -> None:
    """Ranks of 1 2 -3 0: 1 2 3; (1 + 2 - 3) / 6."""
    assert rank_biserial(np.array([1.0, 2, -3, 0])) == 0
    assert rank_biserial(np.array([1.0, 2, 3])) == 1
    assert rank_biserial(np.array([-1.0, 2, 3])) == pytest.approx(4 / 6)
    assert rank_biserial(np.zeros(4)) == 0


@pytest.mark.parametrize(("n", "least"), [(1, 1.0), (2, 0.5), (4, 0.125), (5, 0.0625), (6, 0.03125)])
def test_the_smallest_p_is_that_of_all_signs_alike(n: int, least: float) -> None:
    gap = np.arange(1.0, n + 1)
    assert wilcoxon(gap) == smallest_p(n) == least
    assert sign_flip(gap) == pytest.approx(least)


def test_the_standardised_mean_by_hand() -> None:
    assert standardised_mean(np.array([4.0, 2, 0])) == pytest.approx(1)
    assert standardised_mean(np.array([3.0, 3])) is None
    assert standardised_mean(np.array([3.0])) is None


@pytest.mark.parametrize("n", [2, 13])
def test_signs_equal_scipys_exact_permutation(n: int) -> None:
    gap = np.random.default_rng(n).normal(0.4, 1, n)
    exact = stats.permutation_test((gap,), np.mean, permutation_type="samples", n_resamples=2**n, vectorized=True)
    assert sign_flip(gap) == pytest.approx(exact.pvalue, abs=1e-12)


def test_up_to_20_images_all_signs_are_counted() -> None:
    """All positive: of the 2^20 patterns two are as far out. Of 21 images patterns are drawn."""
    assert sign_flip(np.arange(1.0, 21)) == 2.0**-19
    assert (sign_flip(np.random.default_rng(0).normal(0.4, 1, 20)) * 2**20) % 1 == 0
    assert sign_flip(np.arange(1.0, 22)) == 1 / 100_001


def test_the_mean_is_tested_by_t_or_by_signs() -> None:
    gap = np.random.default_rng(2).normal(0.5, 1, 12)
    assert mean_p(gap) == pytest.approx(stats.ttest_1samp(gap, 0).pvalue, rel=1e-12)
    assert mean_p(gap, "sign-flip") == sign_flip(gap)
    assert mean_p(gap[:1]) == mean_p(gap[:1], "sign-flip") == 1
    assert (mean_p(np.zeros(9)), mean_p(np.full(9, 0.1))) == (1, 0)
    assert mean_p(np.array([1e-15, 3e-15, 2e-15])) == 1  # rounding errors are no differences


def test_equivalence_is_the_larger_of_two_one_sided_tests() -> None:
    gap = np.random.default_rng(3).normal(0.1, 1, 40)
    sides = stats.ttest_1samp(gap, -0.4, alternative="greater"), stats.ttest_1samp(gap, 0.4, alternative="less")
    assert same_p(gap, 0.4) == pytest.approx(max(side.pvalue for side in sides), rel=1e-9)
    assert same_p(-gap, 0.4) == pytest.approx(same_p(gap, 0.4), rel=1e-9)
    assert (same_p(gap[:1], 9.0), same_p(np.ones(5), 1.0), same_p(np.ones(5), 1.1)) == (1, 1, 0)


def test_what_outlying_images_carry_does_not_last() -> None:
    """Two images of 20 favour the mean by far; p is that of the other 18, by either test."""
    gap = np.concatenate([np.linspace(-0.6, 1.0, 18), [2.5, 2.6]])
    assert outlying(gap) == (19, 18)
    assert outlying(-gap) == (19, 18)
    assert mean_p(gap) < 0.05 < mean_p(gap[:18])
    for sign in (1, -1):
        assert lasting_p_each(sign * gap[:, None]) == [pytest.approx(mean_p(gap[:18]), rel=1e-12)]
        assert lasting_p_each(sign * gap[:, None], "sign-flip") == [pytest.approx(sign_flip(gap[:18]))]
    # Where the others have the other sign, nothing is left of the claim.
    assert lasting_p_each(gap[:, None] - 0.3) == [1.0]


def test_images_that_speak_against_the_mean_stay_and_few_images_have_no_outlying_ones() -> None:
    gap = np.concatenate([np.linspace(0.9, 2.0, 19), [-9.0]])
    assert outlying(gap) == ()
    assert lasting_p_each(gap[:, None]) == [pytest.approx(mean_p(gap))]
    assert outlying(np.array([0.0, 0.1, -0.1, 0.2, 0.0, 0.1, 50.0])) == ()
    assert outlying(np.concatenate([np.zeros(11), np.full(9, 5.0)])) == ()  # no deviation: none is outlying


def test_outlying_images_cost_little_where_there_are_none() -> None:
    """Normal differences of 50 images: of the claims of the t test nine in ten stand, and none is added."""
    table = np.random.default_rng(8).normal(0.45, 1, (50, 300))
    plain, lasting = np.array([mean_p(gap) for gap in table.T]), np.array(lasting_p_each(table))
    assert (lasting >= plain * (1 - 1e-9)).all()
    assert (lasting < 0.05).sum() >= 0.9 * (plain < 0.05).sum() > 200


def test_students_sleep_data_as_r_has_them() -> None:
    """R 4: t.test(extra ~ group, data = sleep, paired = TRUE): t = -4.0621, df = 9, p-value = 0.002833."""
    first = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    second = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    assert mean_p(first - second) == pytest.approx(0.002833, abs=5e-7)
    assert mean_interval(first - second) == pytest.approx((-2.4598858, -0.7001142), abs=5e-8)


def test_a_rounding_error_is_no_variation_of_differences() -> None:
    assert standardised_mean(np.array([4.1, 4.2, 4.3]) - np.array([3.1, 3.2, 3.3])) is None


@pytest.mark.parametrize("n", [2, 5, 14, 100])
def test_ranks_and_outlying_images_are_those_of_scipys_functions(n: int) -> None:
    rng = np.random.default_rng(n)
    gap = np.round(rng.standard_t(2, n), 1)  # with ties, and with values far away
    ranks = stats.rankdata(np.abs(gap[gap != 0]))
    expected = (ranks * np.sign(gap[gap != 0])).sum() / ranks.sum()
    assert rank_biserial(gap) == expected
    toward = gap * np.sign(gap.mean())
    far = toward > np.median(toward) + 2.5 * stats.median_abs_deviation(toward, scale="normal")
    places = sorted(np.flatnonzero(far), key=lambda i: -toward[i])[: n // 10]
    assert set(outlying(gap)) == set(places)
