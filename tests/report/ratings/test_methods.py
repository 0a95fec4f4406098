"""What the methods paragraph of a study on a scale says is what was computed."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from srbench.ratings import analysis
from srbench.ratings.options import Options
from srbench.ratings.simulation import Simulation, simulate
from srbench.report.ratings import tables
from srbench.report.ratings.methods import methods
from srbench.stats.paired import sign_flip

_PANEL = Simulation(models=("a", "b"), images=6, raters=10)


def test_the_number_of_images_whose_signs_are_all_counted_is_the_one_that_is_said() -> None:
    text = methods(analysis.analyse("x", simulate(_PANEL).votes, Options(test="permutation")))
    assert "exchange of signs, all patterns up to 20 images, else 100,000 drawn with seed 0" in text
    assert sign_flip(np.arange(1.0, 21)) == 2.0**-19
    assert sign_flip(np.arange(1.0, 22)) == 1 / 100_001


def test_intervals_are_said_to_be_widened_at_the_ends_where_they_are() -> None:
    """Without raters' biases votes pass the ends: those half-widths are Student's."""
    votes = simulate(replace(_PANEL, quality=(1.3, 4.7))).votes
    plain, removed = (analysis.analyse("x", votes, Options(remove_bias=on, resamples=0)) for on in (False, True))
    assert "a half-width, also that of a model over raters, is never below that of Wilson" in methods(plain)
    assert "no half-width is widened there" in methods(removed)
    for made, widened in ((plain, True), (removed, False)):
        scores = made.scores
        varied = scores.std > 0
        student = stats.t.ppf(0.975, scores.n - 1) * scores.std / np.sqrt(scores.n)
        assert (scores.half[varied] > student[varied] * 1.001).any() == widened


def test_the_interval_over_raters_and_images_can_be_computed_from_what_is_said() -> None:
    """Votes without noise of their own: k / (k - 1) times the variance of the draws of raters and images is all."""
    panel = replace(_PANEL, inconsistency=0.0, rater_model=0.0, bias=0.8, images=5)
    made = analysis.analyse("x", simulate(panel).votes)
    text = methods(made)
    assert "k - 1 degrees of freedom for the smaller k of the numbers of images and raters" in text
    assert "2000 resamples, seed 0, times k / (k - 1)" in text
    ends = made.models[0].ci95_raters_images
    assert ends is not None
    votes = simulate(panel).votes.matrix()[[s.model == "a" for s in simulate(panel).votes.stimuli]]
    generator = np.random.default_rng(1)
    drawn = [votes[np.ix_(generator.integers(0, 5, 5), generator.integers(0, 10, 10))].mean() for _ in range(4_000)]
    rest = votes - votes.mean(axis=1, keepdims=True) - votes.mean(axis=0) + votes.mean()
    noise = ((rest / votes.size) ** 2).sum()
    raw = np.var(drawn, ddof=1) * 5 / 4
    error = np.sqrt(max(raw - 2 * noise, raw / 3))
    assert (ends[1] - ends[0]) / 2 == pytest.approx(stats.t.ppf(0.975, 4) * error, rel=0.06)


def test_one_degree_of_freedom_is_no_plural() -> None:
    made = analysis.analyse("x", simulate(replace(_PANEL, images=2)).votes, Options(resamples=100))
    note = next(table.notes for table in tables.tables(made) if table.key == "differences")[0]
    assert "standard error (1 degree of freedom: the" in methods(made)
    assert "two-way bootstrap, 1 degree of freedom)" in note
