"""Tests between metrics on the same stimuli: against formulae written out, and by how often they err."""

import numpy as np
import pytest
from scipy import stats

from srbench.ratings.analysis import analyse_means, with_metrics
from srbench.ratings.curves import curve, fit_curve
from srbench.ratings.metric_tests import MetricTest, compare_metrics
from srbench.ratings.votes import StimulusScores
from srbench.report.ratings import methods, record, tables_metrics
from tests.ratings.tables import scores_of, stimuli

Values = dict[str, dict[str, float]]


def _drawn(generator: np.random.Generator, noise: tuple[float, ...], n: int = 60) -> tuple[StimulusScores, Values]:
    """Scores, and metrics that share part of what they miss."""
    truth = generator.normal(3, 0.7, n)
    shared = generator.normal(0, 0.4, n)
    scores = scores_of((truth + generator.normal(0, 0.1, n)).tolist(), half=[0.2] * n)
    values = {
        f"m{k}": dict(zip((s.name for s in scores.stimuli), truth + shared + generator.normal(0, wide, n), strict=True))
        for k, wide in enumerate(noise)
    }
    return scores, values


def _tests(generator: np.random.Generator, noise: tuple[float, ...]) -> list[MetricTest]:
    scores, values = _drawn(generator, noise)
    return compare_metrics(list(values), values, scores)


def test_p_values_follow_their_formulae() -> None:
    """Meng, Rosenthal and Rubin's equations 1 to 3; Pitman and Morgan by scipy's Pearson; P.1401's z and F."""
    scores, values = _drawn(np.random.default_rng(0), (0.2, 0.5))
    (test,) = compare_metrics(list(values), values, scores)
    y = scores.mean
    given = [np.array(list(of.values())) for of in values.values()]
    a, b = (curve("cubic", x, fit_curve("cubic", x, y).parameters) for x in given)
    assert (test.first, test.second, test.n) == ("m0", "m1", 60)
    ra, rb, rx = (float(np.corrcoef(*pair)[0, 1]) for pair in ((a, y), (b, y), (a, b)))
    assert test.plcc == pytest.approx(ra - rb)
    z = np.arctanh(ra) - np.arctanh(rb)
    mean = (ra**2 + rb**2) / 2
    f = min(1.0, (1 - rx) / (2 * (1 - mean)))
    statistic = z * np.sqrt((60 - 3) / (2 * (1 - rx) * (1 - f * mean) / (1 - mean)))
    assert test.p_plcc == pytest.approx(2 * stats.norm.sf(abs(statistic)))
    assert test.p_plcc_p1401 == pytest.approx(2 * stats.norm.sf(abs(z) / np.sqrt(2 / 57)))
    assert test.p_plcc < test.p_plcc_p1401
    assert test.p_rmse == pytest.approx(stats.pearsonr(y - a + y - b, b - a).pvalue, rel=1e-3)
    ratio = ((y - b) ** 2).sum() / ((y - a) ** 2).sum()
    assert test.rmse_ratio == pytest.approx(np.sqrt(ratio))
    assert test.p_rmse_p1401 == pytest.approx(2 * stats.f.sf(ratio, 56, 56))


@pytest.mark.slow
def test_equal_metrics_are_told_apart_as_often_as_said() -> None:
    """Of 50 studies 2 or 3 are; 8 would be so by a chance of 0.004. P.1401's tests, for independent samples, are too
    careful."""
    generator = np.random.default_rng(1)
    found = [_tests(generator, (0.3, 0.3))[0] for _ in range(50)]
    assert sum(test.p_plcc < 0.05 for test in found) < 8
    assert sum(test.p_rmse < 0.05 for test in found) < 8
    assert sum(test.p_plcc_p1401 < 0.05 for test in found) < 3


def test_of_three_metrics_all_pairs_are_corrected_and_the_same_metric_twice_is_equal() -> None:
    scores, values = _drawn(np.random.default_rng(2), (0.1, 0.6))
    values["copy"] = dict(values["m0"])
    found = {(test.first, test.second): test for test in compare_metrics(list(values), values, scores)}
    assert len(found) == 3
    same = found["m0", "copy"]
    assert (same.p_plcc, same.p_rmse, same.rmse_ratio) == (1, 1, pytest.approx(1))
    assert found["m0", "m1"].p_plcc_holm == pytest.approx(3 * found["m0", "m1"].p_plcc)
    study = with_metrics(analyse_means("x", scores), values)
    table = tables_metrics.comparisons(study.metric_tests)
    assert len(table.rows) == 3
    assert len(record.record(study, "")["metric_tests"]) == 3
    assert "2 of 3 differences of correlations are significant at 5 %" in methods.methods(study)


def _sharing(generator: np.random.Generator, contents: int = 12, models: int = 4) -> tuple[StimulusScores, Values]:
    """Two metrics, equally good, whose errors are those of a content."""
    shown = stimuli([f"m{k}" for k in range(models)], contents)
    truth = np.repeat(generator.normal(0, 0.3, contents), models) + np.tile(np.linspace(2, 4, models), contents)
    values = {
        name: dict(zip((s.name for s in shown), truth + _of_contents(generator, contents, models), strict=True))
        for name in ("a", "b")
    }
    return scores_of((truth + generator.normal(0, 0.15, len(truth))).tolist(), shown), values


def _of_contents(generator: np.random.Generator, contents: int, models: int) -> np.ndarray:
    errors = np.repeat(generator.normal(0, 0.4, contents), models)
    return np.asarray(errors + generator.normal(0, 0.2, contents * models))


@pytest.mark.slow
def test_where_versions_share_contents_the_tests_are_over_contents() -> None:
    """Of 40 studies 2 should tell equal metrics apart; tests over stimuli do so in far more."""
    generator = np.random.default_rng(5)
    found = []
    for _ in range(40):
        scores, values = _sharing(generator)
        found += compare_metrics(["a", "b"], values, scores)
    assert {test.contents for test in found} == {12}
    assert sum(test.p_plcc < 0.05 for test in found) < 6 < sum(test.p_plcc_stimuli < 0.05 for test in found)
    assert sum(test.p_rmse < 0.05 for test in found) < sum(test.p_rmse_stimuli < 0.05 for test in found)
    made = with_metrics(analyse_means("x", scores), values)
    assert "over 12 contents, each with all its stimuli" in methods.methods(made)
    assert "t tests over 12 contents" in " ".join(tables_metrics.comparisons(made.metric_tests).notes)
    alone, metrics = _drawn(generator, (0.2, 0.5))
    (test,) = compare_metrics(list(metrics), metrics, alone)
    assert (test.contents, test.p_plcc) == (None, test.p_plcc_stimuli)
