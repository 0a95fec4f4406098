"""Runs united, models taken out of one and renamed, on the command line."""

import json
from pathlib import Path

from tests.cli.conftest import Call
from tests.evaluation.runs import write_run


def test_merged_runs_are_shown_as_one(call: Call, tmp_path: Path) -> None:
    one = write_run(tmp_path / "a", {"ours": [30.0, 31.0], "bicubic": [28.0, 29.0]}).path
    other = write_run(tmp_path / "b", {"bicubic": [28.0, 29.0], "nearest": [26.0, 27.0]}).path
    code, out, err = call("merge", str(tmp_path / "all"), str(one), str(other))
    assert (code, out) == (0, f"{tmp_path}/all: 6 rows of 3 models on set; see: srbench show {tmp_path}/all\n")
    assert err == "2 doubles dropped\n"
    shown = json.loads(call("show", str(tmp_path / "all"), "--json")[1])
    assert {entry["model"]: entry["mean"] for entry in shown["summary"]} == {
        "ours": 30.5,
        "bicubic": 28.5,
        "nearest": 26.5,
    }
    assert "nearest" in (tmp_path / "all" / "summary.md").read_text()
    again = json.loads(call("merge", str(tmp_path / "all"), str(other), str(one), "--json")[1])
    assert (again["rows"], again["doubles"], again["models"]) == (6, 2, ["bicubic", "nearest", "ours"])
    code, _, err = call("merge", str(one), str(other))
    assert (code, err) == (2, f"Error: {one} is not empty; expected a new folder for what the runs hold together\n")


def test_rm_and_rename_write_the_tables_anew(call: Call, tmp_path: Path) -> None:
    run = str(write_run(tmp_path / "a", {"ours": [30.0, 31.0], "draft": [28.0, 29.0]}).path)
    assert call("rename", run, "ours", "paper")[:2] == (0, f"ours is called paper in {run}: 2 rows\n")
    assert "paper" in (tmp_path / "a" / "summary.md").read_text()
    assert call("rm", run, "--models", "draft")[:2] == (0, f"draft taken out of {run}: 2 rows\n")
    assert "draft" not in (tmp_path / "a" / "summary.md").read_text()
    code, _, err = call("rm", run, "--models", "draft")
    assert (code, err) == (2, f"Error: no model of {run} is called 'draft'; expected one of: paper\n")
    assert json.loads(call("rm", run, "--models", "*", "--json")[1])["rows"] == 2
    assert not (tmp_path / "a" / "summary.md").exists()
