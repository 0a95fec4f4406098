"""Paired t tests of pictures, against scipy; what Krasula's areas say of metrics that are right, blind or wrong."""

import numpy as np
import pytest
from scipy import stats

from srbench.ratings import analysis
from srbench.ratings.picture_differences import compare_pictures, judge
from srbench.ratings.simulation import Simulation, simulate
from tests.ratings.tables import NAN, votes_of


def test_pairs_are_tested_as_by_scipy_over_raters_who_rated_both() -> None:
    table = np.random.default_rng(0).integers(1, 6, (5, 9)).astype(float)
    table[0, :3] = table[2, 7] = NAN
    votes = votes_of(table.tolist())
    found = compare_pictures(votes, votes.stimuli)
    assert found is not None
    for i, j, mean, p, raters in zip(found.first, found.second, found.mean, found.p, found.raters, strict=True):
        both = ~np.isnan(table[i] + table[j])
        expected = stats.ttest_rel(table[i, both], table[j, both])
        assert (raters, mean) == (both.sum(), pytest.approx((table[i] - table[j])[both].mean()))
        assert p == pytest.approx(expected.pvalue, rel=1e-6)


def test_without_scatter_or_raters_nothing_is_divided_by_zero() -> None:
    votes = votes_of([[1, 2, 3], [2, 3, 4], [1, 2, 3], [NAN, NAN, 5], [4, NAN, NAN]])
    found = compare_pictures(votes, votes.stimuli)
    assert found is not None
    p = {(int(i), int(j)): x for i, j, x in zip(found.first, found.second, found.p, strict=True)}
    assert p[0, 2] == 1
    # All three differ by a step: before, p was 0.
    half = np.sqrt(2) * (1 - 0.025 ** (1 / 3))
    assert p[0, 1] == pytest.approx(2 * stats.t.sf(stats.t.ppf(0.975, 2) / half, 2))
    assert np.isnan(p[0, 3])
    assert np.isnan(p[3, 4])


def test_metrics_that_are_right_blind_and_wrong() -> None:
    drawn = simulate(Simulation(images=8, raters=20))
    found = compare_pictures(drawn.votes, drawn.votes.stimuli)
    assert found is not None
    right = judge(drawn.truth, found, higher_is_better=True)
    assert right.different + right.similar == 32 * 31 / 2
    assert right.right is not None
    assert right.right > 0.98
    assert right.auc_better is not None
    assert right.auc_better > 0.99
    assert right.auc_different is not None
    assert right.auc_different > 0.9
    assert judge(-drawn.truth, found, higher_is_better=False) == right
    wrong = judge(drawn.truth, found, higher_is_better=False)
    assert wrong.right == pytest.approx(1 - right.right)
    assert wrong.auc_better == pytest.approx(1 - right.auc_better)
    blind = judge(np.ones(32), found, higher_is_better=True)
    assert (blind.right, blind.auc_better, blind.auc_different) == (0.5, 0.5, 0.5)


def test_an_area_is_the_share_of_pairs_in_the_right_order() -> None:
    """Three pictures, of which the third is better than both others, which are alike."""
    votes = votes_of([[1, 2, 1, 2], [2, 1, 2, 1], [5, 5, 4, 5]])
    found = compare_pictures(votes, votes.stimuli)
    assert found is not None
    judged = judge(np.array([0.0, 3.0, 2.0]), found, higher_is_better=True)
    assert (judged.different, judged.similar, judged.right) == (2, 1, 0.5)
    assert judged.auc_different == 0  # 2 and 1 against 3
    # Differences 2 and -1 of the better picture, against -2 and 1 of the worse one: 2 > both, -1 > -2 alone.
    assert judged.auc_better == 0.75


def test_predictions_of_single_votes_say_how_often_a_metric_is_right() -> None:
    drawn = simulate(Simulation(images=4, raters=12))
    made = analysis.analyse("x", drawn.votes)
    metrics = {"distance": dict(zip((s.name for s in drawn.votes.stimuli), (-drawn.truth).tolist(), strict=True))}
    (found,) = analysis.with_metrics(made, metrics).predictions
    assert found.pairs is not None
    assert found.pairs.right is not None
    assert found.pairs.right > 0.95
    (without,) = analysis.with_metrics(analysis.analyse_means("x", made.scores), metrics).predictions
    assert without.pairs is None


def test_areas_have_intervals_over_contents() -> None:
    """A metric that is right on average: its intervals hold its areas, and are as wide as few contents make them."""
    drawn = simulate(Simulation(images=10, raters=16))
    found = compare_pictures(drawn.votes, drawn.votes.stimuli)
    assert found is not None
    noisy = drawn.truth + np.random.default_rng(0).normal(0, 0.8, len(drawn.truth))
    content = np.repeat(np.arange(10), 4)
    judged = judge(noisy, found, higher_is_better=True, content=content)
    for area, ends in (
        (judged.auc_different, judged.auc_different_ci95),
        (judged.auc_better, judged.auc_better_ci95),
    ):
        assert ends is not None
        assert 0 < ends[0] < area < ends[1] < 1
        assert 0.02 < ends[1] - ends[0] < 0.5
    assert judge(noisy, found, higher_is_better=True, content=content, seed=0) == judged
    few = judge(noisy, found, higher_is_better=True, content=content % 2)
    assert (few.auc_different_ci95, few.auc_different) == (None, judged.auc_different)


def test_an_interval_of_an_area_has_the_error_of_drawn_contents() -> None:
    """Against pairs written out again for each draw of contents."""
    drawn = simulate(Simulation(models=("a", "b", "c"), images=6, raters=10))
    found = compare_pictures(drawn.votes, drawn.votes.stimuli)
    assert found is not None
    noisy = drawn.truth + np.random.default_rng(1).normal(0, 0.8, 18)
    judged = judge(noisy, found, higher_is_better=True, content=np.repeat(np.arange(6), 3), seed=3)
    size, told = np.abs(noisy[found.first] - noisy[found.second]), found.p < 0.05
    generator, areas = np.random.default_rng(3), []
    for _ in range(300):
        times = np.repeat(np.bincount(generator.integers(0, 6, 6), minlength=6), 3)
        number = times[found.first] * times[found.second]
        sides = [np.repeat(size[of], number[of]) for of in (told, ~told)]
        if len(sides[0]) and len(sides[1]):
            areas.append(stats.mannwhitneyu(*sides).statistic / len(sides[0]) / len(sides[1]))
    area = judged.auc_different
    reach = stats.t.ppf(0.975, 5) * np.std(areas, ddof=1) * np.sqrt(6 / 5) / (area * (1 - area))
    assert judged.auc_different_ci95 == pytest.approx(1 / (1 + (1 - area) / area * np.exp([reach, -reach])))
