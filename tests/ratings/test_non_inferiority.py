"""Models that are as good as the original, or not, within a margin."""

from dataclasses import replace

import pytest
from scipy import stats

from srbench.errors import BadRatings
from srbench.ratings import analysis, mos
from srbench.ratings.model_differences import draw_raters_and_images
from srbench.ratings.non_inferiority import as_good_as
from srbench.ratings.options import Options
from srbench.ratings.simulation import Simulation, simulate
from srbench.report.ratings import publish

PANEL = Simulation(models=("far", "near"), quality=(2.5, 4.2), images=20, raters=24, reference=True, rater_model=0.1)
VOTES = simulate(PANEL).votes  # the originals are at 4.6


def test_a_near_model_is_as_good_within_a_step_and_a_far_one_is_not() -> None:
    made = analysis.analyse("x", VOTES, Options(margin=1.0, resamples=400))
    near, far = made.as_good
    assert [(one.model, one.baseline, one.shown) for one in (near, far)] == [("near", "hr", True), ("far", "hr", False)]
    pair = next(d for d in made.differences if {d.first, d.second} == {"near", "hr"})
    assert pair.error is not None
    assert near.mean == pytest.approx(-pair.mean)
    assert near.p == pytest.approx(stats.t.sf((near.mean + 1.0) / pair.error, 19))
    assert near.lower95 == pytest.approx(near.mean - stats.t.ppf(0.95, 19) * pair.error)
    assert near.p_holm == pytest.approx(2 * near.p)
    narrow = analysis.analyse("x", VOTES, Options(margin=0.1, resamples=400))
    assert not any(one.shown for one in narrow.as_good)


def test_relative_scores_are_compared_with_the_original_itself() -> None:
    made = analysis.analyse("x", VOTES, Options(margin=1.0, relative="dmos", resamples=400))
    near = made.as_good[0]
    assert (near.model, near.baseline, near.shown) == ("near", "the original", True)
    score = next(m for m in made.models if m.model == "near")
    assert near.mean == pytest.approx(score.mean - 5)


def test_any_model_can_be_the_baseline_and_the_report_says_it() -> None:
    made = analysis.analyse("x", VOTES, Options(margin=0.5, as_good_as="far", resamples=100))
    assert {one.model for one in made.as_good} == {"near", "hr"}
    assert all(one.shown for one in made.as_good)
    report = publish.report(made)
    assert "as-good-as" in [table.key for table in report.page.tables]
    assert [row["shown"] for row in report.content["as_good_as"]] == [True, True]
    assert "non-inferiority" in report.content["methods"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"as_good_as": "nobody"}, "--as-good-as 'nobody' is no model of these ratings"),
        ({"as_good_as": "far", "margin": None}, "--as-good-as needs --margin"),
        ({"resamples": 0}, "--margin needs single votes"),
    ],
)
def test_what_cannot_be_tested_is_said(settings: dict[str, object], said: str) -> None:
    with pytest.raises(BadRatings, match=said):
        analysis.analyse("x", VOTES, replace(Options(margin=0.5, resamples=100), **settings))  # type: ignore[arg-type]


def test_without_references_the_baseline_must_be_named() -> None:
    votes = simulate(replace(PANEL, reference=False, images=4, raters=4)).votes
    with pytest.raises(BadRatings, match="no hidden references; name the model to compare with by --as-good-as"):
        analysis.analyse("x", votes, Options(margin=0.5, resamples=50))


def test_a_model_at_the_margin_is_called_as_good_in_at_most_about_5_of_100_studies() -> None:
    """60 studies: at most 8 with a probability of 99 % if the rate is 5 %."""
    wrong = 0
    for seed in range(60):
        panel = Simulation(models=("a", "b"), quality=(2.75, 3.25), images=6, raters=8, seed=seed)
        votes = simulate(panel).votes
        scores = mos.mos(votes)
        (found,) = as_good_as(scores, draw_raters_and_images(votes, scores, 200, seed), 0.5, "b")
        wrong += found.shown
    assert wrong <= 8
