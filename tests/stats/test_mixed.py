"""Mixed models against R's lme4, lmerTest and ordinal; `mixed/reference.R` computed the values."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from srbench.stats.arrays import Floats, Ints
from srbench.stats.mixed_linear import fit_linear
from srbench.stats.mixed_ordinal import _Problem, fit_ordinal

_FOLDER = Path(__file__).parent / "mixed"
REFERENCE: dict[str, list[float]] = json.loads((_FOLDER / "reference.json").read_text())


def _codes(*columns: pd.Series) -> Ints:
    return np.unique(list(map("/".join, zip(*(c.astype(str) for c in columns), strict=True))), return_inverse=True)[1]


def _study(name: str) -> tuple[Floats, Floats, list[Ints]]:
    """Scores, a column for each model, and the factors."""
    table = pd.read_csv(_FOLDER / f"{name}.csv")
    crossed = [("rater",), ("content",), ("rater", "model"), ("content", "model")]
    groups = [_codes(*(table[name] for name in names)) for names in crossed]
    return table.score.to_numpy(float), pd.get_dummies(table.model).to_numpy(float), groups


@pytest.fixture(scope="module")
def votes() -> tuple[Floats, Floats, list[Ints]]:
    """The study on which most is compared."""
    return _study("votes")


def test_the_linear_model_is_that_of_lmertest(votes: tuple[Floats, Floats, list[Ints]]) -> None:
    fit = fit_linear(*votes)
    assert fit.converged
    assert fit.criterion == pytest.approx(REFERENCE["linear_criterion"][0], abs=1e-4)
    np.testing.assert_allclose([*fit.sd, fit.residual], REFERENCE["linear_sd"], rtol=2e-3)
    np.testing.assert_allclose(fit.fixed, REFERENCE["linear_fixed"], rtol=1e-4)
    values = np.array([fit.contrast(row) for row in np.eye(3)])
    np.testing.assert_allclose(values[:, 1], REFERENCE["linear_errors"], rtol=1e-3)
    np.testing.assert_allclose(values[:, 2], REFERENCE["linear_df"], rtol=1e-2)
    found = fit.contrast(np.array([-1.0, 1, 0]))
    assert found == pytest.approx(REFERENCE["linear_difference"], rel=1e-2)


def test_penicillin_is_as_published() -> None:
    """Bates et al. 2015: 0.8467, 1.9316 and 0.5499, criterion 330.86."""
    table = pd.read_csv(_FOLDER / "penicillin.csv")
    ones = np.ones((len(table), 1))
    fit = fit_linear(table.diameter.to_numpy(float), ones, [_codes(table.plate), _codes(table["sample"])])
    found = [*fit.fixed, *fit.sd, fit.residual, fit.criterion]
    assert found == pytest.approx(REFERENCE["penicillin"], rel=1e-3)
    assert [*fit.sd, fit.residual] == pytest.approx([0.8467, 1.9316, 0.5499], abs=2e-3)


def test_a_factor_without_effect_has_no_variance() -> None:
    generator = np.random.default_rng(0)
    same, noise = np.repeat(np.arange(10), 20), generator.normal(0, 1, 200)
    level = noise - np.repeat(noise.reshape(10, 20).mean(axis=1), 20)  # every group has the mean 0
    fit = fit_linear(level, np.ones((200, 1)), [same, np.arange(200) % 4])
    assert fit.sd[0] == 0
    assert fit.residual == pytest.approx(level.std(ddof=1), rel=0.02)
    assert fit.contrast(np.ones(1))[2] > 100


def test_the_ordinal_model_is_that_of_clmm(votes: tuple[Floats, Floats, list[Ints]]) -> None:
    score, models, groups = votes
    fit = fit_ordinal(score.astype(np.int64) - 1, models[:, 1:], groups)
    assert fit.converged
    assert fit.loglikelihood == pytest.approx(REFERENCE["ordinal_loglikelihood"][0], abs=1e-3)
    np.testing.assert_allclose(fit.thresholds, REFERENCE["ordinal_thresholds"], atol=5e-3)
    np.testing.assert_allclose(fit.fixed, REFERENCE["ordinal_fixed"], atol=5e-3)
    np.testing.assert_allclose(fit.sd, REFERENCE["ordinal_sd"], atol=1e-2)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), REFERENCE["ordinal_errors"], rtol=1e-2)


def test_bitterness_of_wine_is_as_published() -> None:
    """Randall 1989, as in the vignette of package ordinal: 3.063 and 1.835, a judge's variance of 1.279."""
    table = pd.read_csv(_FOLDER / "wine.csv")
    design = np.column_stack([table.temp == "warm", table.contact == "yes"]).astype(float)
    fit = fit_ordinal(table.rating.to_numpy() - 1, design, [_codes(table.judge)])
    np.testing.assert_allclose(fit.fixed, REFERENCE["wine_fixed"], atol=2e-3)
    np.testing.assert_allclose(fit.fixed, [3.063, 1.835], atol=5e-3)
    np.testing.assert_allclose(fit.thresholds, REFERENCE["wine_thresholds"], atol=2e-3)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), REFERENCE["wine_errors"], rtol=5e-3)
    assert fit.sd[0] ** 2 == pytest.approx(1.279, abs=5e-3)
    assert fit.loglikelihood == pytest.approx(REFERENCE["wine_loglikelihood"][0], abs=1e-3)


@pytest.mark.parametrize("study", ["unbalanced", "singular"])
def test_other_studies_have_the_values_of_r_too(study: str) -> None:
    """Raters with 20 to 80 % of the pictures; and raters whose tastes have no size, so that a variance is 0."""
    score, models, groups = _study(study)
    expected = {name.removeprefix(f"{study}_"): x for name, x in REFERENCE.items() if name.startswith(study)}
    linear = fit_linear(score, models, groups)
    assert linear.criterion == pytest.approx(expected["linear_criterion"][0], abs=1e-4)
    np.testing.assert_allclose([*linear.sd, linear.residual], expected["linear_sd"], rtol=2e-3, atol=1e-4)
    np.testing.assert_allclose(linear.fixed, expected["linear_fixed"], rtol=1e-4)
    values = np.array([linear.contrast(row) for row in np.eye(len(linear.fixed))])
    np.testing.assert_allclose(values[:, 1], expected["linear_errors"], rtol=1e-3)
    np.testing.assert_allclose(values[:, 2], expected["linear_df"], rtol=1e-2)
    assert linear.singular == bool(expected["linear_singular"][0]) == (study == "singular")
    ordinal = fit_ordinal(score.astype(np.int64) - 1, models[:, 1:], groups)
    assert ordinal.loglikelihood == pytest.approx(expected["ordinal_loglikelihood"][0], abs=1e-3)
    np.testing.assert_allclose(ordinal.thresholds, expected["ordinal_thresholds"], atol=5e-3)
    np.testing.assert_allclose(ordinal.fixed, expected["ordinal_fixed"], atol=5e-3)
    np.testing.assert_allclose(ordinal.sd, expected["ordinal_sd"], atol=1e-2)
    np.testing.assert_allclose(np.sqrt(np.diag(ordinal.covariance)), expected["ordinal_errors"], rtol=1e-2)
    assert ordinal.singular == linear.singular


def test_the_gradient_of_the_ordinal_likelihood_is_that_of_differences(
    votes: tuple[Floats, Floats, list[Ints]],
) -> None:
    score, models, groups = votes
    problem = _Problem(score.astype(np.int64) - 1, models[:, 1:], groups)
    at = problem.start()
    found = problem.negative(at)[1]
    for k in range(len(at)):
        step = np.zeros(len(at))
        step[k] = 1e-5
        slope = (problem.negative(at + step)[0] - problem.negative(at - step)[0]) / 2e-5
        assert found[k] == pytest.approx(slope, rel=1e-4, abs=1e-4)
