"""Runs united, models taken out of one and renamed, on the command line."""

import json
from pathlib import Path

import pytest

import srbench
from srbench.evaluation import kept_columns, row_columns
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


def test_sheets_and_report_of_an_old_name_do_not_stay(call: Call, tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a", {"ours": [30.0, 31.0], "draft": [28.0, 29.0]})
    for row in folder.rows():
        folder.picture(row).parent.mkdir(parents=True, exist_ok=True)
        folder.picture(row).write_bytes(b"")
    images = sorted({row.image for row in folder.rows()})
    sheets = [folder.path / "sheets" / "set" / f"{image}.png" for image in [*images, "other"]]
    sheets[0].parent.mkdir(parents=True)
    for sheet in sheets:
        sheet.write_bytes(b"")
    run, report = str(folder.path), folder.path / "report"
    call("report", run, "--no-pictures")
    assert (report / "index.html").exists()
    (report / "notes.txt").write_text("mine")
    code, out, _ = call("rename", run, "ours", "paper")
    assert code == 0
    assert out.splitlines()[1] == (
        f"Removed, since they showed what was: 2 sheets and {run}/report (again: srbench report {run})"
    )
    assert [sheet.exists() for sheet in sheets] == [False, False, True]
    assert [path.name for path in report.rglob("*")] == ["notes.txt"]
    call("report", run, "--no-pictures")
    assert json.loads(call("rm", run, "--models", "draft", "--json")[1])["report_removed"]
    assert call("rm", run, "--models", "*")[1].count("\n") == 1


def test_what_a_run_has_written_is_read_from_columns_the_first_time(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_columns, "_SMALLEST_BYTES", 1)
    assert call("run", "--models", "nearest", "--metrics", "psnr", "--limit", "1", "--out", "run")[0] == 0
    monkeypatch.setattr(row_columns, "_of_block", None)
    assert set(srbench.load_results("run").model) == {"nearest"}
