"""What a design will find: against statsmodels, and against simulated studies."""

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.stats.power import TTestPower

from srbench.ratings import mos
from srbench.ratings.model_differences import compare_models, draw_raters_and_images
from srbench.ratings.power import detectable, detectable_by_error
from srbench.ratings.simulation import Simulation, simulate

PANEL = Simulation(models=("a", "b", "c"), images=14, raters=26)


@pytest.mark.parametrize(("df", "models"), [(4, 2), (4, 4), (13, 3), (99, 9)])
def test_the_difference_in_standard_errors_is_that_of_statsmodels(df: int, models: int) -> None:
    pairs = models * (models - 1) // 2
    found = detectable_by_error(0.5, df, models)
    expected = TTestPower().solve_power(nobs=df + 1, alpha=0.05 / pairs, power=0.8) * np.sqrt(df + 1)
    assert found.difference == pytest.approx(0.5 * expected, rel=2e-3)
    assert found.pairs == pairs


def test_the_variance_is_that_of_raters_images_and_votes() -> None:
    """Without noise, tastes are left: 2 x 0.09 / 26; a test that holds raters fixed sees none."""
    quiet = replace(PANEL, inconsistency=0, stimulus_spread=0, rater_model=0.3)
    rounding = 2 / 12 / (26 * 14)
    expected = detectable_by_error(float(np.sqrt(2 * 0.09 / 26 + rounding)), 13, 3).difference
    assert detectable(quiet).difference == pytest.approx(expected)
    fixed = detectable_by_error(float(np.sqrt(rounding)), 13, 3).difference
    assert detectable(quiet, "wilcoxon").difference == pytest.approx(fixed)


def test_more_raters_and_images_find_smaller_differences_and_more_models_larger_ones() -> None:
    middle = detectable(PANEL).difference
    assert middle is not None
    for better in ({"images": 28}, {"raters": 52}):
        found = detectable(replace(PANEL, **better)).difference  # type: ignore[arg-type]
        assert found is not None
        assert found < middle
    for worse in ({"models": ("a", "b", "c", "d")}, {"share": 0.5}, {"rater_model": 0.5}):
        found = detectable(replace(PANEL, **worse)).difference  # type: ignore[arg-type]
        assert found is not None
        assert found > middle


@pytest.mark.parametrize(
    ("panel", "test", "problem"),
    [
        (replace(PANEL, images=5), "wilcoxon", "with 5 images the wilcoxon test cannot go below p = 0.0625"),
        (replace(PANEL, images=6), "permutation", "after Holm's correction for 3 pairs 0.09375"),
        (replace(PANEL, images=1), "two-way", "a test over raters and images needs two of each"),
        (replace(PANEL, raters=1), "two-way", "a test over raters and images needs two of each"),
        (replace(PANEL, images=2), "two-way", "steps, and the scale is 4 long"),
        (replace(PANEL, models=("a",)), "two-way", "there is one model: nothing to compare"),
    ],
)
def test_where_nothing_can_be_found_the_reason_is_given(panel: Simulation, test: str, problem: str) -> None:
    found = detectable(panel, test)  # type: ignore[arg-type]
    assert (found.difference is None) == (panel.images != 2)
    assert problem in found.problem


def test_pairs_without_errors_have_no_test() -> None:
    assert "allow no test" in detectable_by_error(None, None, 3).problem
    assert "one model" in detectable_by_error(0.3, 4, 1).problem


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{"images": 5, "raters": 26}, {"images": 14, "raters": 26, "share": 0.5}])
def test_simulated_studies_find_the_difference_in_about_80_of_100(settings: dict[str, float]) -> None:
    """80 studies of two pairs each know 80 % to about 4 %; three times that is allowed."""
    panel = replace(PANEL, **settings)  # type: ignore[arg-type]
    difference = detectable(panel).difference
    assert difference is not None
    low, high = 3 - difference / 2, 3 + difference / 2
    told: list[bool] = []
    for seed in range(80):
        votes = simulate(replace(panel, quality=(low, low, high), seed=seed)).votes
        scores = mos.mos(votes)
        found = compare_models(scores, draws=draw_raters_and_images(votes, scores, 300, seed))
        told += [pair.significant for pair in found if "c" in (pair.first, pair.second)]
    assert 0.68 < np.mean(told) < 0.94
