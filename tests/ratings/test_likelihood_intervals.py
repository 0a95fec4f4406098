"""Intervals of maximum likelihood hold for raters like those who voted; biases have one name each."""

import json
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from srbench.ratings import analysis, likelihood, mos
from srbench.ratings.likelihood_draws import draw_raters
from srbench.ratings.model_differences import compare_models
from srbench.ratings.model_scores import VotesAndScores, draw, fit_likelihood, model_means
from srbench.ratings.options import Options
from srbench.ratings.rater_intervals import rater_intervals
from srbench.ratings.simulation import Simulation, simulate
from srbench.ratings.votes import Scale
from srbench.report.ratings import publish, record
from tests.ratings.tables import NAN, votes_of

LONG = {"bias": 3.0, "inconsistency": 8.0, "content_spread": 5.0, "stimulus_spread": 5.0, "scale": Scale(0, 100)}


def _over_raters(panels: int, **settings: object) -> tuple[float, float]:
    """Shares of intervals that hold the mean of infinitely many raters: of stimuli, and of models on these images."""
    stimuli, models = [], []
    for seed in range(panels):
        drawn = simulate(Simulation(seed=seed, **settings))  # type: ignore[arg-type]
        fitted = fit_likelihood(drawn.votes, Options(resamples=200, seed=seed))
        assert fitted.estimate is not None
        if not fitted.estimate.usable:
            continue
        assert fitted.draws is not None
        scores, place = fitted.estimate.scores, {s.name: i for i, s in enumerate(drawn.votes.stimuli)}
        off = scores.mean - drawn.expected[[place[s.name] for s in scores.stimuli]]
        stimuli.append((np.abs(off) <= scores.half).mean())
        for members in mos.stimuli_by_model(scores.stimuli).values():
            half = fitted.draws.half_of_mean(members)
            assert half is not None
            models.append(abs(off[members].mean()) <= half)
    return float(np.mean(stimuli)), float(np.mean(models))


def test_intervals_hold_the_mean_of_raters_like_these() -> None:
    """25 panels of 32 stimuli: a share of 95 % is known to about 1 %, of the models' means to 4 %."""
    stimuli, models = _over_raters(25, images=8, raters=24)
    assert 0.93 < stimuli < 0.985
    assert models > 0.87


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {"images": 8, "raters": 24},
        {"images": 20, "raters": 12},
        {"images": 20, "raters": 24, "share": 0.5},
        {"images": 8, "raters": 24, "rater_model": 0.0, **LONG},
        {"images": 8, "raters": 24, "rater_model": 3.0, **LONG},
    ],
)
def test_intervals_hold_the_mean_of_raters_like_these_in_many_designs(settings: dict[str, object]) -> None:
    stimuli, models = _over_raters(100, **settings)
    assert 0.93 < stimuli < 0.98
    assert 0.915 < models < 0.985


def _over_both(panels: int, **settings: object) -> tuple[float, float]:
    """Share of intervals of equal models' means that hold the truth, and of panels in which two are told apart."""
    held, wrong = [], []
    for seed in range(panels):
        votes = simulate(Simulation(models=("a", "b", "c"), quality=(50.0,) * 3, seed=seed, **LONG, **settings)).votes  # type: ignore[arg-type]
        options = Options(estimator="p910", resamples=200, seed=seed)
        fitted = fit_likelihood(votes, options)
        assert fitted.estimate is not None
        if not fitted.estimate.usable:
            continue
        compared = VotesAndScores(votes, fitted.estimate.scores)
        draws = draw(compared, fitted, options)
        ends = [group.ci95_raters_images for group in model_means(compared, fitted, options, draws)]
        held += [end is not None and end[0] <= 50 <= end[1] for end in ends]
        wrong.append(any(pair.significant for pair in compare_models(compared.scores, draws=draws)))
    return float(np.mean(held)), float(np.mean(wrong))


@pytest.mark.slow
@pytest.mark.parametrize(("images", "raters", "taste"), [(20, 20, 0.0), (20, 24, 3.0), (40, 12, 3.0)])
def test_means_of_models_hold_for_other_raters_and_images(images: int, raters: int, taste: float) -> None:
    """100 panels of three models, which share raters: a share of 95 % is known to about 2 %."""
    held, wrong = _over_both(100, images=images, raters=raters, rater_model=taste)
    assert 0.915 < held < 0.99
    assert wrong < 0.095


def test_biases_and_inconsistencies_lie_in_their_intervals() -> None:
    """15 panels of 24 raters: a share of 95 % is known to about 1.2 %."""
    held = []
    for seed in range(15):
        drawn = simulate(Simulation(images=10, raters=24, rater_model=0.0, seed=seed, **LONG))  # type: ignore[arg-type]
        found = likelihood.estimate(drawn.votes)
        assert found is not None
        if found.usable:
            truths = drawn.bias - drawn.bias.mean(), drawn.inconsistency
            for ends, truth in zip(rater_intervals(drawn.votes, found), truths, strict=True):
                held.append(((ends[:, 0] <= truth) & (truth <= ends[:, 1])).mean())
    assert 0.92 < np.mean(held[::2]) < 0.98
    assert 0.92 < np.mean(held[1::2]) < 0.98


def test_intervals_of_raters_are_those_of_weighted_least_squares() -> None:
    """Covariance and leverages of statsmodels, with the inconsistencies as weights; one vote is missing."""
    table = simulate(Simulation(images=3, raters=6, seed=2, **LONG)).votes.matrix()  # type: ignore[arg-type]
    table[0, 0] = NAN
    votes = votes_of(table.tolist(), scale=Scale(0, 100))
    found = likelihood.estimate(votes)
    assert found is not None
    assert found.usable
    stimuli, raters = table.shape
    design = np.hstack([np.eye(stimuli)[votes.stimulus], np.eye(raters)[votes.rater][:, 1:]])
    fit = sm.WLS(votes.score, design, weights=1 / found.inconsistency[votes.rater] ** 2).fit()
    against_mean = np.hstack([np.zeros((raters, stimuli)), np.eye(raters)[:, 1:] - 1 / raters])
    np.testing.assert_allclose(against_mean @ fit.params, found.bias, atol=1e-5)
    leverage = np.bincount(votes.rater, sm.OLS(fit.model.wendog, fit.model.wexog).fit().get_influence().hat_matrix_diag)
    n = np.bincount(votes.rater)
    df = n - leverage
    error = np.sqrt(np.diag(against_mean @ fit.normalized_cov_params @ against_mean.T) * n / df)
    bias, wide = rater_intervals(votes, found)
    np.testing.assert_allclose(np.ptp(bias, axis=1) / 2, stats.t.ppf(0.975, df) * error, rtol=1e-6)
    squares = np.bincount(votes.rater, fit.resid**2)
    np.testing.assert_allclose(wide[:, 0], np.sqrt(squares / stats.chi2.ppf(0.975, df)), rtol=1e-4)


def test_a_stimulus_with_one_rater_has_no_interval_and_few_draws_give_no_warning() -> None:
    table = simulate(Simulation(images=5, raters=8, seed=4)).votes.matrix()
    table[0, 1:] = NAN
    votes = votes_of(table.tolist())
    found = likelihood.estimate(votes)
    assert found is not None
    half = draw_raters(votes, found, resamples=2).half_widths()
    assert np.flatnonzero(np.isnan(half)).tolist() == [0]
    assert draw_raters(votes, found, resamples=2).half_of_mean([0]) is None


def test_an_analysis_by_maximum_likelihood_tests_over_raters_and_images() -> None:
    votes = simulate(Simulation(images=8)).votes
    made = analysis.analyse("x", votes, Options(estimator="p910", screen=(), resamples=200))
    assert {pair.test for pair in made.differences} == {"two-way"}
    for group in made.models:
        assert group.half is not None
        assert group.ci95_raters_images is not None
    text = publish.report(made).content["methods"]
    for words in ("200 draws of the raters", "two sweeps from the solution", "images drawn beside the raters", "n - h"):
        assert words in text
    plain = analysis.analyse("x", votes, Options(estimator="p910", screen=(), resamples=0))
    assert "1.96 standard errors" in publish.report(plain).content["methods"]
    assert [group.ci95_raters_images for group in plain.models] == [None] * 4


def test_bias_has_one_meaning_and_an_older_report_reads(tmp_path: Path) -> None:
    """ "bias" is the mean deviation of ITU-T P.913; the one by maximum likelihood is "bias_p910"."""
    made = analysis.analyse("x", simulate(Simulation(images=5)).votes, Options(screen=(), resamples=50))
    content = publish.report(made).content
    fitted, listed = content["maximum_likelihood"]["raters"], content["raters"]
    assert "bias" not in fitted[0]
    assert made.raters is not None
    assert [rater["bias"] for rater in listed] == made.raters.bias.tolist()
    by_name = {rater["rater"]: rater for rater in listed}
    for rater in fitted:
        low, high = rater["bias_p910_ci95"]
        assert low < rater["bias_p910"] < high
        low, high = rater["inconsistency_ci95"]
        assert low < rater["inconsistency"] < high
        assert by_name[rater["rater"]].items() >= rater.items()
    assert "bias_p910_ci95_low" in record.csv_files(content)["raters.csv"]
    older = json.loads(json.dumps(content))
    older["maximum_likelihood"]["raters"] = [{"rater": "r01", "bias": 0.25, "inconsistency": 0.5}]
    path = tmp_path / "report.json"
    path.write_text(json.dumps(older), encoding="utf-8")
    read = record.read(path)
    assert read["maximum_likelihood"]["raters"] == [{"rater": "r01", "inconsistency": 0.5, "bias_p910": 0.25}]
    assert read["raters"] == older["raters"]
