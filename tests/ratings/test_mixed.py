"""Mixed models of votes: which effects take part, what is found, what is said where nothing can be."""

from dataclasses import replace

import numpy as np
import pytest

from srbench.ratings import analysis
from srbench.ratings.mixed import mixed_models
from srbench.ratings.options import Options
from srbench.ratings.simulation import Simulation, simulate
from srbench.report.ratings import publish
from tests.ratings.tables import stimuli, votes_of

PANEL = Simulation(
    models=("a", "b"), quality=(2.5, 3.5), images=12, raters=14, bias=0.5, rater_model=0.5, stimulus_spread=0.1
)


def test_planted_components_and_differences_are_found() -> None:
    """14 raters know a standard deviation to 19 %: three times that is allowed."""
    linear, ordinal = mixed_models(simulate(PANEL).votes)
    assert list(linear.sd) == ["rater", "content", "rater x model", "content x model", "residual"]
    assert linear.sd["rater"] == pytest.approx(0.5, rel=0.57)
    assert linear.sd["rater x model"] == pytest.approx(0.5, rel=0.57)
    assert linear.sd["residual"] == pytest.approx(0.65, rel=0.2)  # 0.6, a little more by rounding and mixing
    for fit in (linear, ordinal):
        assert fit.converged
        (pair,) = fit.differences
        assert (pair.first, pair.second, pair.significant) == ("b", "a", True)
        assert list(fit.models) == ["b", "a"]
    assert linear.differences[0].value == pytest.approx(1.0, abs=3 * linear.differences[0].error)
    assert linear.differences[0].df is not None
    assert 5 < linear.differences[0].df < 40  # of the 14 raters, and of nothing larger


def test_effects_that_the_design_cannot_tell_apart_take_no_part() -> None:
    drawn = simulate(replace(PANEL, models=("a",), quality=(3,)))
    linear, _ = mixed_models(drawn.votes)
    assert list(linear.sd) == ["rater", "content", "residual"]
    assert linear.differences == ()


@pytest.mark.parametrize(
    ("table", "shown", "reason"),
    [
        ([[1.0, 2], [4, 5]], stimuli(("a", "b"), 1), "raters and contents cannot be told apart"),
        ([[3.0, 3, 3]] * 4, stimuli(("a", "b"), 2), "all votes are the same"),
        ([[1.0, 2, 3]] * 4, (), "no stimulus has a model"),
        ([[1.0, 1, 1], [5, 5, 5]] * 3, stimuli(("a", "b"), 3), ""),
    ],
)
def test_what_cannot_be_fitted_is_named(table: list[list[float]], shown: tuple, reason: str) -> None:  # type: ignore[type-arg]
    linear, ordinal = mixed_models(votes_of(table, shown))
    assert reason in linear.reason
    assert linear.reason
    assert "never overlap" in ordinal.reason if not reason else reason in ordinal.reason


def test_scores_that_are_no_categories_have_a_linear_model_alone() -> None:
    table = np.random.default_rng(0).uniform(1, 5, (8, 6)).tolist()
    linear, ordinal = mixed_models(votes_of(table, stimuli(("a", "b"), 4)))
    assert not linear.reason
    assert "at most 11 categories" in ordinal.reason


def test_the_report_has_tables_records_and_a_sentence() -> None:
    made = analysis.analyse("x", simulate(replace(PANEL, images=5, raters=6)).votes, Options(mixed=True, resamples=50))
    report = publish.report(made)
    keys = [table.key for table in report.page.tables]
    assert {"mixed-components", "mixed-linear", "mixed-ordinal"} <= set(keys)
    assert [fit["kind"] for fit in report.content["mixed_models"]] == ["linear", "ordinal"]
    assert "restricted maximum likelihood" in report.content["methods"]
    assert "cumulative logit" in report.content["methods"]
    without = analysis.analyse("x", simulate(replace(PANEL, images=5, raters=6)).votes, Options(resamples=50))
    assert without.mixed == []


def test_a_variance_of_nothing_makes_a_fit_singular_and_that_is_said() -> None:
    """Raters without tastes for models: here the linear fit has no variance of rater x model."""
    drawn = simulate(replace(PANEL, images=5, raters=8, rater_model=0.0, bias=0.6, seed=4))
    made = analysis.analyse("x", drawn.votes, Options(mixed=True, resamples=0))
    linear = made.mixed[0]
    assert linear.sd["rater x model"] == 0
    assert linear.singular
    report = publish.report(made)
    assert report.content["mixed_models"][0]["singular"] is True
    said = "The linear fit is singular: the variance of rater x model"
    assert said in report.content["methods"]
    notes = {table.key: " ".join(table.notes) for table in report.page.tables}
    assert said in notes["mixed-components"]
    assert said in notes["mixed-linear"]
    whole = mixed_models(simulate(PANEL).votes)[0]
    assert not whole.singular
