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
    assert (p[0, 1], p[0, 2]) == (0, 1)
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
