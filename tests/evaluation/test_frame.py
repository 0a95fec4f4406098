from pathlib import Path

import pytest

import srbench
from srbench.errors import BadRun
from srbench.evaluation.results import Row, RunFolder


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
