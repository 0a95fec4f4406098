"""The instrument finds planted faults, and the defaults hold in a short form; the report is what was measured."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from benchmarks.coverage import __main__ as command
from benchmarks.coverage import (
    agreement,
    baseline,
    challenge,
    figures,
    fixture,
    marks,
    means,
    mixed,
    named,
    pairs,
    ratings,
    report,
    same,
    seeds,
    skewed,
)
from benchmarks.coverage.figures import AT_MOST_5, Figure, figure
from srbench.ratings.pairs import fit
from srbench.stats.paired import same_p


@pytest.mark.parametrize(
    ("kind", "share", "aim", "said"),
    [
        ("interval", 0.90, (0.94, 0.96), "falls short"),
        ("interval", 0.93, (0.94, 0.96), "within error"),
        ("interval", 0.95, (0.94, 0.96), "holds"),
        ("interval", 0.99, (0.94, 0.96), "wide"),
        ("false claims", 0.08, (0.0, 0.05), "falls short"),
        ("false claims", 0.06, (0.0, 0.05), "within error"),
        ("false claims", 0.0, (0.0, 0.05), "holds"),
        ("right claims", 0.5, (0.6, 1.0), "falls short"),
        ("described", 0.5, None, ""),
    ],
)
def test_the_verdict_is_about_the_unsafe_side(kind: figures.Kind, share: float, aim: None, said: str) -> None:
    assert Figure("x", "y", "n = 5", kind, share, 0.01, 100, aim).verdict == said


def test_errors_are_those_of_trials() -> None:
    assert figure("x", "y", "z", "interval", [1, 0, 1, 1]).error == pytest.approx(0.25)
    assert figure("x", "y", "z", "interval", [1.0] * 30).error == pytest.approx(0.05)  # none of 30: 0 to 10 %
    kept = figures.pooled("x", "y", "z", "right claims", [(3, 4), (0, 0), (1, 4)])
    assert (kept.share, kept.trials) == (0.5, 3)
    assert kept.error == pytest.approx(np.sqrt(2) / 8)


def test_an_interval_that_is_too_narrow_falls_short_and_the_default_does_not() -> None:
    """The percentile bootstrap of five values holds their mean in 83 of 100 samples."""
    generator = np.random.default_rng(0)
    samples = [(generator.normal(size=5), 0.0) for _ in range(300)]
    planted = means.of_method("percentile", "normal values", samples)
    assert (planted.verdict, planted.column) == ("falls short", "n = 5")
    assert 0.75 < planted.share < 0.90
    default = means.of_method("t", "normal values", samples)
    assert default.verdict != "falls short"
    assert 0.92 < default.share < 0.98


def test_tests_that_are_not_corrected_fall_short_and_the_mark_does_not() -> None:
    generator = np.random.default_rng(1)
    tables = [marks.gaps(marks.EQUAL["normal"](generator, 14)) for _ in range(150)]
    found = {
        name: figure(name, "normal", "n = 14", "false claims", [min(p_values(t)) < 0.05 for t in tables], AT_MOST_5)
        for name, p_values in marks.MARKS.items()
    }
    assert found["t, not corrected"].verdict == "falls short"
    assert found["t, not corrected"].share > 0.2
    assert found["t + Holm + lasting (the mark)"].verdict != "falls short"
    assert found["t + Holm + lasting (the mark)"].share <= found["t + Holm"].share <= 0.11


def test_models_with_equal_means_are_so() -> None:
    """100,000 images: means of 0 within four standard errors, beside what all models share."""
    for draw in marks.EQUAL.values():
        values = draw(np.random.default_rng(2), 100_000)
        apart = marks.gaps(values)
        assert (np.abs(apart.mean(axis=0)) < 4 * apart.std(axis=0) / np.sqrt(100_000)).all()


def test_values_dealt_out_anew_keep_their_images() -> None:
    real = np.arange(12.0).reshape(3, 4)
    drawn = marks.exchanged(real)(np.random.default_rng(3), 2)
    assert all(any(sorted(column) == sorted(image) for image in real.T) for column in drawn.T)


def test_tests_that_hold_the_raters_fixed_fall_short_and_letters_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three equal models, tastes of half a step: Wilcoxon's test on images' means takes tastes for differences."""
    monkeypatch.setattr(ratings, "RESAMPLES", 300)
    regime = ratings.FALSE_LETTERS_OF[3]
    small = replace(regime, panel=replace(regime.panel, images=30))
    letters, wilcoxon = ratings.false_letters(small, 40)
    assert letters.share <= 0.13
    assert replace(wilcoxon, aim=AT_MOST_5).verdict == "falls short"


def test_intervals_of_a_study_hold_its_truth_and_lapses_belong_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratings, "RESAMPLES", 300)
    (lapses,) = [regime for regime in ratings.INTERVALS_OF if regime.lapses]
    found = list(ratings.intervals(lapses, 30))
    assert len(found) == 4
    assert all(0.88 < one.share <= 1 for one in found)


def test_without_tastes_the_truth_of_pairs_is_the_planted_one_and_many_raters_give_the_other() -> None:
    plain, mild = pairs.REGIMES[0], pairs.REGIMES[2]
    assert pairs.fitted_truth(plain) == pytest.approx(pairs.TRUE, abs=1e-4)
    wide = replace(mild, raters=150, contents=60)
    found = fit(pairs.answers(wide, pairs.TRUE, np.random.default_rng(4)))
    assert found.items == pairs.ITEMS
    assert np.abs(found.score - pairs.fitted_truth(mild)).max() < 0.2
    assert pairs.fitted_truth(mild)[3] < 0.58


def test_on_real_values_the_truth_is_the_order_of_all_images_and_the_line_names_what_carries_a_claim() -> None:
    """Model 0 is better by 0.1 on 39 images and worse by 20 on one: whoever does not see it claims wrongly."""
    generator = np.random.default_rng(5)
    base = generator.normal(28, 3, 40)
    gap = np.append(generator.normal(0.1, 0.05, 39), -20.0)
    values = np.stack([base + gap, base])
    found = list(challenge.measured(12, 2, values))
    wrong = next(one for one in found if one.what.startswith("t + Holm + lasting") and one.column == "n = 14")
    assert wrong.share > 0.3
    plain = next(one for one in found if one.what.startswith("t + Holm:") and one.column == "n = 14")
    assert plain.share >= wrong.share
    lines = {(one.what, one.regime): one.share for one in named.measured(3, values) if one.column == "n = 14"}
    regime = "tables with a false claim"
    assert lines["the line names an image without which a false claim is not made", regime] == 0.0  # it is too sure
    table = np.stack([np.array([0.1, 0.11, 0.09, -0.05, 0.1, 0.1]), np.zeros(6)])
    assert named.undone(table, 1, np.array([True]))


def test_same_of_many_pairs_is_the_test_of_compare() -> None:
    table = np.random.default_rng(6).normal(0.1, 0.2, (14, 3))
    whole = np.ones(table.shape, dtype=bool)
    assert same.same_p_each(table, whole, 0.3).tolist() == pytest.approx([same_p(gap, 0.3) for gap in table.T])
    whole[0, 1] = False
    assert same.same_p_each(table, whole, 0.3)[1] == pytest.approx(same_p(table[1:, 1], 0.3))


def test_the_line_is_compared_with_as_many_images_by_chance() -> None:
    """A claim that one of ten images carries: the line names it, an image drawn by chance is it once in ten times."""
    gap = np.array([0.33, *np.linspace(-0.15, 0.3, 9)])
    found = named.line_of(np.stack([28 + gap, np.full(10, 28.0)]), np.array([True]))
    hits = sum(named.undone(np.stack([28 + gap, np.full(10, 28.0)]), image, np.array([True])) for image in range(10))
    assert found["one image drawn by chance is such a one"] == hits / 10
    assert found["some image of the table is such a one"] == float(hits > 0)


def test_seeds_timings_and_baselines_hold_in_a_short_form() -> None:
    held, wrong = seeds.of_seeds(3, 0.1, 14, 200)
    assert held.share > 0.88
    assert wrong.share == pytest.approx(1 - held.share)
    against = {one.column: one.share for one in baseline.measured(25, None) if one.regime == "normal"}
    assert set(against) == {"n = 5", "n = 14", "n = 50", "n = 100"}
    assert max(against.values()) < 0.25
    drawn = seeds.times(np.random.default_rng(0), 20_000, 0.05)
    assert np.median(drawn) == pytest.approx(20, rel=0.01)
    assert (drawn > 25).mean() == pytest.approx(0.05 * np.exp(-0.5), rel=0.1)


def test_rules_for_skewed_values_are_those_of_their_papers() -> None:
    """Johnson's t is Student's where nothing is skewed; no likelihood holds a mean outside the values."""
    even = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    reach = stats.t.ppf(0.975, 4) * even.std(ddof=1) / np.sqrt(5)
    assert [skewed.johnson(even, truth) for truth in (0.999 * reach, 1.001 * reach)] == [True, False]
    assert skewed.empirical_likelihood(even, 0.5)
    assert not skewed.empirical_likelihood(even, 2.1)


def test_votes_of_the_ordinal_model_are_of_its_log_odds() -> None:
    """Equal models, and thresholds that are symmetrical: as many votes are low as are high."""
    votes = mixed.of_model((0.0, 0.0, 0.0), 60, 60, 0)
    share = [(votes.score <= category).mean() for category in (1, 2, 3, 4)]
    assert share[0] + share[3] == pytest.approx(1, abs=0.06)
    assert share[1] + share[2] == pytest.approx(1, abs=0.06)


def test_agreement_of_a_study_is_that_of_many_raters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "_MANY_IMAGES", 100)
    monkeypatch.setattr(agreement, "_MANY_RATERS", 60)
    found = {one.what: one.share for one in agreement.of_raters("small", agreement.STUDIES["8 raters x 50 images"], 6)}
    assert set(found) == {"Krippendorff's alpha, ordinal", "Krippendorff's alpha, interval", "ICC(2,1)", "ICC(2,k)"}
    assert min(found.values()) >= 0.5


def test_the_page_states_the_aim_and_where_it_is_missed() -> None:
    row = [
        Figure("percentile bootstrap", "normal values", "n = 5", "interval", 0.832, 0.004, 800, (0.94, 0.96)),
        Figure("percentile bootstrap", "normal values", "n = 100", "interval", 0.949, 0.004, 800, (0.94, 0.96)),
    ]
    parts = {"means": report.part(row, {"t": 800}, "")}
    assert report.figures_of(json.loads(json.dumps(parts["means"]))) == row
    page = report.page(parts)
    assert (
        "| percentile bootstrap | normal values | 94–96 | 83.2 ± 0.4 | 94.9 ± 0.4 | **falls short** at n = 5 |" in page
    )
    assert "| Intervals of a mean | 2 | 1 | 0 | 0 | 1 |" in page


def test_without_the_real_values_their_part_is_left_out_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SRBENCH_MIRROR", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["coverage", "--only", "challenge", "--out", str(tmp_path)])
    assert command.main() == 0
    assert "Left out: the challenge's values" in (tmp_path / "README.md").read_text(encoding="utf-8")
    assert report.stored(tmp_path)["challenge"]["figures"] == []
    assert capsys.readouterr().out == ""


def test_the_real_values_are_a_full_table(tmp_path: Path) -> None:
    rows = ["model,image,psnr_db", "  b,y,3", "  a,x,1", "  a,y,2", "  b,x,4"]
    (tmp_path / "values.csv").write_text("\n".join(rows), encoding="utf-8")
    assert fixture.read(tmp_path / "values.csv").tolist() == [[1, 2], [4, 3]]
    (tmp_path / "values.csv").write_text("\n".join(rows[:-1]), encoding="utf-8")
    with pytest.raises(ValueError, match="lacks models on some images"):
        fixture.read(tmp_path / "values.csv")


def test_the_published_page_is_made_of_the_published_figures() -> None:
    page = (report.FOLDER / "README.md").read_text(encoding="utf-8")
    assert page == report.page(report.stored(report.FOLDER))
