"""Tables, records and methods of paired comparisons."""

import json
from pathlib import Path

import pytest

from srbench.errors import BadRatings
from srbench.ratings import pair_simulation, pair_study, simulation
from srbench.ratings.votes import PairAnswer
from srbench.report.ratings import methods_pairs, record, record_pairs, tables_pairs
from srbench.report.table import Table


@pytest.fixture(scope="module")
def made() -> pair_study.PairAnalysis:
    panel = simulation.Simulation(models=("a", "b", "c"), quality=(2.7, 3.0, 3.3), images=5, raters=12)
    return pair_study.analyse_pairs("pairs", pair_simulation.simulate_pairs(panel, ties=0.3))


def _one(made: pair_study.PairAnalysis, key: str) -> Table:
    return next(table for table in tables_pairs.tables(made) if table.key == key)


def test_intervals_are_robust_and_say_what_they_cover(made: pair_study.PairAnalysis) -> None:
    whole = _one(made, "pairs")
    assert [whole.columns[k].title for k in (2, 3, 5, 6)] == ["95 % (raters)", "95 % (raters, contents)"] * 2
    fit = made.overall[0]
    best = fit.order[0]
    ends = [float(fit.score[best] + sign * fit.half[best]) for sign in (-1, 1)]
    assert whole.rows[0][3].text == f"{ends[0]:.2f} to {ends[1]:.2f}"
    alone = [float(fit.score[best] + sign * fit.rater_half[best]) for sign in (-1, 1)]
    assert whole.rows[0][2].text == f"{alone[0]:.2f} to {alone[1]:.2f}"
    assert "12 raters and 5 contents" in whole.notes[0]
    assert "4 degrees of freedom" in whole.notes[0]
    assert [row[-1].text for row in whole.rows] == [fit.letters[row[0].text] for row in whole.rows]
    assert _one(made, f"pairs-{next(iter(made.contents))}").columns[2].title == "95 % (raters)"


def test_differences_over_all_contents_are_a_table(made: pair_study.PairAnalysis) -> None:
    found = _one(made, "pairs-differences")
    assert [(row[0].text, row[1].text) for row in found.rows] == [
        (d.first, d.second) for d in made.overall[0].differences
    ]
    assert {row[-1].text for row in found.rows} <= {"yes", "no"}
    assert all(len(row) == len(found.columns) for row in found.rows)


def test_the_record_holds_both_errors_differences_and_heterogeneity(made: pair_study.PairAnalysis) -> None:
    found = json.loads(json.dumps(record_pairs.record_pairs(made, ""), allow_nan=False))
    whole = found["overall"][0]
    first = whole["scores"][0]
    assert first["standard_error"] == made.overall[0].error[0]
    assert first["standard_error_robust"] == made.overall[0].robust_error[0]
    assert first["ci95"][0] < first["score"] < first["ci95"][1]
    assert first["ci95"][0] < first["ci95_raters"][0] < first["score"]
    assert (whole["prior_wins"], whole["unbounded"]) == (0, None)
    assert first["group"] == made.overall[0].letters["a"]
    assert (whole["clusters"], whole["robust_df"]) == ({"rater": 12, "content": 5}, 4)
    keys = {"first", "second", "difference", "standard_error", "p", "p_holm", "significant"}
    assert all(set(pair) == keys for pair in whole["differences"])
    content = next(iter(found["contents"].values()))[0]
    assert (len(content["differences"]), content["robust_df"]) == (3, 11)
    assert [test["model"] for test in found["heterogeneity"]] == ["bradley-terry", "thurstone"]
    assert "standard_error_robust" in record.csv_files(found)["scores.csv"].splitlines()[0]


def test_methods_name_what_was_computed(made: pair_study.PairAnalysis) -> None:
    text = methods_pairs.methods_pairs(made)
    test = made.heterogeneity[0]
    for words in (
        "raters less 1: 11 degrees of freedom",
        "smallest number of clusters less 1: 4 degrees of freedom, t = 2.78",
        "Holm's correction for all pairs of a fit",
        f"bradley-terry: chi-squared = {test.chi2:.1f}, {test.df} degrees of freedom",
    ):
        assert words in text
    assert "1.96" not in text


def _sided() -> pair_study.PairAnalysis:
    """Every rater prefers b to a and both to c, and is asked about a and b again, with the sides exchanged."""
    answers = [PairAnswer("k", f"r{i}", *pair, first=pair[i % 2]) for i in range(8) for pair in ("ba", "bc", "ac")]
    answers += [PairAnswer("k", f"r{i}", "b", "a", repetition=2, first="ab"[i % 2]) for i in range(8)]
    rejected = "Raters were screened by the trap rule, which rejected 1 of 9 raters (r9)."
    return pair_study.analyse_pairs("x", answers, options=pair_study.PairOptions(jod=True), screening=rejected)


def test_checks_are_a_table_and_stand_in_record_and_methods() -> None:
    made = _sided()
    found = {row[0].text: row for row in _one(made, "checks").rows}
    assert found["first shown is preferred"][3].text == "50.0% of 24 answers; log odds"
    assert [found["circular triads"][1].text, found["consistence (Kendall)"][1].text] == ["0 of 8", "1.000"]
    assert found["test-retest: same answer"][3].text == "8 with sides exchanged"
    record_of = json.loads(json.dumps(record_pairs.record_pairs(made, ""), allow_nan=False))
    assert (record_of["counts"]["answers"], record_of["counts"]["answers_used"]) == (32, 24)
    assert record_of["side_bias"]["answers"] == 24
    assert record_of["retest"]["pairs"] == 8
    assert record_of["raters"][0]["circular"] == 0
    assert record_of["contents"]["k"][0]["prior_wins"] == 0.5
    text = methods_pairs.methods_pairs(made)
    for words in (
        "8 repeated answers count for test-retest alone.",
        "which rejected 1 of 9 raters (r9).",
        "just-objectionable differences, of which 1 is a preference of 75 %",
        "half a win each way was added to every pair that was compared",
        "What was shown first was preferred in 50.0% of 24 decided answers",
        "0 of 8 triads of one rater are circular, mean coefficient of consistence 1.000",
        "Of 8 repeated answers 100.0% were the same.",
    ):
        assert words in text


def test_one_rater_has_no_intervals_and_that_is_said() -> None:
    alone = pair_study.analyse_pairs("x", [PairAnswer("c", "r", *pair) for pair in (("a", "b"), ("b", "a"))])
    table = _one(alone, "pairs-c")
    assert [row[2].text for row in table.rows] == ["", ""]
    assert "One rater: no intervals, no tests." in table.notes[0]
    found = json.loads(json.dumps(record_pairs.record_pairs(alone, ""), allow_nan=False))["contents"]["c"][0]
    assert (found["covariance_robust"], found["robust_df"], found["differences"]) == (None, None, [])
    assert found["scores"][0]["ci95"] is None
    assert "There are no intervals" in methods_pairs.methods_pairs(alone)


def test_report_json_names_its_schema_and_reads_back(made: pair_study.PairAnalysis, tmp_path: Path) -> None:
    content = json.loads(json.dumps(record_pairs.record_pairs(made, ""), allow_nan=False))
    assert (content["schema"], content["version"]) == ("ratings-report", 1)
    path = tmp_path / "report.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert record.read(path)["kind"] == "pairs"
    before = {key: value for key, value in content.items() if key not in ("schema", "version")}
    path.write_text(json.dumps(before), encoding="utf-8")
    assert record.read(path) == {**before, "version": 0}
    path.write_text(json.dumps({**content, "version": 9}), encoding="utf-8")
    with pytest.raises(BadRatings, match="has version 9 of ratings-report"):
        record.read(path)
