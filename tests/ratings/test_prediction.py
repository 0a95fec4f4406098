"""Correlations, curves and intervals against formulae written out, and metrics that are told apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from srbench.ratings import analysis, curves, prediction
from srbench.ratings.options import Options
from srbench.ratings.simulation import Simulation, simulate
from tests.ratings.tables import scores_of

X = np.linspace(20, 40, 30)


def _one(values: np.ndarray, scores: np.ndarray, half: list[float] | None = None) -> prediction.Prediction:
    metrics = {"m": {f"s{i}": float(x) for i, x in enumerate(values)}}
    (found,) = prediction.predict(scores_of(scores.tolist(), half=half or ()), metrics)
    return found


@pytest.mark.parametrize("sign", [1, -1])
def test_monotone_data_have_rank_correlations_of_one(sign: int) -> None:
    found = _one(sign * X, 1 + 4 / (1 + np.exp(-(X - 30) / 3)))
    assert (found.srcc, found.krocc) == pytest.approx((sign, sign))
    assert abs(found.plcc) < 1
    logistic = [fit for fit in found.fits if fit.curve != "cubic"]
    assert all(fit.plcc == pytest.approx(1, abs=1e-6) for fit in logistic)
    assert all(fit.rmse < 1e-4 for fit in logistic)
    assert found.best
    assert not found.tied


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("logistic4", (4.5, 1.5, 31.0, 2.5)),
        ("logistic4", (1.5, 4.5, 28.0, 4.0)),
        ("logistic5", (2.0, 0.5, 30.0, 0.02, 2.4)),
        ("logistic5", (-2.0, 0.5, 30.0, -0.02, 3.6)),
    ],
)
def test_curves_are_found_again(name: curves.Curve, parameters: tuple[float, ...]) -> None:
    y = curves.curve(name, X, parameters)
    found = prediction.fit(X, y, name, np.full(len(X), 0.1))
    assert found.converged
    np.testing.assert_allclose(curves.curve(name, X, found.parameters), y, atol=1e-6)
    assert (found.rmse, found.outlier_ratio) == (pytest.approx(0, abs=1e-6), 0)


def test_curves_as_they_are_written() -> None:
    a, b, c, d = 4.5, 1.5, 31.0, -2.5
    np.testing.assert_allclose(
        curves.curve("logistic4", X, (a, b, c, d)), b + (a - b) / (1 + np.exp(-(X - c) / abs(d)))
    )
    b1, b2, b3, b4, b5 = 2.0, 0.5, 30.0, 0.02, 2.4
    np.testing.assert_allclose(
        curves.curve("logistic5", X, (b1, b2, b3, b4, b5)),
        b1 * (0.5 - 1 / (1 + np.exp(b2 * (X - b3)))) + b4 * X + b5,
    )


def test_the_unit_of_a_metric_does_not_matter() -> None:
    y = 1 + 4 / (1 + np.exp(-(X - 30) / 3)) + np.random.default_rng(0).normal(0, 0.3, len(X))
    plain = _one(X, y)
    for scale, shift in [(1e-6, 0), (1e6, 5e8), (-1, 0)]:
        other = _one(scale * X + shift, y)
        for one, two in zip(plain.fits, other.fits, strict=True):
            # lm stops at relative changes of 1e-8.
            assert two.rmse == pytest.approx(one.rmse, rel=1e-5)
            assert two.plcc == pytest.approx(one.plcc, abs=1e-5)


def test_intervals_and_errors_by_hand() -> None:
    y = 3 + np.sin(X) + (X - 30) / 10
    half = [0.3] * 20 + [float("nan")] * 10
    found = _one(X, y, half)
    n, z = 30, 1.959963984540054

    def fisher(r: float, variance: float) -> tuple[float, float]:
        return (
            float(np.tanh(np.arctanh(r) - z * np.sqrt(variance))),
            float(np.tanh(np.arctanh(r) + z * np.sqrt(variance))),
        )

    assert found.plcc == pytest.approx(np.corrcoef(X, y)[0, 1])
    assert found.plcc_ci95 == pytest.approx(fisher(found.plcc, 1 / 27))
    assert found.srcc_ci95 == pytest.approx(fisher(found.srcc, (1 + found.srcc**2 / 2) / 27))
    assert found.krocc_ci95 == pytest.approx(fisher(found.krocc, 0.437 / 26))
    for fit, d in zip(found.fits, (4, 5, 4), strict=True):
        error = y - curves.curve(fit.curve, X, fit.parameters)
        assert fit.rmse_n == pytest.approx(np.sqrt((error**2).mean()))
        assert fit.rmse == pytest.approx(np.sqrt((error**2).sum() / (n - d)))
        low, high = stats.chi2.ppf([0.975, 0.025], n - d)
        assert fit.rmse_ci95 == pytest.approx((fit.rmse * np.sqrt((n - d) / low), fit.rmse * np.sqrt((n - d) / high)))
        beyond = np.maximum(np.abs(error[:20]) - 0.3, 0)
        assert fit.rmse_star == pytest.approx(np.sqrt((beyond**2).sum() / (20 - d)))
        share = (np.abs(error[:20]) > 0.3).mean()
        assert 0 < share < 1
        assert fit.outlier_ratio == pytest.approx(share)
        reach = z * np.sqrt(share * (1 - share) / 20)
        assert fit.outlier_ci95 == pytest.approx((max(0, share - reach), min(1, share + reach)))


def test_without_intervals_there_is_no_outlier_ratio() -> None:
    found = _one(X, 3 + np.sin(X))
    assert {(fit.outlier_ratio, fit.outlier_ci95) for fit in found.fits} == {(None, None)}


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_a_curve_is_never_worse_than_a_constant_and_five_parameters_than_a_line(seed: int) -> None:
    generator = np.random.default_rng(seed)
    x, y = generator.normal(0, 1, 15), generator.uniform(1, 5, 15)
    four, five = (prediction.fit(x, y, name, np.full(15, 0.1)) for name in ("logistic4", "logistic5"))
    line = np.polyval(np.polyfit(x, y, 1), x)
    # One part in a thousand: a curve reaches the line only in a limit.
    assert four.rmse_n <= y.std() * 1.001
    assert five.rmse_n <= np.sqrt(((y - line) ** 2).mean()) * 1.001


def test_metrics_that_cannot_be_compared_are_left_out_and_named() -> None:
    drawn = simulate(Simulation(images=2, raters=4, models=("a", "b", "c", "d")))
    made = analysis.analyse("x", drawn.votes, Options(resamples=0, screen=()))
    names = [s.name for s in made.scores.stimuli]
    metrics = {
        "good": {name: float(mean) for name, mean in zip(names, made.scores.mean, strict=True)},
        "few": {name: float(i) for i, name in enumerate(names[:5])},
        "flat": dict.fromkeys(names, 1.0),
        "holes": {name: float("nan") if i < 2 else float(i % 4) for i, name in enumerate(names)},
    }
    found = analysis.with_metrics(made, metrics, ["kept"])
    assert [(p.metric, p.n, p.best) for p in found.predictions] == [("good", 8, True), ("holes", 6, False)]
    assert "kept" in found.caveats
    assert "not compared with ratings (fewer than 6 stimuli, or all equal): few, flat" in found.caveats


@pytest.mark.slow
def test_the_best_metric_is_told_from_chance_but_not_from_its_like() -> None:
    """And a metric whose low values are good counts by the size of its correlation."""
    generator = np.random.default_rng(0)
    y = generator.uniform(1, 5, 60)
    columns = {
        "good": -(y + generator.normal(0, 0.3, 60)),
        "alike": y + generator.normal(0, 0.3, 60),
        "chance": generator.normal(0, 1, 60),
    }
    metrics = {name: {f"s{i}": float(x) for i, x in enumerate(column)} for name, column in columns.items()}
    found = {p.metric: p for p in prediction.predict(scores_of(y.tolist()), metrics)}
    (best,) = [name for name, p in found.items() if p.best]
    (other,) = {"good", "alike"} - {best}
    assert (found[best].tied, found[other].tied, found["chance"].tied) == (False, True, False)
    assert abs(found[best].srcc) >= abs(found[other].srcc)
    assert found["good"].srcc < 0
