"""Published ratings against the values that independent software computes for them.

Tolerances: files hold nine decimals. Averages are met to 1e-6; maximum likelihood to 1e-5, because its loop stops at a
change of 1e-8; Bradley-Terry and Thurstone of iterative software to 1e-4, of a binomial GLM to 1e-6 (scores) and 1e-5
(errors); metric fits as the file of expected values says: 0.002 for PLCC, 0.003 for RMSE.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import gammaln

from srbench.ratings import agreement, analysis, files, likelihood, metric_table, mos, pairs, prediction, screening
from srbench.ratings.distribution import histogram
from srbench.ratings.import_options import ImportOptions
from srbench.ratings.options import Options
from srbench.ratings.pair_scores import Link
from srbench.ratings.votes import PairAnswer, StimulusScores, Votes
from srbench.stats.arrays import Floats
from srbench.stats.student import t_half_width

FULL = ("nflx_public", "avt_images_lab")
SETS = ("nflx_public", "bt500_small", "avt_images_lab")
CONTENTS = ("Caps", "parrots", "redhat", "isabe", "barba")


@cache
def _expected(folder: Path, name: str) -> dict[str, Any]:
    return dict(json.loads((folder / f"{name}.expected.json").read_text(encoding="utf-8")))


@cache
def _votes(folder: Path, name: str) -> Votes:
    references = tuple(_expected(folder, name)["reference_stimuli"])
    found = files.read(folder / f"{name}.csv", ImportOptions(references=references)).votes
    assert found is not None
    return found


@cache
def _pairs(folder: Path) -> tuple[PairAnswer, ...]:
    return files.read(folder / "sharpened_images_pc.csv").pairs


def _independent(folder: Path, name: str, start: str) -> Any:
    """The entry whose key, which tells how it was made, starts so."""
    (found,) = [value for key, value in _expected(folder, name)["independent"].items() if key.startswith(start)]
    return found


def _column(folder: Path, name: str, model: str, column: str) -> dict[str, float]:
    per_stimulus = _expected(folder, name)["models"][model]["per_stimulus"]
    return {stimulus: cells[column] for stimulus, cells in per_stimulus.items()}


def _of(scores: StimulusScores, values: Floats) -> dict[str, float]:
    return {s.name: float(value) for s, value in zip(scores.stimuli, values, strict=True)}


def _named(names: Sequence[str], values: Floats) -> dict[str, float]:
    return dict(zip(names, values.tolist(), strict=True))


def _near(expected: Mapping[str, float], tolerance: float) -> Any:
    return pytest.approx(dict(expected), abs=tolerance, rel=0)


@pytest.mark.parametrize("name", SETS)
def test_the_files_hold_what_they_say(ratings: Path, name: str) -> None:
    votes, expected = _votes(ratings, name), _expected(ratings, name)
    shape = expected["shape"]
    assert (len(votes.stimuli), len(votes.raters), len(votes)) == (shape["stimuli"], shape["raters"], shape["scores"])
    assert len({s.content for s in votes.stimuli}) == shape["contents"]
    assert int(votes.repetition.max()) == shape["max_repetitions"]
    assert sorted(votes.raters) == sorted(expected["raters"])
    assert {s.name for s in votes.stimuli if s.reference} == set(expected["reference_stimuli"])


@pytest.mark.parametrize("name", SETS)
def test_mos_std_intervals_and_counts(ratings: Path, name: str) -> None:
    scores = mos.mos(_votes(ratings, name))
    assert _of(scores, scores.mean) == _near(_column(ratings, name, "MOS", "score"), 1e-6)
    assert _of(scores, scores.std) == _near(_column(ratings, name, "MOS", "sample_std"), 1e-6)
    plain = t_half_width(scores.std, scores.n)
    assert _of(scores, plain) == _near(_independent(ratings, name, "t_ci95_half"), 1e-6)
    # Only near an end of the scale, and where all or nearly all agree, are intervals wider than that.
    assert (scores.half >= plain).all()
    inside = (scores.mean > 1.5) & (scores.mean < 4.5) & (scores.std > 0.4)
    np.testing.assert_allclose(scores.half[inside], plain[inside], rtol=0.06)
    counts = {stimulus: np.ravel(n)[0] for stimulus, n in _independent(ratings, name, "n_scores").items()}
    assert _of(scores, scores.n.astype(np.float64)) == counts


@pytest.mark.parametrize("name", SETS)
def test_intervals_are_wider_than_those_of_the_normal_distribution(ratings: Path, name: str) -> None:
    """With 20 to 40 votes t is 2.02 to 2.09, at least 3 % more than 1.96."""
    scores = mos.mos(_votes(ratings, name))
    normal = _column(ratings, name, "MOS", "ci95_half")
    half = t_half_width(scores.std, scores.n)
    ratio = [h / normal[s.name] for s, h in zip(scores.stimuli, half, strict=True) if normal[s.name] > 0]
    assert min(ratio) > 1.03
    assert max(ratio) < 1.07


@pytest.mark.parametrize("name", SETS)
def test_histograms_and_unanimous_stimuli(ratings: Path, name: str) -> None:
    votes = _votes(ratings, name)
    centres, counts = histogram(votes)
    assert centres.tolist() == [1, 2, 3, 4, 5]
    found = {s.name: row for s, row in zip(votes.stimuli, counts.tolist(), strict=True)}
    assert found == _independent(ratings, name, "histogram")
    alike = {stimulus for stimulus, row in found.items() if sum(count > 0 for count in row) == 1}
    assert alike == set(_independent(ratings, name, "unanimous"))


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(
    ("spread", "model"), [("stimulus", "P910_annexE_MLE"), ("rater", "P910_annexE_MLE_subject_std")]
)
def test_maximum_likelihood(ratings: Path, name: str, spread: likelihood.Spread, model: str) -> None:
    found, expected = likelihood.estimate(_votes(ratings, name), spread), _expected(ratings, name)["models"][model]
    assert found is not None
    assert found.converged
    scores = found.scores
    assert _of(scores, scores.mean) == _near(_column(ratings, name, model, "score"), 1e-5)
    assert _of(scores, scores.half / 1.96) == _near(_column(ratings, name, model, "std_of_score"), 1e-5)
    assert _of(scores, scores.half) == _near(_column(ratings, name, model, "ci95_half"), 1e-5)
    assert _named(found.raters, found.bias) == _near(expected["rater_bias"], 1e-5)
    assert _named(found.raters, found.inconsistency) == _near(expected["rater_inconsistency"], 1e-5)


@pytest.mark.parametrize("name", SETS)
def test_bias(ratings: Path, name: str) -> None:
    votes = _votes(ratings, name)
    expected = _expected(ratings, name)["models"]["P913_12_4"]["rater_bias"]
    assert _named(votes.raters, screening.bias(votes)) == _near(expected, 1e-6)


@pytest.mark.parametrize("name", ["nflx_public", "bt500_small"])
def test_bias_removal_with_screening(ratings: Path, name: str) -> None:
    """Screening as the other software has it: n in the standard deviation, unanimous stimuli counted."""
    unbiased = screening.unbiased(_votes(ratings, name))
    verdict = screening.kurtosis(unbiased, ddof=0, unanimous="count")
    assert list(verdict.rejected) == _expected(ratings, name)["models"]["P913_12_4"]["rejected_raters"]
    scores = mos.mos(unbiased.without(verdict.rejected))
    assert _of(scores, scores.mean) == _near(_column(ratings, name, "P913_12_4", "score"), 1e-6)
    assert _of(scores, scores.std) == _near(_column(ratings, name, "P913_12_4", "sample_std"), 1e-6)


def test_scores_relative_to_hidden_references(ratings: Path) -> None:
    scores = mos.mos(mos.differential(_votes(ratings, "nflx_public")))
    expected = _expected(ratings, "nflx_public")["models"]["ACR_HR_DMOS"]["per_stimulus"]
    assert _of(scores, scores.mean) == _near({name: cells["score"] for name, cells in expected.items()}, 1e-6)


def test_a_rater_who_likes_the_processed_picture_better_passes_the_top(ratings: Path) -> None:
    """Some do in this set; clipping at 5 would hide it."""
    values = mos.differential(_votes(ratings, "nflx_public")).score
    crushed = mos.differential(_votes(ratings, "nflx_public"), crushed=True).score
    over = values > 5
    assert over.any()
    np.testing.assert_allclose(crushed[over], 7 * values[over] / (2 + values[over]), rtol=1e-12)
    np.testing.assert_array_equal(crushed[~over], values[~over])


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("unanimous", ["skip", "count"])
def test_screening_variants(ratings: Path, name: str, ddof: Any, unanimous: Any) -> None:
    votes = _votes(ratings, name)
    verdict = screening.kurtosis(votes, ddof=ddof, unanimous=unanimous)
    variants = _independent(ratings, name, "bt500_screening_variants")
    expected = variants[f"std_ddof{ddof}_{unanimous}_unanimous"]
    assert list(verdict.rejected) == expected["rejected"]
    assert _named(votes.raters, verdict.values["high"]) == expected["P"]
    assert _named(votes.raters, verdict.values["low"]) == expected["Q"]


@pytest.mark.parametrize("name", SETS)
def test_nobody_is_rejected_by_default(ratings: Path, name: str) -> None:
    """Other software rejects raters of every one of these sets, as its expected values say."""
    assert screening.kurtosis(_votes(ratings, name)).rejected == ()
    assert _expected(ratings, name)["models"]["BT500"]["rejected_raters"]
    made = analysis.analyse(name, _votes(ratings, name), Options(resamples=0, repetitions="pool"))
    assert made.raters is not None
    assert not any(made.raters.excluded)
    assert _of(made.scores, made.scores.mean) == _near(_column(ratings, name, "MOS", "score"), 1e-6)


@pytest.mark.parametrize("name", SETS)
def test_krippendorffs_alpha(ratings: Path, name: str) -> None:
    expected = _independent(ratings, name, "krippendorff_alpha_first_view")
    votes = _votes(ratings, name)
    assert agreement.alpha(votes, "ordinal") == pytest.approx(expected["ordinal"], abs=1e-6)
    assert agreement.alpha(votes, "interval") == pytest.approx(expected["interval"], abs=1e-6)


@pytest.mark.parametrize("name", FULL)
def test_icc(ratings: Path, name: str) -> None:
    found, expected = agreement.icc(_votes(ratings, name)), _independent(ratings, name, "icc")
    assert found is not None
    assert found.single == pytest.approx(expected["ICC(A,1)"]["icc"], abs=1e-6)
    assert found.average == pytest.approx(expected["ICC(A,k)"]["icc"], abs=1e-6)
    # The other software prints two digits.
    assert found.single_ci95 == pytest.approx(expected["ICC(A,1)"]["ci95"], abs=0.0051)
    assert found.average_ci95 == pytest.approx(expected["ICC(A,k)"]["ci95"], abs=0.0051)
    assert (found.stimuli, found.raters) == (
        _expected(ratings, name)["shape"]["stimuli"],
        _expected(ratings, name)["shape"]["raters"],
    )


@pytest.mark.parametrize("name", SETS)
def test_correlation_with_the_mean_of_all(ratings: Path, name: str) -> None:
    votes = _votes(ratings, name)
    verdict = screening.correlation(votes)
    expected = _expected(ratings, name)["models"]["SR_MOS_PCC (git only)"]
    assert _named(votes.raters, verdict.values["r"]) == _near(expected["rater_correlation_with_mos"], 1e-6)
    if name == "nflx_public":
        assert verdict.rejected == ()


def test_second_views_are_compared_with_the_first(ratings: Path) -> None:
    """Counted with pandas from the same file."""
    frame = pd.read_csv(ratings / "bt500_small.csv").pivot_table(
        index=["stimulus", "rater"], columns="repetition", values="score"
    )
    both = frame.dropna()
    found = agreement.retest(_votes(ratings, "bt500_small"))
    assert found is not None
    assert found.pairs == len(both)
    assert found.mean_difference == pytest.approx((both[2] - both[1]).mean())
    assert found.same == pytest.approx((both[2] == both[1]).mean())
    assert found.within_one == pytest.approx(((both[2] - both[1]).abs() <= 1).mean())
    assert found.correlation == pytest.approx(both[1].corr(both[2]))


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize(
    ("link", "ours", "short", "llf"),
    [
        ("bradley-terry", "statsmodels_GLM_logit (=BT)", "sureal_BT_MLE", "llf_logit"),
        ("thurstone", "statsmodels_GLM_probit (=Thurstone V)", "sureal_THURSTONE_MLE", "llf_probit"),
    ],
)
def test_paired_comparisons(ratings: Path, content: str, link: Link, ours: str, short: str, llf: str) -> None:
    expected = _expected(ratings, "sharpened_images_pc")["per_content"][content]
    found = pairs.fit([answer for answer in _pairs(ratings) if answer.content == content], link)
    assert found.converged
    assert list(found.items) == expected["stimuli"]
    assert found.wins.tolist() == expected["win_matrix"]
    scores = _named(found.items, found.score)
    assert scores == _near({item: cells["score"] for item, cells in expected[ours].items()}, 1e-6)
    assert scores == _near(expected[short], 1e-4)
    errors = {item: cells["se_centred"] for item, cells in expected[ours].items()}
    assert _named(found.items, found.error) == _near(errors, 1e-5)
    assert found.loglikelihood == pytest.approx(_log_likelihood(expected[llf], found.wins), abs=1e-4)


def _log_likelihood(grouped: float, wins: Floats) -> float:
    """The GLM's counts pairs as binomial: it holds log of the number of orders in which the answers may come."""
    upper = np.triu_indices(len(wins), 1)
    one, other = wins[upper], wins.T[upper]
    return grouped - float((gammaln(one + other + 1) - gammaln(one + 1) - gammaln(other + 1)).sum())


_OTHERS = ("adm2", "ssim", "ms_ssim", "vif_scale0", "vif_scale1", "vif_scale2", "vif_scale3")
METRICS = ("vmaf", "psnr", *(pytest.param(name, marks=pytest.mark.slow) for name in _OTHERS))


@cache
def _predictions(folder: Path, *names: str) -> dict[str, prediction.Prediction]:
    """Of the named metrics, or of all of them."""
    scores = mos.mos(_votes(folder, "avt_images_lab"))
    metrics, notes = metric_table.read_metrics(folder / "avt_images_lab.metrics.csv", scores)
    assert notes == ()
    wanted = {name: values for name, values in metrics.items() if not names or name in names}
    return {found.metric: found for found in prediction.predict(scores, wanted)}


@pytest.mark.parametrize("metric", METRICS)
def test_metrics_against_ratings(ratings: Path, metric: str) -> None:
    found = _predictions(ratings, metric)[metric]
    expected = _expected(ratings, "avt_images_lab.metrics")["metrics"][metric]
    assert found.n == expected["n"]
    # Six decimals are given.
    assert found.plcc == pytest.approx(expected["plcc_raw"], abs=1e-6)
    assert found.srcc == pytest.approx(expected["srcc"], abs=1e-6)
    assert found.krocc == pytest.approx(expected["krocc_tau_b"], abs=1e-6)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("curve", ["logistic4", "logistic5"])
def test_curves_are_as_good_as_those_of_many_starts(ratings: Path, metric: str, curve: str) -> None:
    (fit,) = [fit for fit in _predictions(ratings, metric)[metric].fits if fit.curve == curve]
    expected = _expected(ratings, "avt_images_lab.metrics")["metrics"][metric][curve]
    assert fit.converged
    # A better optimum is right, a worse one is not; a much better one would be another curve.
    assert expected["plcc"] - 0.002 < fit.plcc < expected["plcc"] + 0.01
    assert expected["rmse_div_n"] - 0.01 < fit.rmse_n < expected["rmse_div_n"] + 0.003
    assert expected["rmse_p1401_div_n_minus_d"] - 0.01 < fit.rmse < expected["rmse_p1401_div_n_minus_d"] + 0.003
    low, high = expected["plcc_ci95_fisher"]
    assert fit.plcc_ci95 == pytest.approx((low, high), abs=0.01)


@pytest.mark.slow
def test_the_best_metric_is_the_one_with_the_best_ranks(ratings: Path) -> None:
    best = [found.metric for found in _predictions(ratings).values() if found.best]
    expected = _expected(ratings, "avt_images_lab.metrics")["metrics"]
    assert best == [max(expected, key=lambda metric: abs(expected[metric]["srcc"]))]


UPSCALING = ImportOptions(
    columns={
        "stimulus": "stimuli_file",
        "n": "count",
        "model": "upscaler",
        "content": "base_img",
        "dataset": "factor",
    }
)


def test_the_interval_of_published_averages_is_twice_our_half(ratings: Path) -> None:
    scores = files.read(ratings / "ai_upscaling_mos.csv", UPSCALING).means
    assert scores is not None
    published = pd.read_csv(ratings / "ai_upscaling_mos.csv").set_index("stimuli_file")["ci"].dropna()
    assert len(published) > 1_000
    ours = _of(scores, t_half_width(scores.std, scores.n))
    # Quantiles of t agree to nine digits between versions of scipy.
    assert {name: 2 * ours[name] for name in published.index} == _near(published.to_dict(), 1e-8)
