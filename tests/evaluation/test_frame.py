from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import srbench
from srbench.errors import BadRun, UserError
from srbench.evaluation.frame import frame
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import Row


def _row(key: str, value: float, identity: str = "a", model: str = "m") -> Row:
    common = {"protocol": "p", "dataset": "d", "image": "i", "metric": "psnr", "unit": "dB", "device": "cpu"}
    return Row(key=key, value=value, identity=identity, model=model, higher_is_better=True, mode="fp32", **common)


def _folder(path: Path) -> RunFolder:
    folder = RunFolder(path)
    folder.record({"name": "p"}, {"torch": "2"}, {"models": {}})
    return folder


def test_results_are_the_newest_value_of_each_model_and_image(tmp_path: Path) -> None:
    _folder(tmp_path).append([_row("1", 20.0), _row("2", 30.0, model="n"), _row("3", 21.0, identity="b")])
    results = srbench.load_results(str(tmp_path))
    assert dict(zip(results["model"], results["value"], strict=True)) == {"m": 21.0, "n": 30.0}
    assert {"protocol", "dataset", "image", "metric", "unit", "mode", "warnings", "higher_is_better"} <= set(results)


def test_a_run_without_rows_has_the_columns(tmp_path: Path) -> None:
    _folder(tmp_path)
    results = srbench.load_results(tmp_path)
    assert len(results) == 0
    assert "value" in results


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRun, match=r"holds no run\.json"):
        srbench.load_results(tmp_path)


def test_a_summary_has_the_intervals_and_marks_of_the_table() -> None:
    base = np.linspace(20, 30, 8)
    noise = np.tile([0.5, -0.5], 4)
    values = {"best": base + 1, "tied": base + 0.9 + noise, "worse": base + np.linspace(-1, -0.8, 8)}
    rows = [
        replace(_row(f"{model}{i}", float(value), model=model), image=f"im{i}")
        for model, of in values.items()
        for i, value in enumerate(of)
    ]
    rows[3] = replace(rows[3], digits=2)
    found = srbench.summary(frame(rows)).set_index("model")
    assert found["best"].to_dict() == {"best": True, "tied": False, "worse": False}
    assert found["tied"].to_dict() == {"best": False, "tied": True, "worse": False}
    assert found["ci95_method"].tolist() == ["t"] * 3
    for model, of in values.items():
        expected = stats.ttest_1samp(of, 0).confidence_interval()
        assert tuple(found.loc[model, ["ci95_low", "ci95_high"]]) == pytest.approx((expected.low, expected.high))


def test_scores_of_two_protocols_have_no_summary() -> None:
    rows = [_row("1", 20.0), replace(_row("2", 21.0), protocol="q")]
    with pytest.raises(UserError, match=r"2 protocols \(p, q\)"):
        srbench.summary(frame(rows))


def test_several_runs_and_files_of_rows_are_read_with_the_run_of_each_row(tmp_path: Path) -> None:
    _folder(tmp_path / "a").append([_row("1", 20.0)])
    _folder(tmp_path / "b").append([_row("1", 21.0), _row("2", 30.0, model="n")])
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone" / "rows.jsonl").write_bytes((tmp_path / "a" / "rows.jsonl").read_bytes())
    paths = [tmp_path / "a", str(tmp_path / "b" / "rows.jsonl"), tmp_path / "alone" / "rows.jsonl"]
    results = srbench.load_results(paths)
    assert results["run"].tolist() == [str(paths[0]), str(paths[1]), str(paths[1]), str(paths[2])]
    assert results["value"].tolist() == [20.0, 21.0, 30.0, 20.0]
    kinds = ["category", "category", "float64", "bool", "int64"]
    columns = ["run", "model", "value", "higher_is_better", "images"]
    assert results[columns].dtypes.astype(str).tolist() == kinds
    with pytest.raises(BadRun, match=r"run\.json is no file of results; expected .* its rows\.jsonl"):
        srbench.load_results([tmp_path / "a" / "run.json"])


def test_two_values_of_one_model_on_one_image_have_no_summary(tmp_path: Path) -> None:
    for name in "ab":
        _folder(tmp_path / name).append([_row("1", 20.0)])
    results = srbench.load_results([tmp_path / "a", tmp_path / "b"])
    with pytest.raises(UserError, match=r"m has several values of psnr on d/i; .* unite the runs: srbench merge"):
        srbench.summary(results)
    assert len(srbench.summary(results[results.run == str(tmp_path / "a")])) == 1
