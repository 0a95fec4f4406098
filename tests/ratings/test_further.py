"""z-scores, scatter over the scale and order effects: by hand, against statsmodels, and planted."""

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.api import OLS

from srbench.errors import BadRatings
from srbench.ratings.analysis import analyse
from srbench.ratings.further import further, order_effects, scatter, z_scores
from srbench.ratings.mos import mos
from srbench.ratings.options import Options
from srbench.ratings.votes import Votes
from srbench.report.ratings import further as further_report
from srbench.report.ratings import methods, record
from tests.ratings.tables import NAN, stimuli, votes_of


def test_z_scores_by_hand() -> None:
    """A rater who uses the scale otherwise gives the same z; one who always says 3 gives none."""
    votes = votes_of([[1, 2, 3], [2, 3, 3], [3, 4, 3]])
    found = z_scores(votes)
    np.testing.assert_allclose(found.mean, [-1, 0, 1])
    assert found.n.tolist() == [2, 2, 2]


def _in_order(generator: np.random.Generator, drift: float = 0.0, before: float = 0.0, share: float = 1.0) -> Votes:
    """20 raters, 30 stimuli each in an order of their own; votes change by `drift` from first to last place."""
    truth = generator.normal(0, 0.8, 30)
    table, order = np.full((30, 20), NAN), np.zeros((30, 20))
    for rater in range(20):
        shown = generator.permutation(30)
        previous = np.concatenate([[0.0], truth[shown[:-1]]])
        votes = 3 + truth[shown] + drift * np.arange(30) / 29 + before * previous + generator.normal(0, 0.4, 30)
        table[shown, rater], order[shown, rater] = votes, np.arange(30)
    table[generator.random(table.shape) >= share] = NAN
    made = votes_of(table.tolist(), stimuli(("a", "b"), 15))
    return replace(made, order=order[made.stimulus, made.rater])


def test_planted_order_effects_are_found_and_others_rarely() -> None:
    generator = np.random.default_rng(3)
    drift, before = order_effects(_in_order(generator, drift=-0.5, before=-0.2))
    assert (drift.what, before.what, drift.raters) == ("drift", "predecessor", 20)
    assert drift.ci95[0] < -0.5 < drift.ci95[1] < 0
    assert before.ci95[0] < -0.2 < before.ci95[1] < 0
    found = [effect.p < 0.05 for _ in range(50) for effect in order_effects(_in_order(generator))]
    # Of 100 about 5; 11 would be so by a chance of 0.01.
    assert sum(found) < 11


def test_the_slope_is_that_of_least_squares_with_raters_as_clusters() -> None:
    """statsmodels: an intercept for each rater; its clustered error has no factor G / (G - 1)."""
    votes = _in_order(np.random.default_rng(2), drift=0.3, share=0.8)
    mean = np.bincount(votes.stimulus, votes.score) / np.bincount(votes.stimulus)
    place = np.zeros(len(votes))
    for rater in range(20):
        own = np.flatnonzero(votes.rater == rater)
        place[own[np.argsort(votes.order[own])]] = np.linspace(0, 1, len(own))
    rows = np.column_stack([place, votes.rater[:, None] == np.arange(20)]).astype(float)
    fit = OLS(votes.score - mean[votes.stimulus], rows).fit(
        cov_type="cluster", cov_kwds={"groups": votes.rater, "use_correction": False}
    )
    drift = order_effects(votes)[0]
    assert drift.slope == pytest.approx(fit.params[0])
    error = (drift.ci95[1] - drift.ci95[0]) / 2 / 2.0930240544
    assert error == pytest.approx(fit.bse[0] * np.sqrt(20 / 19))


def test_the_sos_parameter_is_the_slope_of_variances_and_its_error_hc3() -> None:
    generator = np.random.default_rng(3)
    scores = mos(votes_of(generator.integers(1, 6, (40, 15)).astype(float).tolist()))
    found = scatter(scores)
    fit = OLS(scores.std**2, (scores.mean - 1) * (5 - scores.mean)).fit(cov_type="HC3")
    assert found is not None
    assert found.ci95 is not None
    assert found.a == pytest.approx(fit.params[0])
    assert (found.ci95[1] - found.ci95[0]) / 2 / 2.0226909200 == pytest.approx(fit.bse[0])
    # All votes at the ends: a = n / (n - 1), with the variance's divisor n - 1.
    ends = scatter(mos(votes_of([[1, 5] * 6, [1, 1, 5] * 4, [5, 5, 5, 1] * 3])))
    assert ends is not None
    assert ends.a == pytest.approx(12 / 11)
    assert scatter(mos(votes_of([[3], [4]]))) is None


def test_what_is_asked_for_stands_in_tables_record_and_methods() -> None:
    votes = _in_order(np.random.default_rng(4), drift=0.4)
    votes = replace(votes, score=np.clip(np.rint(votes.score), 1, 5))
    made = analyse("x", votes, Options(also=("z", "sos", "order"), resamples=0))
    sos, order = further_report.tables(made)
    assert [len(table.rows) for table in (sos, order)] == [1, 2]
    content = record.record(made, "")
    assert content["sos"]["stimuli"] == 30
    assert [effect["what"] for effect in content["order_effects"]] == ["drift", "predecessor"]
    assert content["stimuli"][0]["z_ci95"] is not None
    text = methods.methods(made)
    for words in ("standardised rater by rater", "The SOS parameter is a = ", "Order: change from first to last place"):
        assert words in text
    plain = analyse("x", votes, Options(resamples=0))
    assert (plain.further.z, plain.further.sos, plain.further.order) == (None, None, ())
    assert further_report.sentences(plain) == ""


def test_unknown_analyses_and_missing_orders_are_named() -> None:
    votes = votes_of([[1, 2, 3], [2, 3, 4]])
    with pytest.raises(BadRatings, match="--also w is unknown; expected of z, sos, order"):
        further(votes, ("w",))
    with pytest.raises(BadRatings, match="--also order needs a column order"):
        further(votes, ("order",))
