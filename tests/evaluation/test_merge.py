"""Runs that are united in one folder."""

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from srbench.errors import BadRun
from srbench.evaluation import kept_columns
from srbench.evaluation.merge import merge, write
from srbench.evaluation.results import HEAD, ROWS, RunFolder
from srbench.evaluation.shown import shown
from tests.evaluation.runs import write_run


def _with_times(folder: RunFolder, ms: float, machine: str) -> RunFolder:
    """Add a time of each image that a run holds."""
    head, rows = folder.head(), folder.rows()
    name, _ = folder.record(head["protocol"], {"machine": machine}, {**head["calls"][0], "started": machine})
    facts = {"metric": "latency", "unit": "ms", "higher_is_better": False, "environment": name, "value": ms}
    folder.append([replace(row, key=f"{row.key}{machine}{ms}", **facts) for row in rows])  # type: ignore[arg-type]
    return folder


def test_any_order_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_columns, "_SMALLEST_BYTES", 1)
    runs = [
        _with_times(write_run(tmp_path / "a", {"ours": [30.0, 31.0], "bicubic": [28.0, 29.0]}), 5.0, "fast"),
        _with_times(write_run(tmp_path / "b", {"bicubic": [28.0, 29.0], "nearest": [26.0, 27.0]}), 9.0, "slow"),
        write_run(tmp_path / "c", {"ours": [30.0, 31.0]}, dataset="other"),
    ]
    written = set()
    for number, order in enumerate(permutations(runs)):
        out = write(merge(order), tmp_path / f"out{number}")
        written.add(tuple((out.path / name).read_bytes() for name in (ROWS, HEAD, kept_columns.FILE)))
    assert len(written) == 1
    rows = shown(out).rows
    assert {(row.model, row.dataset) for row in rows} == {
        *(("ours", "set"), ("bicubic", "set"), ("nearest", "set"), ("ours", "other"))
    }
    assert merge(runs).doubles == 2


def test_times_of_a_model_are_of_one_machine(tmp_path: Path) -> None:
    runs = [
        _with_times(write_run(tmp_path / name, {"ours": [30.0, 31.0]}), ms, machine)
        for name, ms, machine in (("a", 5.0, "fast"), ("b", 9.0, "slow"), ("c", 5.5, "fast"))
    ]
    merged = merge(runs)
    times = [row for row in merged.rows if row.metric == "latency"]
    assert len(times) == 2
    assert merged.other_times == 4
    assert len({row.environment for row in times}) == 1
    for row in times:  # of one image, the row of the lowest hash on that machine
        assert row.value in {5.0, 5.5} if row.environment == runs[0].rows()[-1].environment else row.value == 9.0


def test_a_contradiction_is_refused_with_both_values(tmp_path: Path) -> None:
    first = write_run(tmp_path / "a", {"ours": [30.0, 31.0]})
    second = write_run(tmp_path / "b", {"ours": [30.0, 31.25]})
    with pytest.raises(BadRun) as refused:
        merge([first, second])
    said = str(refused.value)
    assert said.startswith("psnr of ours (cpu fp32) on set/im1 is 31")
    assert f"31 in {first.path}" in said
    assert f"31.25 in {second.path}" in said
    rounded = write_run(tmp_path / "c", {"ours": [30.0, 31.0001]})  # as kernels of another processor round
    assert merge([first, rounded]).doubles == 2


def test_one_name_for_two_models_pictures_or_protocols_is_refused(tmp_path: Path) -> None:
    first = write_run(tmp_path / "a", {"ours": [30.0]})
    with pytest.raises(BadRun, match=r"ours is not the same model in .*: srbench rename .* ours NEW"):
        merge([first, write_run(tmp_path / "b", {"ours": [30.0]}, content="2")])
    with pytest.raises(BadRun, match="two different originals"):
        merge([first, write_run(tmp_path / "c", {"other": [30.0]}, pictures="2")])
    with pytest.raises(BadRun, match="expected runs under one protocol"):
        merge([first, write_run(tmp_path / "d", {"other": [30.0]}, conventions="rgb_x4")])


def test_only_a_new_folder_is_written(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", {"ours": [30.0]})
    with pytest.raises(BadRun, match="a is not empty; expected a new folder"):
        write(merge([run]), run.path)
